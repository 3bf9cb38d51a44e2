/** A KeyValueStore of the program's own as the session's RecordStore: each update is a read and a write under a lock. */
import { StorageError } from "../errors.js";
import type { Clock, KeyValueStore, Lock, RecordStore, StoreWatch } from "../ports.js";

/** How long another program's change of the record may go unnoticed: such a store tells nobody of changes. */
const READ_AGAIN_AFTER_MS = 1000;

/**
 * `lock` keeps everybody out who shares the store. A write that hangs keeps its turn, so that nothing that was meant to
 * come after it can land before it.
 */
export function wrapKeyValueStore(store: KeyValueStore, lock: Lock, timeoutMs: number): RecordStore {
  let isKnownToKeep = false;
  const write = async (key: string, value: unknown) => {
    await store.set(key, value);
    if (isKnownToKeep) return;
    // Else a login would seem signed out again as soon as its record is read.
    if ((await store.get(key)) === undefined) {
      throw new StorageError("unavailable", "The session store takes every write and keeps nothing.");
    }
    isKnownToKeep = true;
  };
  return {
    read: (key) => store.get(key),
    update: (key, change) =>
      lock.run(`record.${key}`, { timeoutMs }, async () => {
        const answer = change(await store.get(key));
        if (answer === undefined) return;
        if ("value" in answer) await write(key, answer.value);
        else await store.delete(key);
      }),
    delete: (key) => store.delete(key),
  };
}

/** Where nothing tells of changes, the record counts as changed after a second. */
export function watchByTime(clock: Clock): StoreWatch {
  let markedAt = Number.NEGATIVE_INFINITY;
  return {
    trustMs: READ_AGAIN_AFTER_MS,
    hasChanged: () => clock.monotonic() - markedAt >= READ_AGAIN_AFTER_MS,
    mark: () => {
      markedAt = clock.monotonic();
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
