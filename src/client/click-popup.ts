/** The popup that opens in the user's click: before any await, since the browser blocks a later one. */
import type { EarlyPopup } from "./platform.js";

/** Calls of one click share one popup: they will share the login, and a browser opens one popup a click. */
export class ClickPopup {
  readonly #open: () => EarlyPopup | undefined;
  #popup: EarlyPopup | undefined;
  #users = 0;

  constructor(open: () => EarlyPopup | undefined) {
    this.#open = open;
  }

  /** Opens it, or joins the one of this click; `undefined` where a login has it by now, which the call will join. */
  open(): EarlyPopup | undefined {
    if (this.#popup?.isTaken) return undefined;
    this.#popup ??= this.#open();
    if (this.#popup) this.#users += 1;
    return this.#popup;
  }

  /** Closes it with the last call that counts on it, unless a login has taken it over. */
  leave(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.discard();
    this.#popup = undefined;
  }

  discard(): void {
    this.#popup?.discard();
  }
}
