/** A directory that only its owner can use. */
import { chmodSync, mkdirSync, statSync } from "node:fs";
import { StorageError, type StorageErrorKind } from "../errors.js";

const KINDS: Readonly<Record<string, StorageErrorKind>> = {
  EACCES: "permission",
  EPERM: "permission",
  EROFS: "permission",
  ENOSPC: "full",
  EDQUOT: "full",
};

export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/** A file system's error as ours. */
export function fileError(error: unknown, doing: string): StorageError {
  if (error instanceof StorageError) return error;
  const code = codeOf(error);
  const kind = KINDS[code ?? ""] ?? "unavailable";
  const message = `The session's files could not be ${doing} (${code ?? "unknown fault"}). What they hold is as it was; check the directory (option storageDirectory).`;
  return new StorageError(kind, message, { causeCode: code });
}

/** Refuses a directory that others can write to or that belongs to somebody else: they could plant a session. */
export function checkPrivateDirectory(directory: string): void {
  const { mode, uid } = statSync(directory);
  if (process.platform === "win32") return;
  if (uid !== process.geteuid?.() || (mode & 0o022) !== 0) {
    throw new StorageError(
      "permission",
      "The directory of the session's files belongs to another user or can be written to by others; nothing was read or written. Give it to this user with mode 0700.",
    );
  }
  if ((mode & 0o077) !== 0) chmodSync(directory, 0o700);
}

/** Makes the directory where it is missing, whatever the umask, and checks it. */
export function createPrivateDirectory(directory: string): void {
  const made = mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (made !== undefined) chmodSync(directory, 0o700);
  checkPrivateDirectory(directory);
}
