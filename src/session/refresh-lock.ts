/**
 * The lock of a session's refreshes. It is kept until the store has taken the result: whoever had it before that would find
 * the refresh token that has been used. The call that refreshes does not wait for it.
 */
import type { ClientConfig } from "../options/config.js";
import type { LockHold, LockOptions } from "../ports.js";
import type { SessionRecord } from "../token-set.js";
import { sameSession } from "./record.js";
import type { Session } from "./session.js";
import type { SessionStore } from "./store.js";

export class RefreshLock {
  #kept: LockHold | undefined;
  #running: Promise<unknown> | undefined;
  /** What runs under the lock that is kept. Never rejects. */
  #working: Promise<void> | undefined;

  constructor(
    private readonly config: ClientConfig,
    private readonly session: Session,
  ) {}

  /** Runs the work under the lock; where this client still keeps it, at once. Rejects as the work and the lock do. */
  async run<T>(options: Omit<LockOptions<T>, "timeoutMs">, work: (hold: LockHold) => Promise<T>): Promise<T> {
    // One after the other: an aborted call may have left its work behind.
    while (this.#kept && this.#working) await this.#working;
    if (this.#kept?.stillHeld()) return await this.#work(work, this.#kept);
    const { key, lock, store } = await this.session.open();
    const timeoutMs = this.config.lockTimeoutMs;
    return await new Promise<T>((resolve, reject) => {
      const keeping = async (hold: LockHold) => {
        // A lock of the program's own may begin before it gives its promise.
        await Promise.resolve();
        this.#running = running;
        this.config.log.debug("has the lock of the session");
        const result = work(hold);
        await result.then(resolve, reject);
        await this.#keep(hold, store);
        return await result;
      };
      const running: Promise<T> = lock.run<T>(`refresh.${key}`, { ...options, timeoutMs }, keeping);
      // Also where the work has not begun: another one's result, the end of the wait, an abort.
      running.then(resolve, reject);
    });
  }

  async #keep(hold: LockHold, store: SessionStore): Promise<void> {
    if (!store.isBehind) return;
    this.#kept = hold;
    // What begins meanwhile sends a refresh token as well.
    while (store.isBehind || this.#working) {
      await store.caughtUp();
      await this.#working;
    }
    if (this.#kept === hold) this.#kept = undefined;
  }

  async #work<T>(work: (hold: LockHold) => Promise<T>, hold: LockHold): Promise<T> {
    const result = work(hold);
    const ended = () => {
      if (this.#working === working) this.#working = undefined;
    };
    const working: Promise<void> = result.then(ended, ended);
    this.#working = working;
    return await result;
  }

  /** Resolves when the lock that this client holds is given back. Never rejects. */
  async released(): Promise<void> {
    await this.#running?.catch(() => {});
  }
}

/** Whether somebody who takes no lock has changed the session since it was read. */
export async function isChangedByOthers(session: Session, record: SessionRecord): Promise<boolean> {
  const { store, watch } = await session.open();
  if (watch.nextChange === undefined || !watch.hasChanged()) return false;
  return !sameSession(await store.read().catch(() => record), record);
}

/** What the store holds once the provider has refused the record's refresh token. */
export async function readAfterRefusal(session: Session, record: SessionRecord): Promise<SessionRecord | undefined> {
  const { store, watch } = await session.open();
  // Who takes no lock may have had the successor of what was refused, and not stored it yet.
  await watch.nextChange?.();
  // A store that cannot be read holds what was sent, as far as is known: a used-up token must not be sent again.
  return await store.read().catch(() => record);
}
