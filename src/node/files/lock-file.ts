/** One lock file: who wrote it, and how it comes into being with its content in it. */
import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  lutimesSync,
  openSync,
  readSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { codeOf } from "../../errors.js";
import { isSocketAddress } from "./lock-socket.js";
import type { Holder } from "./process-identity.js";

/** What stands at a lock's path at one moment. */
export interface Seen {
  /** Names this very file: no two files that were ever seen have the same one. Fit for a file name. */
  readonly version: string;
  /** Moves with every heartbeat. */
  readonly beat: string;
  /** When it was written or last beaten, by the file system's clock, in milliseconds. */
  readonly modifiedAt: number;
  /** Absent where the content cannot be read or understood, and for what is no regular file. */
  readonly holder: LockHolder | undefined;
  readonly isDirectory: boolean;
}

/** Who holds a lock, and the socket on which it listens while it does, where it could have one. */
export interface LockHolder extends Holder {
  readonly socket?: string | undefined;
}

interface LockRecord extends LockHolder {
  readonly nonce: string;
}

const MOST_BYTES = 4096;
const MOST_PID = 2 ** 31 - 1;
// The nonce becomes part of a file name, and the file may hold anything.
const NONCE = /^[0-9a-f-]{36}$/;
const UNREADABLE = new Set(["EACCES", "EPERM", "ELOOP", "EISDIR", "ENXIO", "EBUSY"]);
/** The process, or the machine, has too many open files. */
const NO_DESCRIPTOR = new Set(["EMFILE", "ENFILE"]);
/** What link() fails with where a file system has none: the last four on Windows (exFAT, FAT32, shares). */
const NO_HARD_LINKS = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EMLINK",
  "EISDIR",
  "UNKNOWN",
  "EINVAL",
  "EACCES",
]);

/** What stands at the path now; follows no link, opens no device or pipe. */
export function readLockFile(path: string): Seen | undefined {
  const entry = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (entry === undefined) return undefined;
  const text = entry.isFile() ? readText(path) : "";
  if (text === undefined) return undefined;
  const record = parse(text);
  return {
    version: record?.nonce ?? `x-${entry.ino}-${entry.birthtimeNs}-${entry.mtimeNs}`,
    beat: `${entry.mtimeNs}`,
    modifiedAt: Number(entry.mtimeMs),
    holder: record,
    isDirectory: entry.isDirectory(),
  };
}

/** "" for what cannot be read, `undefined` for what has gone. */
function readText(path: string): string | undefined {
  let file: number;
  try {
    // Both flags are for what might have taken the place of the regular file since lstat.
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = codeOf(error) ?? "";
    if (code === "ENOENT") return undefined;
    if (UNREADABLE.has(code)) return "";
    throw error;
  }
  try {
    const bytes = Buffer.alloc(MOST_BYTES);
    return bytes.toString("utf8", 0, readSync(file, bytes, 0, MOST_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

function parse(text: string): LockRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { pid, tid, realm, startTime, nonce, socket } = value as Record<string, unknown>;
  if (!isId(pid, 1) || !isId(tid, 0) || typeof realm !== "string" || typeof startTime !== "string") return undefined;
  if (typeof nonce !== "string" || !NONCE.test(nonce)) return undefined;
  return { pid, tid, realm, startTime, nonce, ...(isSocketAddress(socket) && { socket }) };
}

// Zero and negative numbers mean whole groups of processes to kill(2).
function isId(value: unknown, least: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= MOST_PID;
}

/**
 * Makes the file with its content in it, or gives false where something is there already. The name of the temporary file
 * has nothing of the lock's: encrypted homes allow 143 bytes.
 */
export function createLockFile(path: string, holder: LockHolder, nonce: string): boolean {
  const { pid, tid, realm, startTime, socket } = holder;
  const content = JSON.stringify({ pid, tid, realm, startTime, nonce, socket } satisfies LockRecord);
  const temporary = join(dirname(path), `${nonce}.lock.tmp`);
  try {
    writeFileSync(temporary, content, { flag: "wx", mode: 0o600 });
    return linkTo(temporary, path, content);
  } finally {
    removeQuietly(temporary);
  }
}

function linkTo(temporary: string, path: string, content: string): boolean {
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    const code = codeOf(error) ?? "";
    // Over NFS the answer to a link that was made may be lost, and the repeated call finds it there: link(2), BUGS.
    if (code === "EEXIST") return statSync(temporary).nlink === 2;
    if (NO_HARD_LINKS.has(code)) return createInPlace(path, content);
    throw error;
  }
}

/** For file systems without hard links, where a reader may find the file still empty: to it that is a file of nobody. */
function createInPlace(path: string, content: string): boolean {
  let file: number;
  try {
    file = openSync(path, "wx", 0o600);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
  try {
    writeFileSync(file, content);
    return true;
  } catch (error) {
    removeQuietly(path);
    throw error;
  } finally {
    closeSync(file);
  }
}

/**
 * Shows that the holder is at work. The time comes from the file system, as the times that it is compared with do: another
 * machine's clock may be wrong by minutes. Whatever stands at the path keeps its content, which begins with this byte.
 */
export function beatLockFile(path: string): void {
  let file: number;
  try {
    file = openSync(path, constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (!NO_DESCRIPTOR.has(codeOf(error) ?? "")) throw error;
    const now = new Date();
    return lutimesSync(path, now, now);
  }
  try {
    writeSync(file, "{", 0);
  } finally {
    closeSync(file);
  }
}

/** What distinguishes a file from a later one at its path, without opening it. */
export function inodeAt(path: string): string | undefined {
  const entry = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return entry && `${entry.dev}.${entry.ino}.${entry.birthtimeNs}`;
}

export function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It has gone, or it stays until the next sweep.
  }
}
