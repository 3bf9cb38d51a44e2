/** Listeners of a client: told after the fact, one after the other, and never able to hurt the client. */
import { ConfigurationError, type StorageError } from "./errors.js";

/** What happened to the session. */
export interface SessionEvent {
  /**
   * `restored`: the store was read for the first time, and holds a session or none. `signed_in`: a session began. `refreshed`: it has a new access token. `signed_out`: the user ended it, here or in
   * another tab or process; told here when `signOut()` is through. `ended`: the provider ended it, or its token has ended and
   * cannot be renewed. `user_changed`: another user's session took its
   * place.
   */
  readonly reason: "restored" | "signed_in" | "refreshed" | "signed_out" | "ended" | "user_changed";
}

/** Trouble with the store that did not fail a call. */
export interface StorageEvent {
  readonly error: StorageError;
}

export interface ClientEvents {
  session: SessionEvent;
  storage: StorageEvent;
}

export type Listener<Name extends keyof ClientEvents> = (event: ClientEvents[Name]) => void;

const NAMES: readonly (keyof ClientEvents)[] = ["session", "storage"];

export class EventHub {
  readonly #listeners = new Map<keyof ClientEvents, Set<(event: never) => unknown>>();

  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): () => void {
    if (!NAMES.includes(name)) throw new ConfigurationError("event", `The event must be one of ${NAMES.join(", ")}.`);
    if (typeof listener !== "function") throw new ConfigurationError("listener", "The listener must be a function.");
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    // Wrapped, so that the same function may listen twice and each subscription ends by itself.
    const own = (event: never) => listener(event);
    listeners.add(own);
    return () => listeners.delete(own);
  }

  /** In a later microtask: the call that caused the event has returned its locks, and a listener may call the client. */
  emit<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      queueMicrotask(() => {
        // Another listener, or the program, may have ended the subscription while the event was on its way.
        if (!this.#listeners.get(name)?.has(listener)) return;
        try {
          const result = listener(event as never);
          if (result instanceof Promise) result.catch(() => {});
        } catch {
          // A listener that throws changes nothing.
        }
      });
    }
  }

  /** Whether somebody listens now. */
  isHeard(name: keyof ClientEvents): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  /** Whether anybody has ever listened. */
  get isUsed(): boolean {
    return this.#listeners.size > 0;
  }

  /** Ends the subscriptions of one event, or all. */
  clear(name?: keyof ClientEvents): void {
    if (name) this.#listeners.get(name)?.clear();
    else this.#listeners.clear();
  }
}
