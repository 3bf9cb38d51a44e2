/** Waiting, once for all: until a signal fires, until a time limit, for a while, and together with others. */
import { AbortedError } from "./errors.js";
import type { Clock } from "./ports.js";

/** The reason that an aborted caller sees, whatever reason its own signal carries. */
export function abortedError(): AbortedError {
  return new AbortedError("The call was aborted by its signal.");
}

interface Waiting {
  readonly actions: Set<() => void>;
  readonly listener: () => void;
}

// One signal may serve any number of calls: a listener for each would make Node warn of a leak from the eleventh on.
const waiting = new WeakMap<AbortSignal, Waiting>();

function listen(signal: AbortSignal): Waiting {
  const actions = new Set<() => void>();
  const listener = () => {
    waiting.delete(signal);
    for (const action of actions) action();
  };
  signal.addEventListener("abort", listener, { once: true });
  const entry = { actions, listener };
  waiting.set(signal, entry);
  return entry;
}

/** Calls `action` when the signal fires, unless the function that it gives is called before. For signals of programs. */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  const entry = waiting.get(signal) ?? listen(signal);
  // The same action may wait twice.
  const own = () => action();
  entry.actions.add(own);
  return () => {
    entry.actions.delete(own);
    if (entry.actions.size > 0 || waiting.get(signal) !== entry) return;
    waiting.delete(signal);
    signal.removeEventListener("abort", entry.listener);
  };
}

/** Rejects when the signal fires, else settles as `promise` does; leaves no listener behind. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    let stop = () => {};
    const settled = () => stop();
    promise.then(resolve, reject).then(settled, settled);
    if (signal.aborted) reject(abortedError());
    else stop = onAbort(signal, () => reject(abortedError()));
  });
}

/**
 * How long a process that was stopped for so long, by the lateness of its timer, has to read what arrived meanwhile: a timer
 * comes first in each turn of the event loop. In milliseconds.
 */
const catchUpMs = (lateMs: number): number => (lateMs > 1000 ? 1000 : lateMs > 20 ? 250 : 0);

/** Settles as the work does; rejects with what `late` makes where it takes longer. Leaves no timer. */
export async function beforeDeadline<T>(
  clock: Clock,
  ms: number,
  late: () => Error,
  work: () => Promise<T>,
): Promise<T> {
  let cancel = () => {};
  const deadline = new Promise<never>((_, reject) => {
    const due = clock.monotonic() + ms;
    const end = () => reject(late());
    cancel = clock.after(ms, () => {
      cancel = clock.after(catchUpMs(clock.monotonic() - due), end);
    });
  });
  try {
    return await Promise.race([work(), deadline]);
  } finally {
    cancel();
  }
}

/** Resolves after `ms` (up to 2^31-1); rejects with the signal's reason when it fires, and then leaves no timer. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
