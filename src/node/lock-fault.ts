/** The file system's faults with lock files, in the words of this library. */
import { StorageError, type StorageErrorKind } from "../errors.js";

const KINDS: Readonly<Record<string, StorageErrorKind>> = {
  EACCES: "permission",
  EPERM: "permission",
  EROFS: "permission",
  ENOSPC: "full",
  EDQUOT: "full",
};

const UNLOCKED =
  "The work goes on, but other processes are not kept out meanwhile, and two that renew one session at once could end it. ";

const ADVICE: Readonly<Partial<Record<StorageErrorKind, string>>> = {
  permission: `${UNLOCKED}Make the directory of the sessions writable for this user alone, or choose another with storageDirectory.`,
  full: `${UNLOCKED}Free some space on that disk.`,
  unavailable: "Nothing was done and the session is kept; try again.",
};

/** The errno name of a fault, where it has one. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/** A lock that could not be taken. Of the original only its code is kept. */
export function lockFault(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const causeCode = codeOf(error);
  const kind = KINDS[causeCode ?? ""] ?? "unavailable";
  const message = `The session's lock file could not be made or read (${causeCode ?? "unknown fault"}). ${ADVICE[kind]}`;
  return new StorageError(kind, message, { causeCode });
}

/** A lock that could not be given back, after work that was done. */
export function releaseFault(error: unknown): StorageError {
  const causeCode = codeOf(error);
  const message =
    `The session's lock file could not be removed (${causeCode ?? "unknown fault"}). The session is kept, but others ` +
    "may have to wait for this process to end.";
  return new StorageError(KINDS[causeCode ?? ""] ?? "unavailable", message, { causeCode });
}
