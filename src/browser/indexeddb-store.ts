/**
 * Sessions in IndexedDB, through idb-keyval: one database of our own, so that no other store of the page can get in the
 * way. Where the browser has no IndexedDB to give (private windows, blocked storage), records live in memory.
 */
import { createStore, del, get, set, type UseStore } from "idb-keyval";
import { StorageError } from "../errors.js";
import type { KeyValueStore, StorageTrouble } from "../ports.js";
import { createMemoryStore } from "../session/memory-store.js";

const DATABASE = "keystone-auth";

/** Faults that say "there is no storage here", as opposed to "this write failed". */
const NO_STORAGE = new Set(["SecurityError", "InvalidAccessError", "NotSupportedError", "TypeError", "ReferenceError", "UnknownError", "VersionError"]);
/** What a connection answers that the browser has closed, or whose database was deleted, without telling anybody. */
const LOST = new Set(["InvalidStateError", "NotFoundError"]);

const nameOf = (error: unknown): string => (typeof error === "object" && error !== null && "name" in error ? String(error.name) : "unknown");

/** Opens nothing yet. `onTrouble` is told once, when memory takes IndexedDB's place. */
export function openIndexedDbStore(onTrouble: StorageTrouble): KeyValueStore {
  let connection: UseStore | undefined;
  let memory: KeyValueStore | undefined;
  let worked = false;

  const connect = (): UseStore => {
    // Not by the name alone: a getter may throw where storage is blocked.
    if (typeof indexedDB === "undefined" || indexedDB === null) throw new TypeError("no IndexedDB");
    return createStore(DATABASE, "records");
  };

  const withoutStorage = (error: unknown): KeyValueStore => {
    if (memory === undefined) {
      memory = createMemoryStore();
      onTrouble(new StorageError("unavailable", "This browser gives no IndexedDB here (a private window, or storage is blocked). The session is kept in this page's memory and ends with it.", { causeCode: nameOf(error) }));
    }
    return memory;
  };

  async function call<T>(work: (connection: UseStore) => Promise<T>, instead: (memory: KeyValueStore) => Promise<T>): Promise<T> {
    if (memory) return await instead(memory);
    const attempt = async () => {
      connection ??= connect();
      const result = await work(connection);
      worked = true;
      return result;
    };
    try {
      return await attempt();
    } catch (error) {
      const name = nameOf(error);
      if (LOST.has(name)) {
        // Once, with a new connection: what fails twice is no lost connection.
        connection = undefined;
        try {
          return await attempt();
        } catch (again) {
          if (worked) throw again;
          return await instead(withoutStorage(again));
        }
      }
      if (!worked && NO_STORAGE.has(name)) return await instead(withoutStorage(error));
      throw error;
    }
  }

  return {
    get: (key) => call((at) => get(key, at), (other) => other.get(key)),
    set: (key, value) => call((at) => set(key, value, at), (other) => other.set(key, value)),
    delete: (key) => call((at) => del(key, at), (other) => other.delete(key)),
  };
}
