/** What to say to somebody who could not have the lock in time. */
import { LockTimeoutError } from "../../errors.js";
import type { Seen } from "./lock-file.js";
import { lifeOf, ownIdentity } from "./process-identity.js";

export function lockTimedOut(timeoutMs: number, blocker: Seen | undefined): LockTimeoutError {
  const what = `The session's lock was not free within ${timeoutMs / 1000} s. Nothing was done and the session is kept. `;
  return new LockTimeoutError(what + advice(blocker));
}

function advice(blocker: Seen | undefined): string {
  const holder = blocker?.holder;
  if (holder === undefined) return "Others were faster; try again.";
  const who = `process ${holder.pid}`;
  if (holder.pid === ownIdentity().pid && lifeOf(holder) === "alive")
    return `Another thread of this process (${who}) holds it; try again.`;
  if (lifeOf(holder) !== "alive")
    return `It was last held by ${who}, which may run on another machine or in another container; try again.`;
  return (
    `It is held by ${who}, which is alive and may be renewing the session at this moment; it is waited for, since a refresh ` +
    `token that is sent twice could end the session. Try again; if ${who} is stopped or hangs, let it go on or end it.`
  );
}
