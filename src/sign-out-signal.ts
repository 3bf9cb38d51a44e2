/** When what a sign-out has left to do at the provider is given up. */
import type { AbortedError } from "./errors.js";
import { onAbort } from "./session/until-aborted.js";

/** A signal that fires with the caller's, and when the client is closed: `waiting` is what that calls. `end()` lets go of both. */
export function signOutSignal(
  given: AbortSignal | undefined,
  waiting: Set<(reason: AbortedError) => void>,
): { readonly signal: AbortSignal; readonly end: () => void } {
  const stop = new AbortController();
  const abort = () => stop.abort();
  if (given?.aborted) abort();
  const unlisten = given && onAbort(given, abort);
  waiting.add(abort);
  const end = () => {
    waiting.delete(abort);
    unlisten?.();
  };
  return { signal: stop.signal, end };
}
