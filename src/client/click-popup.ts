/** The popup of a click: it opens in the program's call, before anything is loaded or known, since a later one is blocked. */
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

  /** Settles as the work does; with the last call that counts on it, a popup that no login has taken over closes. */
  async during<T>(popup: EarlyPopup | undefined, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } finally {
      if (popup) this.#leave();
    }
  }

  discard(): void {
    this.#popup?.discard();
  }

  #leave(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.discard();
    this.#popup = undefined;
  }
}
