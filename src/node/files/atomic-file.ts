/**
 * Replaces and deletes whole files of a private directory. A reader, or whoever comes after a crash, sees the old content
 * or the new one. The calls are synchronous: a token file is small, and a thread pool costs more than the calls.
 */
import { constants } from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "../../errors.js";
import { type FileCalls, ignoringErrors, PASSING, PASSING_OR_IN_USE, patiently, READ_AGAIN } from "./private-file.js";

const { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = constants;
// Windows has no such flag.
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0;
const PRIVATE = 0o600;

/**
 * Puts new content in the place of the old: a new file beside it (0600), all bytes, fsync, rename, fsync of the directory.
 * Until the rename nothing has changed, and on failure nothing of it is left behind. The new file is named after the path,
 * or after `named` where that is shorter. Rejects with the file system's error.
 */
export async function replacePrivateFile(
  path: string,
  content: string | Uint8Array,
  calls: FileCalls,
  named: string = path,
): Promise<void> {
  const temporary = `${named}.${temporaryMark()}`;
  // After a failed fsync nobody knows which pages were dropped: each try writes all of it anew.
  await patiently(PASSING, () => writeNew(temporary, content, calls));
  try {
    await patiently(PASSING_OR_IN_USE, () => calls.renameSync(temporary, path));
  } catch (error) {
    ignoringErrors(() => calls.unlinkSync(temporary));
    throw error;
  }
  syncDirectory(dirname(path), calls);
}

/** Deletes a file; none there is fine. Rejects with the file system's error. */
export async function removeFile(path: string, calls: FileCalls): Promise<void> {
  await patiently(READ_AGAIN, () => {
    try {
      calls.unlinkSync(path);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
  });
}

/** Makes renames and deletions of the directory last. By then they are done: there is nothing to take back on failure. */
export function syncDirectory(directory: string, calls: FileCalls): void {
  // Windows opens no directories, and some network file systems do not sync them.
  ignoringErrors(() => {
    const file = calls.openSync(directory, O_RDONLY);
    try {
      calls.fsyncSync(file);
    } finally {
      calls.closeSync(file);
    }
  });
}

/** How the name of an unfinished file ends. The first number is its writer's process. */
export const TEMPORARY_NAME = /\.(\d+)-[0-9a-z]+\.tmp$/;

// Exclusive creation settles who has a name; this only has to be rarely the same, also in two containers with equal pids.
const temporaryMark = () => `${process.pid}-${Math.random().toString(36).slice(2, 12)}0.tmp`;

function writeNew(path: string, content: string | Uint8Array, calls: FileCalls): void {
  const file = calls.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, PRIVATE);
  try {
    try {
      // The umask may have taken bits from the owner; it cannot have added any for others.
      ignoringErrors(() => calls.fchmodSync(file, PRIVATE));
      calls.writeFileSync(file, content);
      calls.fsyncSync(file);
    } finally {
      // NFS may report a full disk only here.
      calls.closeSync(file);
    }
  } catch (error) {
    ignoringErrors(() => calls.unlinkSync(path));
    throw error;
  }
}
