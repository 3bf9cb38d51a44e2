/** Carries an authorization request to a person in a popup, and the response back. */
import { AbortedError, PopupError } from "../errors.js";
import type { AuthorizationAgent, AuthorizationPrompt } from "../ports.js";
import { waitFor } from "./callback-window.js";
import type { OpenedPopup } from "./early-popup.js";
import { PopupWatch } from "./popup-watch.js";
import { type IWindow, preparePopup } from "./windows.js";

/** Tells other windows, in which the popup may end up without a way back to us, that the state is waited for here. */
export type NoteState = (state: string) => Promise<() => void>;

export class PopupAgent implements AuthorizationAgent {
  readonly #stop = new AbortController();
  readonly #redirectUri: string;
  readonly #popup: OpenedPopup;
  readonly #note: NoteState;
  #window: IWindow | undefined;
  #release: (() => void)[] = [];

  /** `popup` is open by now. */
  constructor(redirectUri: string, popup: OpenedPopup, note: NoteState) {
    this.#redirectUri = redirectUri;
    this.#popup = popup;
    this.#note = note;
  }

  /** The popup's name, as a form's target. */
  get target(): string {
    return this.#popup.name;
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
    return await this.show(state, signal, (popup) => popup.navigate({ url, state }));
  }

  /** Sends the popup away by `go`, and gives the parameters that it comes back with. */
  async show(
    state: string,
    signal: AbortSignal,
    go: (window: IWindow) => Promise<{ url: string }>,
  ): Promise<URLSearchParams> {
    const popup = this.#popup.window as Window;
    let watch: PopupWatch | undefined;
    const closed = new Promise<never>((_, reject) => {
      const onClosed = () =>
        reject(
          new PopupError(
            "closed",
            "The sign-in's popup was closed before the sign-in was finished. Call again to start over.",
          ),
        );
      const onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { signal: this.#stop.signal });
      watch = new PopupWatch(popup, onClosed);
      this.#release.push(() => watch?.end());
    });
    closed.catch(() => {});
    this.#release.push(await this.#note(state), waitFor(state));
    if (popup.closed) return await closed;
    this.#window = await preparePopup(this.#popup.name, this.#popup.features, this.#stop.signal);
    signal.throwIfAborted();
    const answer = go(this.#window);
    watch?.leaves();
    // Its own errors are those of our ending it.
    const url = answer.then((response) => response.url).catch(() => closed);
    return new URL(await Promise.race([url, closed])).searchParams;
  }

  async settle(): Promise<void> {}

  async close(): Promise<void> {
    this.#stop.abort(new AbortedError("The popup is no longer needed."));
    for (const release of this.#release.splice(0)) release();
    this.#window?.close();
    this.#popup.window?.close();
  }
}
