/** A store and a lock of the program's own, held to their contracts: each update is a read and a write under the lock, each wait has an end. */
import { LockTimeoutError, StorageError, codeOf, isKeystoneAuthError } from "../errors.js";
import type { Clock, KeyValueStore, Lock, LockHold, LockOptions, RecordStore } from "../ports.js";
import { abortedError } from "../settle.js";

/** The store, and its lock with guards; `elsewhere` is the lock of a store that has none. */
export function openOwnStore(
  store: KeyValueStore,
  elsewhere: Lock,
  clock: Clock,
  timeoutMs: number,
): { readonly store: RecordStore; readonly lock: Lock } {
  const lock = store.lock ? guardLock(store.lock, clock) : elsewhere;
  return { store: wrapKeyValueStore(store, lock, clock, timeoutMs), lock };
}

/** A write that hangs keeps its turn for so many times the bound of a call. */
const TURN_FACTOR = 3;

/**
 * `lock` keeps everybody out who shares the store. A write that hangs keeps its turn, so that nothing that was meant to
 * come after it lands before it; not for ever, since a call that never settles would else be the last one of the session.
 */
function wrapKeyValueStore(store: KeyValueStore, lock: Lock, clock: Clock, timeoutMs: number): RecordStore {
  let isKnownToKeep = false;
  const write = async (key: string, value: unknown, before: unknown) => {
    await store.set(key, value);
    if (isKnownToKeep) return;
    const after = await store.get(key);
    // Else a login would seem signed out, or another person's, as soon as the record is read. No record is written twice.
    if (after === undefined || JSON.stringify(after) === JSON.stringify(before)) {
      throw new StorageError("unavailable", "The session store takes every write and keeps nothing.");
    }
    isKnownToKeep = true;
  };
  return {
    read: (key) => store.get(key),
    update: async (key, change) => {
      let writing: Promise<void> | undefined;
      await lock.run(`record.${key}`, { timeoutMs }, async (hold) => {
        const before = await store.get(key);
        const answer = change(before);
        if (answer === undefined) return;
        // A process that was stopped here for long may have lost its lease, and others may have written.
        if (!hold.stillHeld())
          throw new StorageError("unavailable", "The lock of the session's store was lost to others.");
        writing = "value" in answer ? write(key, answer.value, before) : Promise.resolve(store.delete(key));
        await untilGivenUp(writing, clock, timeoutMs * TURN_FACTOR);
      });
      // It may still land: whoever waits for it hears of that.
      await writing;
    },
    put: (key, value) => store.set(key, value),
    delete: (key) => store.delete(key),
  };
}

/** Settles as the write does, or resolves after `ms`. */
async function untilGivenUp(writing: Promise<void>, clock: Clock, ms: number): Promise<void> {
  let cancel = () => {};
  const givenUp = new Promise<void>((resolve) => (cancel = clock.background(ms, resolve)));
  await Promise.race([writing, givenUp]).finally(() => cancel());
}

/** A lock may need a moment beyond the bound to say that it is over. */
const GRACE_MS = 1000;
const HELD: LockHold = { stillHeld: () => true };

/**
 * Runs work under the program's lock. Whatever the lock does once the work has begun, its result is what counts: a token
 * that was granted is not lost to a lock that cannot be given back.
 */
export function guardLock(lock: Lock, clock: Clock): Lock {
  return {
    run: <T>(name: string, options: LockOptions, work: (hold: LockHold) => Promise<T>) =>
      new Promise<T>((resolve, reject) => new GuardedRun(clock, options, work, resolve, reject).start(lock, name)),
  };
}

class GuardedRun<T> {
  #running: Promise<T> | undefined;
  #givenUp = false;
  #stopWaiting = () => {};

  constructor(
    private readonly clock: Clock,
    private readonly options: LockOptions,
    private readonly work: (hold: LockHold) => Promise<T>,
    private readonly resolve: (value: T | Promise<T>) => void,
    private readonly reject: (reason: unknown) => void,
  ) {}

  start(lock: Lock, name: string): void {
    const { signal, timeoutMs } = this.options;
    const giveUp = (reason: Error) => {
      if (this.#running !== undefined) return;
      this.#givenUp = true;
      this.#stopWaiting();
      this.reject(reason);
    };
    const onSignal = () => giveUp(abortedError());
    const cancel = this.clock.after(timeoutMs + GRACE_MS, () => giveUp(lockTimedOut(timeoutMs)));
    signal?.addEventListener("abort", onSignal, { once: true });
    this.#stopWaiting = () => {
      cancel();
      signal?.removeEventListener("abort", onSignal);
    };
    if (signal?.aborted) return onSignal();
    Promise.resolve()
      .then(() => lock.run(name, this.options, (hold) => this.#begin(hold)))
      // Settled without the work: who gave the lock neither did it nor said why not.
      .then(() => giveUp(lockFailed(undefined)))
      .catch((error: unknown) => giveUp(isKeystoneAuthError(error) ? error : lockFailed(error)));
  }

  #begin(hold: LockHold | undefined): Promise<T> {
    // A lock that comes too late holds nothing that anybody waits for.
    if (this.#givenUp) return Promise.reject(lockTimedOut(this.options.timeoutMs));
    if (this.#running === undefined) {
      this.#stopWaiting();
      this.#running = this.work(typeof hold?.stillHeld === "function" ? hold : HELD);
      this.resolve(this.#running);
    }
    return this.#running;
  }
}

function lockTimedOut(timeoutMs: number): LockTimeoutError {
  return new LockTimeoutError(`The lock of the session's store was not free within ${timeoutMs / 1000} s. Try again.`);
}

/** Its message could hold an address with a password in it. */
function lockFailed(error: unknown): StorageError {
  return new StorageError("unavailable", "The lock of the session's store could not be had. Call again.", {
    causeCode: codeOf(error),
  });
}
