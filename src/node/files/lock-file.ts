/** One lock file: what stands in it, how it comes into being, and how its heart beats. */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  lutimesSync,
  openSync,
  readSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { codeOf } from "../../errors.js";
import { isSocketAddress, type LockHolder, ownRealm } from "./lock-holder.js";
import { ignoringErrors } from "./private-file.js";

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

const MOST_BYTES = 4096;
const MOST_PID = 2 ** 31 - 1;
// The nonce becomes part of a file name, and the file may hold anything.
const NONCE = /^[0-9a-f-]{36}$/;
const UNREADABLE = new Set(["EACCES", "EPERM", "EBUSY"]);
// For what might have taken the place of a regular file since it was looked at. Windows has neither.
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** What stands at the path now; follows no link, opens no device or pipe. */
export function readLockFile(path: string): Seen | undefined {
  const entry = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (entry === undefined) return undefined;
  const text = entry.isFile() ? readText(path) : "";
  if (text === undefined) return undefined;
  const holder = parse(text);
  return {
    version: holder?.nonce ?? `x-${entry.ino}-${entry.birthtimeNs}-${entry.mtimeNs}`,
    beat: `${entry.mtimeNs}`,
    modifiedAt: Number(entry.mtimeMs),
    holder,
    isDirectory: entry.isDirectory(),
  };
}

/** "" for what cannot be read, `undefined` for what has gone. */
function readText(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | SAFELY);
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

function parse(text: string): LockHolder | undefined {
  try {
    const { pid, realm, nonce, socket } = JSON.parse(text) as Record<string, unknown>;
    // Zero and negative numbers mean whole groups of processes to kill(2).
    if (typeof pid !== "number" || !Number.isInteger(pid) || pid < 1 || pid > MOST_PID) return undefined;
    if (typeof realm !== "string" || typeof nonce !== "string" || !NONCE.test(nonce)) return undefined;
    return { pid, realm, nonce, ...(isSocketAddress(socket) && { socket }) };
  } catch {
    return undefined;
  }
}

/**
 * Makes the file, or gives false where something is there already. Until its content is in it, it is a file of nobody to
 * others: who was stopped in between for so long that they removed it finds theirs in its place, or none.
 */
export function createLockFile(path: string, nonce: string, socket: string | undefined): boolean {
  const holder: LockHolder = { pid: process.pid, realm: ownRealm(), nonce, socket };
  let file: number;
  try {
    file = openSync(path, "wx", 0o600);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
  try {
    let inode: bigint;
    try {
      writeFileSync(file, JSON.stringify(holder));
      inode = fstatSync(file, { bigint: true }).ino;
    } finally {
      // Some network file systems tell only here that the disk is full.
      closeSync(file);
    }
    const found = lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
    // Some file systems number no files.
    return found === 0n ? readLockFile(path)?.version === nonce : found === inode;
  } catch (error) {
    // A file that stays is of one who lives and never gives it back.
    ignoringErrors(() => unlinkSync(path));
    throw error;
  }
}

/**
 * Shows that the holder is at work. The time comes from the file system, as the times that it is compared with do: another
 * machine's clock may be wrong by minutes. Whatever stands at the path keeps its content, which begins with this byte.
 */
export function beatLockFile(path: string): void {
  try {
    const file = openSync(path, constants.O_WRONLY | SAFELY);
    try {
      writeSync(file, "{", 0);
    } finally {
      closeSync(file);
    }
  } catch {
    // The process, or the machine, has too many open files.
    lutimesSync(path, new Date(), new Date());
  }
}

/** What distinguishes a file from a later one at its path, without opening it. */
export function inodeAt(path: string): string | undefined {
  const entry = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return entry && `${entry.dev}.${entry.ino}.${entry.birthtimeNs}`;
}
