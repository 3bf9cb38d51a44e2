/**
 * Mutual exclusion among the tabs of an origin by the Web Locks API: the browser frees a lock when its page closes or
 * crashes. A frozen tab keeps its lock; whoever waits gets LockTimeoutError within the bound.
 *
 * Where there are no Web Locks (no secure context, old engines, no storage) the lock reaches this tab only. Two tabs may then refresh
 * with the same token at the same time: each refreshes at most once, and whoever is refused finds the other's result in the
 * store and takes it.
 */
import { type AbortedError, LockTimeoutError } from "../errors.js";
import type { Clock, Lock, LockHold } from "../ports.js";
import { abortedWait, createMemoryLock } from "../session/in-memory.js";

const PREFIX = "keystone-auth.";
/** Web Locks are never taken from their holder but by `steal`, which nobody here uses. */
const HELD: LockHold = { stillHeld: () => true };

const lateError = (timeoutMs: number) =>
  new LockTimeoutError(
    `The session's lock was not free within ${timeoutMs / 1000} s: another tab holds it. Try again.`,
  );

/** What the browser said instead of giving a lock: the work has not begun. */
const REFUSED = Symbol("refused");

export function openWebLock(clock: Clock): Lock {
  const alone = createMemoryLock(clock);
  const locks = (globalThis.navigator as Navigator | undefined)?.locks as LockManager | undefined;
  if (locks === undefined) return alone;
  const tabs = createWebLock(locks, clock);
  return {
    // Where a page may store nothing (a frame of another site, blocked cookies), browsers refuse locks too.
    run: (name, options, work) =>
      tabs.run(name, options, work).catch((error: unknown) => {
        if (error === REFUSED) return alone.run(name, options, work);
        throw error;
      }),
  };
}

function createWebLock(locks: LockManager, clock: Clock): Lock {
  return {
    async run(name, { timeoutMs, signal }, work) {
      if (signal?.aborted) throw abortedWait();
      const giveUp = new AbortController();
      const settled = new AbortController();
      let failure: AbortedError | LockTimeoutError | undefined;
      let begun = false;
      const end = (error: AbortedError | LockTimeoutError) => {
        if (begun) return;
        failure ??= error;
        giveUp.abort();
      };
      signal?.addEventListener("abort", () => end(abortedWait()), { signal: settled.signal });
      const late = () => end(lateError(timeoutMs));
      // A bound of 0 tries once: the answer comes from another process, and a timer would always be faster.
      const once = timeoutMs === 0;
      const cancel = once ? () => {} : clock.after(timeoutMs, late);
      const how: LockOptions = once ? { ifAvailable: true } : { signal: giveUp.signal };
      try {
        return await locks.request(PREFIX + name, how, (lock) => {
          if (lock === null) late();
          // Granted in the same instant as given up: the work must not begin.
          if (failure) throw failure;
          begun = true;
          settled.abort();
          cancel();
          return work(HELD);
        });
      } catch (error) {
        throw begun ? error : (failure ?? REFUSED);
      } finally {
        settled.abort();
        cancel();
      }
    },
  };
}
