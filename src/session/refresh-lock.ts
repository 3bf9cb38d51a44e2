/**
 * The lock of a session's refreshes. It is kept until the store has taken the result: whoever had it before that would find
 * the refresh token that has been used. The call that refreshes does not wait for it.
 */
import type { ClientConfig } from "../options/config.js";
import type { LockHold, LockOptions } from "../ports.js";
import type { Session } from "./session.js";

export class RefreshLock {
  #kept: LockHold | undefined;
  #running: Promise<unknown> | undefined;

  constructor(
    private readonly config: ClientConfig,
    private readonly session: Session,
  ) {}

  /** Runs the work under the lock; where this client still keeps it, at once. Rejects as the work and the lock do. */
  async run<T>(options: Omit<LockOptions<T>, "timeoutMs">, work: (hold: LockHold) => Promise<T>): Promise<T> {
    if (this.#kept?.stillHeld()) return await work(this.#kept);
    const { key, lock, store } = await this.session.open();
    const timeoutMs = this.config.lockTimeoutMs;
    return await new Promise<T>((resolve, reject) => {
      const keeping = async (hold: LockHold) => {
        this.#running = running;
        this.config.log.debug("has the lock of the session");
        const result = work(hold);
        await result.then(resolve, reject);
        if (store.isBehind) {
          this.#kept = hold;
          await store.caughtUp();
          if (this.#kept === hold) this.#kept = undefined;
        }
        return await result;
      };
      const running: Promise<T> = lock.run<T>(`refresh.${key}`, { ...options, timeoutMs }, keeping);
      // Also where the work has not begun: another one's result, the end of the wait, an abort.
      running.then(resolve, reject);
    });
  }

  /** Resolves when the lock that this client holds is given back. Never rejects. */
  async released(): Promise<void> {
    await this.#running?.catch(() => {});
  }
}
