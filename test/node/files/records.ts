/** A file store in the words of a test: changes that do not ask what is there. */
import { systemClock } from "../../../src/clock.js";
import type { StorageError } from "../../../src/errors.js";
import { type FileStoreOptions, openFileStore } from "../../../src/node/files/store.js";
import type { RecordStore, StoreWatch } from "../../../src/ports.js";

export interface Records {
  read(key: string): Promise<unknown>;
  put(key: string, value: unknown): Promise<void>;
  remove(key: string): Promise<void>;
}

export interface OpenedRecords extends Records {
  readonly store: RecordStore;
  watch(key: string): StoreWatch;
}

export function recordsOf(store: RecordStore): Records {
  return {
    read: (key) => store.read(key),
    put: (key, value) => store.update(key, () => ({ value })),
    remove: (key) => store.update(key, () => ({ delete: true })),
  };
}

/** What nobody expects ends the test. */
export const unexpected = (error: StorageError): never => {
  throw error;
};

export function openRecords(
  directory: string,
  onTrouble: (error: StorageError) => void = unexpected,
  more: Partial<FileStoreOptions> = {},
): OpenedRecords {
  const { store, watch } = openFileStore({ directory, onTrouble, clock: systemClock, timeoutMs: 10_000, ...more });
  return { ...recordsOf(store), store, watch };
}

/** A key as a session has one: what is swept or tightened is recognised by it. */
export const KEY = `s-${"0123456789abcdef".repeat(4)}`;
