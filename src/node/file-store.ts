/**
 * Sessions as files: one record a file, 0600 in 0700, written beside and renamed, so that every reader sees the old or the
 * new record. Synchronous calls: a record is small, and a write takes a fraction of a millisecond.
 */
import { closeSync, constants, fchmodSync, fstatSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StorageError } from "../errors.js";
import type { KeyValueStore, StorageTrouble } from "../ports.js";
import { checkPrivateDirectory, codeOf, createPrivateDirectory, fileError } from "./private-directory.js";

const MOST_BYTES = 1_048_576;
const STALE_TEMP_MS = 60_000;
const RENAME_TRIES = 6;

export interface FileStore {
  readonly store: KeyValueStore;
  readonly fingerprint: (key: string) => string | undefined;
}

export function openFileStore({ directory, onTrouble }: { directory: string; onTrouble: StorageTrouble }): FileStore {
  const path = (key: string) => join(directory, `${key}.json`);
  return {
    store: {
      get: async (key) => read(directory, path(key), onTrouble),
      set: async (key, value) => await write(directory, path(key), JSON.stringify(value)),
      delete: async (key) => remove(directory, key),
    },
    fingerprint: (key) => {
      try {
        const { ino, mtimeNs, size } = statSync(path(key), { bigint: true });
        return `${ino}.${mtimeNs}.${size}`;
      } catch (error) {
        return codeOf(error) === "ENOENT" ? undefined : "unreadable";
      }
    },
  };
}

function read(directory: string, file: string, onTrouble: StorageTrouble): unknown {
  let text: string;
  try {
    checkPrivateDirectory(directory);
    // A link could lead anywhere: it is not followed.
    const handle = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      const { size } = fstatSync(handle);
      text = size > MOST_BYTES ? "" : readFileSync(handle, "utf8");
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    if (codeOf(error) !== "ELOOP" && codeOf(error) !== "EISDIR") throw fileError(error, "read");
    text = "";
  }
  try {
    return JSON.parse(text);
  } catch {
    putAside(file, text);
    onTrouble(new StorageError("corrupt", "The session's file cannot be understood and is not used; its content is kept beside it. The next login replaces it.", { sessionKept: false, retryable: false }));
    return undefined;
  }
}

/** Keeps the bytes that were read; the file itself stays, since a writer may have replaced it by a good one meanwhile. */
function putAside(file: string, text: string): void {
  try {
    const handle = openSync(`${file}.corrupt`, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    writeFileSync(handle, text);
    closeSync(handle);
  } catch {
    // There is one already, or no room: the first one tells more.
  }
}

async function write(directory: string, file: string, text: string): Promise<void> {
  const temp = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`;
  try {
    createPrivateDirectory(directory);
    sweep(directory);
    const handle = openSync(temp, "wx", 0o600);
    try {
      fchmodSync(handle, 0o600);
      writeFileSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    await rename(temp, file);
    syncDirectory(directory);
  } catch (error) {
    discard(temp);
    throw fileError(error, "written");
  }
}

/** Virus scanners hold a file for a moment; the old record stays in place meanwhile. */
async function rename(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return renameSync(from, to);
    } catch (error) {
      if (attempt === RENAME_TRIES || !["EPERM", "EBUSY", "EACCES"].includes(codeOf(error) ?? "")) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10 * 2 ** attempt));
    }
  }
}

function remove(directory: string, key: string): void {
  try {
    const names = readdirSync(directory);
    for (const name of names) if (name === `${key}.json` || name.startsWith(`${key}.json.`)) discard(join(directory, name), true);
    syncDirectory(directory);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw fileError(error, "deleted");
  }
}

function discard(file: string, mustWork = false): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (mustWork && codeOf(error) !== "ENOENT") throw error;
  }
}

/** Temporary files of writers that died. */
function sweep(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (!name.endsWith(".tmp")) continue;
    const file = join(directory, name);
    try {
      if (Date.now() - statSync(file).mtimeMs > STALE_TEMP_MS) discard(file);
    } catch {
      // Its writer has just renamed it.
    }
  }
}

function syncDirectory(directory: string): void {
  try {
    const handle = openSync(directory, "r");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch {
    // Not every system can sync a directory; the rename is atomic all the same.
  }
}
