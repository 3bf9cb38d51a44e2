/** What to say to a person when a lock file cannot be made, removed, or had in time. */
import { LockTimeoutError, StorageError } from "../../errors.js";
import type { Seen } from "./lock-file.js";
import { fileError } from "./private-file.js";
import { type Life, ownIdentity } from "./process-identity.js";

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
  const advice = ADVICE[kind] ?? "Try again.";
  const message = `The session's lock file ${path} could not be made or read (${causeCode ?? "unknown fault"}). ${advice}`;
  return new StorageError(kind, message, { causeCode });
}

/** A lock that could not be given back, after work that was done. */
export function releaseFault(error: unknown, path: string): StorageError {
  const { kind, causeCode } = fileError(error, "deleted", path);
  const message =
    `The session's lock file ${path} could not be removed yet (${causeCode ?? "unknown fault"}). It is tried again; ` +
    "until then others may have to wait.";
  return new StorageError(kind, message, { causeCode });
}

export function lockTimedOut(timeoutMs: number, blocker: Seen | undefined, life: Life): LockTimeoutError {
  return new LockTimeoutError(
    `The session's lock was not free within ${timeoutMs / 1000} s. ${advice(blocker, life === "alive")}`,
  );
}

function advice(blocker: Seen | undefined, isAlive: boolean): string {
  const holder = blocker?.holder;
  if (holder === undefined) return "Others were faster; try again.";
  const who = `process ${holder.pid}`;
  if (isAlive && holder.pid === ownIdentity().pid && holder.realm === ownIdentity().realm)
    return `Another thread of this process (${who}) holds it; try again.`;
  if (!isAlive)
    return `It was last held by ${who}, which may run on another machine or in another container; try again.`;
  return (
    `It is held by ${who}, which is alive and may be renewing the session at this moment; it is waited for, since a refresh ` +
    `token that is sent twice could end the session. Try again; if ${who} is stopped or hangs, let it go on or end it.`
  );
}
