/** Carries an authorization request to a person in a popup, and the response back. */
import { AbortedError, AuthorizationResponseError, PopupError, TimeoutError } from "../errors.js";
import { quoted } from "../options/log.js";
import type { AuthorizationAgent, AuthorizationPrompt } from "../ports.js";
import { waitFor } from "./callback-window.js";
import type { OpenedPopup } from "./early-popup.js";
import { PopupWatch } from "./popup-watch.js";
import { isForeign, type Visit, type VisitEnd, visitProvider } from "./window-visit.js";
import { type IWindow, preparePopup } from "./windows.js";

/** What other windows can read of a state that is waited for here. Its functions never reject. */
export interface AwaitedNote {
  /** Whether the answer is this page's: false where the popup itself has begun to finish the login. */
  claim(): Promise<boolean>;
  drop(): void;
}

/** Tells other windows, in which the popup may end up without a way back to us, that the state is waited for here. */
export type NoteState = (state: string) => Promise<AwaitedNote>;

/** The popup has found nobody waiting and finishes the login by itself. */
export class FinishedElsewhere extends AbortedError {}

export class PopupAgent implements AuthorizationAgent {
  readonly #stop = new AbortController();
  readonly #redirectUri: string;
  readonly #popup: OpenedPopup;
  readonly #note: NoteState;
  #noted: AwaitedNote | undefined;
  #unwait = () => {};
  #window: IWindow | undefined;
  #isInUse = false;

  /** `popup` is open by now. */
  constructor(redirectUri: string, popup: OpenedPopup, note: NoteState) {
    this.#redirectUri = redirectUri;
    this.#popup = popup;
    this.#note = note;
  }

  async prepare(signal: AbortSignal): Promise<{ redirectUri: string }> {
    const { window: popup } = this.#popup;
    if (popup === null) {
      throw new PopupError(
        "blocked",
        "The browser blocked the sign-in's popup. Call from a click, after `await client.ready`, or ask the person to allow popups for this page.",
      );
    }
    signal.throwIfAborted();
    return { redirectUri: this.#redirectUri };
  }

  async authorize({ url, state }: AuthorizationPrompt, signal: AbortSignal): Promise<URLSearchParams> {
    const end = await this.show(state, signal, { passesStrangers: true }, (popup) => popup.navigate({ url, state }));
    if (end.how !== "answered") throw unanswered(end);
    if (await this.#noted?.claim()) return end.url.searchParams;
    throw new FinishedElsewhere("The sign-in is finished by its own popup, which found nobody waiting for it.");
  }

  /** Sends the popup away by `go`, and tells how its visit ended. It is closed by then, unless a person is at work in it. */
  async show(
    state: string,
    signal: AbortSignal,
    how: Pick<Visit, "passesStrangers" | "timeoutMs">,
    go: (window: IWindow) => Promise<{ url: string }>,
  ): Promise<VisitEnd> {
    const popup = this.#popup.window as Window;
    this.#noted = await this.#note(state);
    this.#unwait = waitFor(state);
    signal.throwIfAborted();
    // To prepare a closed one would open another, outside of the click.
    if (popup.closed) return { how: "closed" };
    const opened = await preparePopup(this.#popup.name, this.#popup.features, this.#stop.signal);
    this.#window = opened;
    const watchClosing = (onClosed: () => void) => {
      const watch = new PopupWatch(popup, onClosed);
      return () => watch.end();
    };
    const signals = [signal, this.#stop.signal];
    try {
      const end = await visitProvider({ ...how, window: popup, state, signals, go: () => go(opened), watchClosing });
      // A popup whose page has severed its opener only seems to be closed: whoever comes back in it finds what it needs.
      this.#isInUse = end.how === "closed";
      return end;
    } catch (error) {
      // Nobody waits any longer, but the person goes on: what they do there must not be lost. A popup whose page has severed
      // its opener reads as closed.
      this.#isInUse = error instanceof TimeoutError && (popup.closed || isForeign(popup));
      throw error;
    } finally {
      if (!this.#isInUse) this.#closeWindow();
    }
  }

  async settle(): Promise<void> {}

  async close(): Promise<void> {
    this.#stop.abort(new AbortedError("The popup is no longer needed."));
    this.#unwait();
    // A popup that comes back later finds in it what it needs to finish the login.
    if (this.#isInUse) return;
    this.#noted?.drop();
    this.#closeWindow();
  }

  #closeWindow(): void {
    this.#window?.close();
    this.#popup.window?.close();
  }
}

/** Why there is no answer. */
function unanswered(end: Exclude<VisitEnd, { how: "answered" }>): Error {
  if (end.how === "late") return new TimeoutError("The sign-in's popup did not come back in time. Call again.");
  const error = end.how === "returned" ? end.url.searchParams.get("error") : null;
  if (error !== null && end.how === "returned") {
    const description = end.url.searchParams.get("error_description");
    return new AuthorizationResponseError(
      `The provider sent the sign-in's popup back without its "state", so that this is no answer to it. Its error is ${quoted(error)}${description === null ? "" : `: ${quoted(description)}`}. Call again to start over.`,
    );
  }
  const what = end.how === "closed" ? "was closed" : "came back to this app";
  return new PopupError(
    "closed",
    `The sign-in's popup ${what} before the sign-in was finished. Call again to start over.`,
  );
}
