/** What the file system's errors mean for a person: StorageError with a kind, the code, and what to do. */
import { StorageError, type StorageErrorKind } from "../../errors.js";

const KINDS: Readonly<Record<string, StorageErrorKind>> = {
  EACCES: "permission",
  EPERM: "permission",
  EROFS: "permission",
  ENOSPC: "full",
  EDQUOT: "full",
};

const ADVICE: Partial<Record<StorageErrorKind, string>> = {
  permission:
    "Make it writable for this user, or choose another directory with storageDirectory or CEGAL_KEYSTONE_AUTH_DIR.",
  full: "Free some space, or choose another directory with storageDirectory or CEGAL_KEYSTONE_AUTH_DIR.",
  unavailable: "The call may be repeated.",
};

/** The code of a file system error, such as `"ENOENT"`. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/** Reduces an error of the file system to its code. A StorageError passes as it is. */
export function fileError(error: unknown, doing: string, path = "The session directory"): StorageError {
  if (error instanceof StorageError) return error;
  const causeCode = codeOf(error);
  const kind = KINDS[causeCode ?? ""] ?? "unavailable";
  const message = `${path} could not be ${doing} (${causeCode ?? "unknown fault"}); what it holds is as it was. ${ADVICE[kind]}`;
  return new StorageError(kind, message, { causeCode });
}
