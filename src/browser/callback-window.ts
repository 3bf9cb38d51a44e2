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

/** Says over the channel that the answer has come to a page that waits for it. */
const HEARD = "keystone-auth.heard";
/** A page that waits and is busy takes no longer than this to hear an answer. */
const HEARD_WITHIN_MS = 1000;

/** The channel that oidc-client-ts's popups listen to, too. */
const openChannel = (state: string): BroadcastChannel | undefined =>
  typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(`oidc-client-popup-${state}`);

/** Notes that this window waits for `state`; gives what ends that. */
export function waitFor(state: string): () => void {
  const page = window as Waiting;
  page[WAITING] ??= new Set();
  const waiting = page[WAITING];
  waiting.add(state);
  const channel = openChannel(state);
  channel?.addEventListener("message", ({ data }) => {
    if (data !== HEARD) channel.postMessage(HEARD);
  });
  return () => {
    waiting.delete(state);
    channel?.close();
  };
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

/** Answers the window that waits for the state, if one can be seen from here. Gives whether it did: this one is to close then. */
export function answerWaitingWindow(url: URL): boolean {
  const state = url.searchParams.get("state");
  const other = state ? waitingWindow(state) : undefined;
  other?.postMessage(answerOf(url.href), location.origin);
  return other !== undefined;
}

/** Answers whoever waits for the state in any window of this browser. Gives whether somebody has heard it. */
export async function broadcastAnswer(url: URL): Promise<boolean> {
  const state = url.searchParams.get("state");
  const channel = state ? openChannel(state) : undefined;
  if (channel === undefined) return false;
  const heard = new Promise<boolean>((resolve) => {
    channel.addEventListener("message", ({ data }) => {
      if (data === HEARD) resolve(true);
    });
    setTimeout(() => resolve(false), HEARD_WITHIN_MS);
  });
  channel.postMessage(answerOf(url.href));
  return await heard.finally(() => channel.close());
}
