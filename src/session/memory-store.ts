/** A store that lives as long as the object does. */
import type { KeyValueStore } from "../ports.js";

/** Keeps copies: what a caller does later to a value that it gave or got changes nothing here. */
export function createMemoryStore(): KeyValueStore {
  const records = new Map<string, unknown>();
  return {
    get: async (key) => structuredClone(records.get(key)),
    set: async (key, value) => {
      records.set(key, structuredClone(value));
    },
    delete: async (key) => {
      records.delete(key);
    },
  };
}
