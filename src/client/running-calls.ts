/** The calls of a client that run, and what its `close()` does to them: it ends those that wait, and waits for those that end a session. */
import type { AbortedError } from "../errors.js";
import type { Clock } from "../ports.js";

const AGAIN_MS = 250;

export class RunningCalls {
  readonly #waiting = new Set<(reason: AbortedError) => void>();
  readonly #endings = new Set<Promise<unknown>>();
  #closed: AbortedError | undefined;

  /** What `close()` was called with. */
  get closed(): AbortedError | undefined {
    return this.#closed;
  }

  /**
   * Does something in a later turn when no call runs, and not at all once the client is closed: what a call does is not done
   * twice, and one that is aborted has not done it.
   */
  whenNone(clock: Clock, action: () => void, ms = 0): void {
    clock.after(ms, () => {
      if (this.#closed) return;
      if (this.#waiting.size > 0) this.whenNone(clock, action, AGAIN_MS);
      else action();
    });
  }

  mustBeOpen(): void {
    if (this.#closed) throw this.#closed;
  }

  /** Settles as the work does, or when the client is closed. */
  async whileOpen<T>(work: Promise<T>): Promise<T> {
    // Not a listener on a signal: a thousand calls at once would make the runtime warn of a leak.
    const closed = new Promise<never>((_, reject) => {
      this.#waiting.add(reject);
      const settled = () => this.#waiting.delete(reject);
      work.then(settled, settled);
    });
    return await Promise.race([work, closed]);
  }

  /** What ends a session or a token is not cut by `close()`, which waits for it. */
  async toItsEnd<T>(work: () => Promise<T>): Promise<T> {
    const ending = work();
    this.#endings.add(ending);
    return await ending.finally(() => this.#endings.delete(ending));
  }

  /** Rejects what waits; resolves when what ends a session has ended. */
  async close(reason: AbortedError): Promise<void> {
    this.#closed = reason;
    for (const reject of this.#waiting) reject(reason);
    await Promise.allSettled(this.#endings);
  }
}
