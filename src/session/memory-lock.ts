/** Mutual exclusion within one program, first come, first served. */
import { AbortedError, LockTimeoutError } from "../errors.js";
import type { Clock, Lock, LockHold, LockOptions } from "../ports.js";

const HELD: LockHold = { stillHeld: () => true };

/** Waits for the turn; rejects after the bound or on abort, and the work has then not begun. */
async function waitTurn(turn: Promise<void>, { timeoutMs, signal }: LockOptions, clock: Clock): Promise<void> {
  const stop = new AbortController();
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new AbortedError("The call was aborted while it waited for the session's lock; the session is as it was."));
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
  });
  const late = clock.sleep(timeoutMs, stop.signal).then(() => {
    throw new LockTimeoutError(`The session's lock was not free within ${timeoutMs / 1000} s; another call holds it. The session is kept; try again.`);
  });
  late.catch(() => {});
  aborted.catch(() => {});
  try {
    await Promise.race([aborted, turn, late]);
  } finally {
    stop.abort();
    signal?.removeEventListener("abort", onAbort);
  }
}

export function createMemoryLock(clock: Clock): Lock {
  const last = new Map<string, Promise<void>>();
  return {
    async run<T>(name: string, options: LockOptions, work: (hold: LockHold) => Promise<T>): Promise<T> {
      const before = last.get(name) ?? Promise.resolve();
      let release = () => {};
      const mine = new Promise<void>((resolve) => {
        release = resolve;
      });
      // Who gives up waiting still stands in the line: its place passes the turn on.
      const tail = before.then(() => mine);
      last.set(name, tail);
      try {
        await waitTurn(before, options, clock);
        return await work(HELD);
      } finally {
        release();
        void tail.then(() => {
          if (last.get(name) === tail) last.delete(name);
        });
      }
    },
  };
}
