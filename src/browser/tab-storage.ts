/** Records in `sessionStorage`: one tab, until it closes. They survive a reload and a redirect login in the same tab. */
import { StorageError } from "../errors.js";
import type { KeyValueStore, StorageTrouble } from "../ports.js";
import { createMemoryStore } from "../session/memory-store.js";

const PREFIX = "keystone-auth.";

function parse(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Given as it is: whoever reads it sees that it is no record, and says so.
    return text;
  }
}

/** The tab's own storage, or `undefined` where the browser gives none: the getter throws where storage is blocked. */
export function tabStorage(): Storage | undefined {
  try {
    return globalThis.sessionStorage ?? undefined;
  } catch {
    return undefined;
  }
}

export function createTabStore(storage: Storage): KeyValueStore {
  return {
    get: async (key) => parse(storage.getItem(PREFIX + key)),
    set: async (key, value) => storage.setItem(PREFIX + key, JSON.stringify(value)),
    delete: async (key) => storage.removeItem(PREFIX + key),
  };
}

/** `storage: "session"`. Where there is no such storage, records live in memory and `onTrouble` is told. */
export function openSessionStorageStore(onTrouble: StorageTrouble): KeyValueStore {
  const storage = tabStorage();
  if (storage !== undefined) return createTabStore(storage);
  const problem =
    "This browser gives no sessionStorage here. The session is kept in this page's memory and ends with it.";
  onTrouble(new StorageError("unavailable", problem));
  return createMemoryStore();
}
