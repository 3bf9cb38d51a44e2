/** The file system's faults with lock files, in the words of this library. */
import { StorageError } from "../../errors.js";
import { fileError } from "./file-error.js";

const UNLOCKED =
  "The work goes on, but other processes are not kept out meanwhile, and two that renew one session at once could end it.";

const ADVICE: Readonly<Record<string, string>> = {
  permission: `${UNLOCKED} Make the directory writable for this user alone, or choose another with storageDirectory.`,
  full: `${UNLOCKED} Free some space on that disk.`,
};

/** A lock that could not be taken. Of the original only its code is kept. */
export function lockFault(error: unknown, path: string): StorageError {
  if (error instanceof StorageError) return error;
  const { kind, causeCode } = fileError(error, "created", path);
  const advice = ADVICE[kind] ?? "Nothing was done and the session is kept; try again.";
  const message = `The session's lock file ${path} could not be made or read (${causeCode ?? "unknown fault"}). ${advice}`;
  return new StorageError(kind, message, { causeCode });
}

/** A lock that could not be given back, after work that was done. */
export function releaseFault(error: unknown, path: string): StorageError {
  const { kind, causeCode } = fileError(error, "deleted", path);
  const message =
    `The session's lock file ${path} could not be removed (${causeCode ?? "unknown fault"}). The session is kept, but ` +
    "others may have to wait until this process ends.";
  return new StorageError(kind, message, { causeCode });
}
