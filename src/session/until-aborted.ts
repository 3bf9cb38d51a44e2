/** A caller that no longer wants to wait. */
import { AbortedError } from "../errors.js";

/** The reason that an aborted caller sees, whatever reason its own signal carries. */
export function abortedError(): AbortedError {
  return new AbortedError("The call was aborted by its signal; the session is as it was.");
}

/** Rejects when the signal fires, else settles as `promise` does; leaves no listener behind. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(abortedError());
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
