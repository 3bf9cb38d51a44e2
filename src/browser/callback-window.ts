/**
 * A popup or hidden frame that the provider has sent back to us: it hands its address to the window that waits for it and
 * closes. Used by the client, when it is constructed there, and by the bare callback script.
 *
 * The window that waits keeps the states it waits for in a set on itself. Only a page of our origin can look there, so
 * that a response with another state never ends the wait, and a page that merely has an opener is never taken for a popup.
 * A provider whose pages sever the opener (Cross-Origin-Opener-Policy) leaves the BroadcastChannel named after the state.
 */
const WAITING = Symbol.for("keystone-auth.waiting");

type Waiting = { [WAITING]?: Set<string> };

/** What oidc-client-ts's windows listen for. */
const answerOf = (url: string) => ({ source: "oidc-client", url, keepOpen: false });

/** Notes that this window waits for `state`; gives what ends that. */
export function waitFor(state: string): () => void {
  const page = window as Waiting;
  page[WAITING] ??= new Set();
  const waiting = page[WAITING];
  waiting.add(state);
  return () => waiting.delete(state);
}

/** The window that opened this one, or holds it, where that waits for the state. */
function waitingWindow(state: string): Window | undefined {
  for (const other of [window.opener as Window | null, window.parent]) {
    try {
      if (other && other !== window && (other as Waiting)[WAITING]?.has(state)) return other;
    } catch {
      // A window of another origin: not ours.
    }
  }
  return undefined;
}

/** Answers the window that waits for the state, if one can be seen from here, and closes. Gives whether it did. */
export function answerWaitingWindow(url: URL): boolean {
  const state = url.searchParams.get("state");
  const other = state ? waitingWindow(state) : undefined;
  if (other === undefined) return false;
  other.postMessage(answerOf(url.href), location.origin);
  window.close();
  return true;
}

/** Answers whoever waits for the state in any window of this browser, and closes. */
export function broadcastAnswer(url: URL): void {
  const state = url.searchParams.get("state");
  if (!state || typeof BroadcastChannel === "undefined") return;
  const channel = new BroadcastChannel(`oidc-client-popup-${state}`);
  channel.postMessage(answerOf(url.href));
  channel.close();
  window.close();
}
