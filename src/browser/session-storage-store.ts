/** Sessions in `sessionStorage`: one tab, until it closes. Survives a reload and a redirect login in the same tab. */
import { StorageError } from "../errors.js";
import type { KeyValueStore, StorageTrouble } from "../ports.js";
import { createMemoryStore } from "../session/memory-store.js";

const PREFIX = "keystone-auth.";

function available(): Storage | undefined {
  try {
    // The getter itself throws where storage is blocked, as in a sandboxed frame.
    return globalThis.sessionStorage ?? undefined;
  } catch {
    return undefined;
  }
}

function parse(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A string is no record: whoever reads it says so.
    return text;
  }
}

export function openSessionStorageStore(onTrouble: StorageTrouble): KeyValueStore {
  const storage = available();
  if (storage === undefined) {
    onTrouble(new StorageError("unavailable", "This browser gives no sessionStorage here. The session is kept in this page's memory and ends with it."));
    return createMemoryStore();
  }
  return {
    get: async (key) => parse(storage.getItem(PREFIX + key)),
    set: async (key, value) => storage.setItem(PREFIX + key, JSON.stringify(value)),
    delete: async (key) => storage.removeItem(PREFIX + key),
  };
}
