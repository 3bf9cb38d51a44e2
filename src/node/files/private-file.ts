/**
 * Reads, replaces and deletes whole files that belong to this user alone, and says what the faults of a file system mean
 * for a person. A reader, or whoever comes after a crash, sees the old content or the new one. The calls are synchronous:
 * such a file is small, and a thread pool costs more than the calls.
 */
// A test can make the calls of this object fail.
import fs from "node:fs";
import { dirname } from "node:path";
import { codeOf, StorageError, type StorageErrorKind } from "../../errors.js";

const { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = fs.constants;
// Windows has neither.
const O_NOFOLLOW = fs.constants.O_NOFOLLOW ?? 0;
const O_NONBLOCK = fs.constants.O_NONBLOCK ?? 0;

const PRIVATE = 0o600;
const OTHERS = 0o077;
const GROUP_PASS = 0o010;
const OTHERS_PASS = 0o001;
/** The waits between the tries of one call, in milliseconds; 0.6 s in all. */
const PAUSES_MS = [5, 10, 20, 40, 80, 160, 320];
/** What network file systems, and a process with many open files, give for a moment. */
const PASSING = ["ESTALE", "EIO", "EMFILE", "ENFILE", "EAGAIN", "EINTR"];
/** The same, and what Windows gives while a virus scanner or another reader has the file open. */
const PASSING_OR_IN_USE = [...PASSING, "EPERM", "EACCES", "EBUSY"];
const READ_AGAIN = process.platform === "win32" ? PASSING_OR_IN_USE : PASSING;

const UNSUPPORTED = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL"]);

const KINDS: Readonly<Record<string, StorageErrorKind>> = {
  EACCES: "permission",
  EPERM: "permission",
  EROFS: "permission",
  ENOTDIR: "permission",
  // Node's own permission model.
  ERR_ACCESS_DENIED: "permission",
  ENOSPC: "full",
  EDQUOT: "full",
};

const ADVICE: Partial<Record<StorageErrorKind, string>> = {
  permission:
    "Make it writable for this user, or choose another directory with storageDirectory or CEGAL_KEYSTONE_AUTH_DIR.",
  full: "Free some space, or choose another directory with storageDirectory or CEGAL_KEYSTONE_AUTH_DIR.",
  unavailable: "The call may be repeated.",
};

/** Reduces an error of the file system to its code. A StorageError passes as it is. */
export function fileError(error: unknown, doing: string, path: string): StorageError {
  if (error instanceof StorageError) return error;
  const causeCode = codeOf(error);
  const kind = KINDS[causeCode ?? ""] ?? "unavailable";
  const message = `${path} could not be ${doing} (${causeCode ?? "unknown fault"}). ${ADVICE[kind]}`;
  return new StorageError(kind, message, { causeCode });
}

/** What no chmod can change, so that no advice to do one helps. */
export function withoutModes(directory: string, what: string): StorageError {
  const message = `The file system of ${directory} has no owners or no file modes: ${what}, whatever is set, so no session is kept there. Choose another directory with storageDirectory or CEGAL_KEYSTONE_AUTH_DIR, or storage: "memory".`;
  return new StorageError("permission", message, { retryable: false });
}

/** How CIFS, vfat, FUSE and the like refuse what they do not have, such as modes. */
export const isUnsupported = (error: unknown) => UNSUPPORTED.has(codeOf(error) ?? "");

/**
 * The content of a regular file of this user, `undefined` where there is none; one byte more than `maxBytes` where it is
 * longer. A symbolic link is not followed, and a pipe is not waited for.
 *
 * @throws StorageError (`permission`, `unavailable`) for what is not such a file; the file system's error otherwise
 */
export function readPrivateFile(path: string, maxBytes: number): Promise<Buffer | undefined> {
  return patiently(READ_AGAIN, () => {
    let file: number;
    try {
      // On Windows the open would follow it.
      if (O_NOFOLLOW === 0 && fs.lstatSync(path).isSymbolicLink()) throw aLink();
      file = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
    try {
      requireOwnFile(path, file);
      return readAll(file, maxBytes);
    } finally {
      fs.closeSync(file);
    }
  });
}

const aLink = () => Object.assign(new Error("a symbolic link"), { code: "ELOOP" });

function requireOwnFile(path: string, file: number): void {
  const stat = fs.fstatSync(file);
  const user = process.geteuid?.();
  if (!stat.isFile())
    throw new StorageError("unavailable", `${path} is not a regular file, so it is not read. Remove it.`);
  if (user === undefined) return;
  if (stat.uid !== user) {
    throw new StorageError(
      "permission",
      `${path} belongs to another user (uid ${stat.uid}), so it is not read. Remove it.`,
    );
  }
  // A copy that was restored from elsewhere. Where this fails, the directory still keeps others out.
  if ((stat.mode & OTHERS) !== 0) ignoringErrors(() => fs.fchmodSync(file, PRIVATE));
}

function readAll(file: number, maxBytes: number): Buffer {
  // The size that stat gives may be outdated by the time of the read.
  const pieces: Buffer[] = [];
  let length = 0;
  while (length <= maxBytes) {
    const piece = Buffer.allocUnsafe(Math.min(16 * 1024, maxBytes + 1 - length));
    const count = fs.readSync(file, piece, 0, piece.length, null);
    if (count === 0) break;
    pieces.push(piece.subarray(0, count));
    length += count;
  }
  return Buffer.concat(pieces);
}

/**
 * Puts new content in the place of the old: a new file beside it (0600), all bytes, fsync, rename, fsync of the directory.
 * Until the rename nothing has changed, and on failure nothing of it is left behind. The new file is named after the path,
 * or after `named` where that is shorter. Gives the code with which the file system refused the file's mode, if it did.
 * Rejects with the file system's error.
 */
export async function replacePrivateFile(
  path: string,
  content: string | Uint8Array,
  named: string = path,
): Promise<string | undefined> {
  // Exclusive creation settles who has the name; this only has to be rarely the same, also in two containers with equal pids.
  const temporary = `${named}.${process.pid}-${Math.random().toString(36).slice(2, 12)}0.tmp`;
  // After a failed fsync nobody knows which pages were dropped: each try writes all of it anew.
  const refusedMode = await patiently(PASSING, () => writeNew(temporary, content));
  try {
    await patiently(PASSING_OR_IN_USE, () => fs.renameSync(temporary, path));
  } catch (error) {
    ignoringErrors(() => fs.unlinkSync(temporary));
    throw error;
  }
  syncDirectory(dirname(path));
  return refusedMode;
}

/** Deletes a file; none there is fine. Rejects with the file system's error. */
export async function removeFile(path: string): Promise<void> {
  await patiently(READ_AGAIN, () => {
    try {
      fs.unlinkSync(path);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
  });
}

/** Makes renames and deletions of the directory last. By then they are done: there is nothing to take back on failure. */
export function syncDirectory(directory: string): void {
  // Windows opens no directories, and some network file systems do not sync them.
  ignoringErrors(() => {
    const file = fs.openSync(directory, O_RDONLY);
    try {
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
  });
}

/** How the name of an unfinished file ends. The first number is its writer's process. */
export const TEMPORARY_NAME = /\.(\d+)-[0-9a-z]+\.tmp$/;

/** Gives the code with which the file system refused the file's mode. */
function writeNew(path: string, content: string | Uint8Array): string | undefined {
  let refused: string | undefined;
  const file = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, PRIVATE);
  try {
    try {
      // The umask may have taken bits from the owner; it cannot have added any for others.
      refused = setPrivate(file);
      requirePrivate(path, file);
      fs.writeFileSync(file, content);
      sync(file);
    } finally {
      // NFS may report a full disk only here.
      fs.closeSync(file);
    }
  } catch (error) {
    ignoringErrors(() => fs.unlinkSync(path));
    throw error;
  }
  return refused;
}

/** Some drives have no such call: there the rename alone has to do. */
function sync(file: number): void {
  try {
    fs.fsyncSync(file);
  } catch (error) {
    if (!isUnsupported(error) || codeOf(error) === "EPERM") throw error;
  }
}

function setPrivate(file: number): string | undefined {
  try {
    fs.fchmodSync(file, PRIVATE);
    return undefined;
  } catch (error) {
    return isUnsupported(error) ? codeOf(error) : undefined;
  }
}

/** Before a token is in it: on a drive without modes others may be able to read what is written. */
function requirePrivate(path: string, file: number): void {
  const isOpen = process.geteuid?.() !== undefined && (fs.fstatSync(file).mode & OTHERS) !== 0;
  if (isOpen && !isShut(fs.realpathSync(dirname(path))))
    throw withoutModes(dirname(path), "others can read what is written there");
}

/** Whether the directory, or one above it, lets nobody else pass. Root's group is root. */
function isShut(directory: string): boolean {
  const { mode, gid } = fs.statSync(directory);
  if ((mode & OTHERS_PASS) === 0 && ((mode & GROUP_PASS) === 0 || gid === 0)) return true;
  return dirname(directory) !== directory && isShut(dirname(directory));
}

/** Does the work again after each of these faults, for a while. */
async function patiently<T>(codes: readonly string[], work: () => T): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return work();
    } catch (error) {
      if (!codes.includes(codeOf(error) ?? "")) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return work();
}

/** For what is an extra. */
export function ignoringErrors(work: () => void): void {
  try {
    work();
  } catch {
    // What this was for is an extra.
  }
}
