/**
 * AbortController in a few lines: the runtime's own takes a tenth of the time of a schedule. Like it, an abort calls the
 * listeners at once and in their order.
 */

type Listener = () => void;

interface Options {
  readonly once?: boolean;
  readonly signal?: Signal;
}

class Signal {
  static any(signals: readonly Signal[]): Signal {
    const joined = new Signal();
    for (const signal of signals) {
      if (signal.aborted) joined.fire(signal.reason);
      else signal.addEventListener("abort", () => joined.fire(signal.reason));
    }
    return joined;
  }

  aborted = false;
  reason: unknown;
  #listeners: { readonly listener: Listener }[] = [];

  addEventListener(_type: "abort", listener: Listener, options?: Options): void {
    if (options?.signal?.aborted || this.#listeners.some((entry) => entry.listener === listener)) return;
    this.#listeners.push({ listener });
    options?.signal?.addEventListener("abort", () => this.removeEventListener("abort", listener));
  }

  removeEventListener(_type: "abort", listener: Listener): void {
    this.#listeners = this.#listeners.filter((entry) => entry.listener !== listener);
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  /** It happens once, so that `once` means nothing more. */
  fire(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const entry of this.#listeners) if (this.#listeners.includes(entry)) entry.listener();
    this.#listeners = [];
  }
}

class Controller {
  readonly signal = new Signal();

  abort(reason: unknown = new DOMException("This operation was aborted", "AbortError")): void {
    this.signal.fire(reason);
  }
}

/** Puts it in the place of the runtime's. */
export function installAbort(): void {
  Object.assign(globalThis, { AbortController: Controller, AbortSignal: Signal });
}
