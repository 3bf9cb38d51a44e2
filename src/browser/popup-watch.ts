/**
 * Whether the person has closed the popup. `closed` alone does not say: it is true as well for a popup whose page severed
 * its opener (Cross-Origin-Opener-Policy), where the login goes on out of our sight and answers by BroadcastChannel.
 *
 * Told apart by what was seen before, and by the focus: it is ours again when a popup closes, and the popup's while a
 * person signs in there. In doubt the popup is taken for alive: the person sees it, and we have a time limit.
 */
import { isForeign } from "./window-visit.js";

const LOOK_EVERY_MS = 50;
/** An answer that is under way wins: the callback page answers first and then closes itself. */
const GRACE_MS = 300;
/** A page that severs its opener does so as it appears; nobody closes a popup that fast. */
const SEVERED_WITHIN_MS = 600;
/** How long the focus and the closing may lie apart. */
const FOCUS_WITHIN_MS = 1000;
/** The person is back on our page, and the popup that cannot be seen has not answered: it is taken for closed. */
const BACK_FOR_MS = 5000;

export class PopupWatch {
  readonly #popup: Window;
  readonly #onClosed: () => void;
  readonly #interval = setInterval(() => this.#look(), LOOK_EVERY_MS);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #severed = false;
  #foreignSince: number | undefined;
  #focusedAt = Number.NEGATIVE_INFINITY;

  /** `popup` was just sent to the provider: from now on it may be severed. `onClosed` is called at most once. */
  constructor(popup: Window, onClosed: () => void) {
    this.#popup = popup;
    this.#onClosed = onClosed;
    addEventListener("focus", this.#onFocus);
  }

  end(): void {
    clearInterval(this.#interval);
    clearTimeout(this.#timer);
    removeEventListener("focus", this.#onFocus);
  }

  readonly #onFocus = () => {
    this.#focusedAt = performance.now();
    if (this.#severed) this.#closesIn(BACK_FOR_MS);
  };

  #closesIn(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.end();
      this.#onClosed();
    }, ms);
  }

  #look(): void {
    const foreign = isForeign(this.#popup);
    if (foreign) this.#foreignSince ??= performance.now();
    if (!this.#popup.closed) return;
    clearInterval(this.#interval);
    this.#severed = !this.#isClosedByPerson(foreign);
    if (!this.#severed) this.#closesIn(GRACE_MS);
    // The focus of a popup that was closed at once is here before this look.
    else if (performance.now() - this.#focusedAt < FOCUS_WITHIN_MS) this.#closesIn(BACK_FOR_MS);
  }

  #isClosedByPerson(foreign: boolean): boolean {
    const now = performance.now();
    if (foreign) return now - (this.#foreignSince ?? now) > SEVERED_WITHIN_MS && document.hasFocus();
    // Closed before a page of the provider was seen. In Chromium a severed popup cannot be read, and this one could.
    return "userAgentData" in navigator || now - this.#focusedAt < FOCUS_WITHIN_MS;
  }
}
