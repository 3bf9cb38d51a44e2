/** Records that live as long as the program. */
import type { KeyValueStore } from "../ports.js";

/** A store in memory. Values are copied on both ways, as they would be by a file: nobody can change a record in place. */
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
