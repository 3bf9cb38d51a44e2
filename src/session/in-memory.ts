/** What serves one program alone: store, lock, and the watches of stores that tell nobody of changes. */
import { AbortedError, LockTimeoutError } from "../errors.js";
import type { Clock, Lock, LockHold, LockOptions, RecordStore, StoreWatch } from "../ports.js";

/** Keeps copies: what a caller does later to a value that it gave or got changes nothing here. */
export function createMemoryStore(): RecordStore {
  const records = new Map<string, unknown>();
  return {
    read: async (key) => structuredClone(records.get(key)),
    update: async (key, change) => {
      const answer = change(structuredClone(records.get(key)));
      if (answer === undefined) return;
      if ("value" in answer) records.set(key, structuredClone(answer.value));
      else records.delete(key);
    },
    put: async (key, value) => {
      records.set(key, structuredClone(value));
    },
    delete: async (key) => {
      records.delete(key);
    },
  };
}

const HELD: LockHold = { stillHeld: () => true };

/** A lock for one program: first come, first served. */
export function createMemoryLock(clock: Clock): Lock {
  const turns = new TurnQueue();
  return {
    async run(name, options, work) {
      const end = await turns.take(name, options, clock);
      try {
        return await work(HELD);
      } finally {
        end();
      }
    },
  };
}

/** What an aborted waiter gets; its work has not begun. */
export function abortedWait(): AbortedError {
  return new AbortedError("The call was aborted while it waited for the session's lock.");
}

function timedOut(timeoutMs: number): LockTimeoutError {
  return new LockTimeoutError(
    `The session's lock was not free within ${timeoutMs / 1000} s: other calls of this process hold it. Try again.`,
  );
}

interface Waiter {
  readonly begin: () => void;
}

/** Turns by name within one program. Waiting is bounded and can be aborted. */
export class TurnQueue {
  // A name has an entry while somebody has the turn.
  readonly #waiting = new Map<string, Set<Waiter>>();

  /** Resolves, once it is this caller's turn, with the function that ends the turn. That one may be called twice. */
  async take(name: string, { timeoutMs, signal }: LockOptions, clock: Clock): Promise<() => void> {
    if (signal?.aborted) throw abortedWait();
    const queue = this.#waiting.get(name);
    if (queue) await this.#wait(queue, { timeoutMs, signal }, clock);
    else this.#waiting.set(name, new Set());
    let ended = false;
    const end = () => {
      if (!ended) this.#next(name);
      ended = true;
    };
    // The signal may have fired after the turn was given and before this line.
    if (!signal?.aborted) return end;
    end();
    throw abortedWait();
  }

  #next(name: string): void {
    const queue = this.#waiting.get(name);
    const [first] = queue ?? [];
    if (!first) this.#waiting.delete(name);
    else {
      queue?.delete(first);
      first.begin();
    }
  }

  #wait(queue: Set<Waiter>, { timeoutMs, signal }: LockOptions, clock: Clock): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void) => {
        queue.delete(waiter);
        signal?.removeEventListener("abort", onAbort);
        cancel();
        outcome();
      };
      const waiter: Waiter = { begin: () => settle(resolve) };
      const onAbort = () => settle(() => reject(abortedWait()));
      queue.add(waiter);
      signal?.addEventListener("abort", onAbort, { once: true });
      // A turn and the bound may come in the same instant: who was given the turn is no longer in the queue.
      const onLate = () => {
        if (queue.has(waiter)) settle(() => reject(timedOut(timeoutMs)));
      };
      const cancel = clock.after(timeoutMs, onLate);
    });
  }
}

/** How long another program's change of the record may go unnoticed. */
const READ_AGAIN_AFTER_MS = 1000;

/** The record counts as changed after a second. */
export function watchByTime(clock: Pick<Clock, "now" | "monotonic">): StoreWatch {
  let markedAt: { readonly monotonic: number; readonly wall: number } | undefined;
  return {
    trustMs: READ_AGAIN_AFTER_MS,
    hasChanged: () => {
      if (markedAt === undefined) return true;
      // The monotonic clock stands still while the machine sleeps; the wall clock jumps.
      const [passed, wall] = [clock.monotonic() - markedAt.monotonic, clock.now() - markedAt.wall];
      return passed >= READ_AGAIN_AFTER_MS || wall >= READ_AGAIN_AFTER_MS || wall < 0;
    },
    mark: () => {
      markedAt = { monotonic: clock.monotonic(), wall: clock.now() };
    },
    announce: () => {},
    close: () => {},
  };
}

/** For a store that nobody else shares. */
export const watchNothing: StoreWatch = {
  trustMs: Number.POSITIVE_INFINITY,
  hasChanged: () => false,
  mark: () => {},
  announce: () => {},
  close: () => {},
};
