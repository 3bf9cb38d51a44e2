/** A KeyValueStore of the program's own as the session's RecordStore: each update is a read and a write under a lock. */
import { StorageError } from "../errors.js";
import type { Clock, KeyValueStore, Lock, RecordStore } from "../ports.js";
import { guardLock } from "./bounded-lock.js";

/** The store, and its lock with guards; `elsewhere` is the lock of a store that has none. */
export function openOwnStore(
  store: KeyValueStore,
  elsewhere: Lock,
  clock: Clock,
  timeoutMs: number,
): { readonly store: RecordStore; readonly lock: Lock } {
  const lock = store.lock ? guardLock(store.lock, clock) : elsewhere;
  return { store: wrapKeyValueStore(store, lock, timeoutMs), lock };
}

/**
 * `lock` keeps everybody out who shares the store. A write that hangs keeps its turn, so that nothing that was meant to
 * come after it lands before it.
 */
function wrapKeyValueStore(store: KeyValueStore, lock: Lock, timeoutMs: number): RecordStore {
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
    update: (key, change) =>
      lock.run(`record.${key}`, { timeoutMs }, async () => {
        const before = await store.get(key);
        const answer = change(before);
        if (answer === undefined) return;
        if ("value" in answer) await write(key, answer.value, before);
        else await store.delete(key);
      }),
    delete: (key) => store.delete(key),
  };
}
