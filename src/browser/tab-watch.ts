/** What the other tabs do to the stored session: a BroadcastChannel carries the key that changed, and nothing else. */
import type { StoreWatch } from "../ports.js";

const CHANNEL = "keystone-auth";

export class TabWatch implements StoreWatch {
  /** Others tell of their changes: nothing has to be asked. */
  readonly trustMs: number = Number.POSITIVE_INFINITY;
  /** Called after each change by others. */
  onChange: () => void = () => {};
  readonly #key: string;
  readonly #channel: BroadcastChannel;
  #hasChanged = true;
  #isClosed = false;

  private constructor(key: string, channel: BroadcastChannel) {
    this.#key = key;
    this.#channel = channel;
    // Only our own origin can post here; whatever else of it uses this name is not believed.
    channel.addEventListener("message", ({ data }) => {
      if (data === key) this.invalidate();
    });
    if (typeof document !== "undefined") addEventListener("pageshow", this.#onShow);
  }

  /** `undefined` where the browser has no such channel, or gives none to an opaque origin. */
  static open(key: string): TabWatch | undefined {
    try {
      return new TabWatch(key, new BroadcastChannel(CHANNEL));
    } catch {
      return undefined;
    }
  }

  hasChanged(): boolean {
    return this.#hasChanged;
  }

  mark(): void {
    this.#hasChanged = false;
  }

  announce(): void {
    if (!this.#isClosed) this.#channel.postMessage(this.#key);
  }

  /** The record may be another one now. */
  invalidate(): void {
    this.#hasChanged = true;
    if (!this.#isClosed) this.onChange();
  }

  close(): void {
    this.#isClosed = true;
    this.#channel.close();
    if (typeof document !== "undefined") removeEventListener("pageshow", this.#onShow);
  }

  /** A page out of the back/forward cache has heard nothing of the other tabs meanwhile. */
  readonly #onShow = ({ persisted }: PageTransitionEvent) => {
    if (persisted) this.invalidate();
  };
}
