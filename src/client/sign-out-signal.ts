/** When what a sign-out has left to do at the provider is given up. */
import { onAbort } from "../settle.js";

/** A signal that fires with the caller's, and when the client is closed, which calls what is in `ending`. `end()` lets go of both. */
export function signOutSignal(
  given: AbortSignal | undefined,
  ending: Set<() => void>,
): { readonly signal: AbortSignal; readonly end: () => void } {
  const stop = new AbortController();
  const abort = () => stop.abort();
  if (given?.aborted) abort();
  const unlisten = given && onAbort(given, abort);
  ending.add(abort);
  const end = () => {
    ending.delete(abort);
    unlisten?.();
  };
  return { signal: stop.signal, end };
}
