/**
 * Records in IndexedDB, through idb-keyval: one database of our own, so that no other store of the page can get in the
 * way. What goes wrong with it is the business of `healing-store.ts`.
 */
import { createStore, del, get, set, type UseStore } from "idb-keyval";
import type { KeyValueStore } from "../ports.js";

const DATABASE = "keystone-auth";

/**
 * Begins to connect. `onLost` is called when somebody deletes or replaces the database: this store is then of no use.
 *
 * @throws TypeError where there is no IndexedDB
 */
export function openDatabase(onLost: () => void): Omit<KeyValueStore, "lock"> {
  // A getter may throw where storage is blocked; in a worker of old or in Node there is none.
  if (typeof indexedDB === "undefined" || indexedDB === null) throw new TypeError("no IndexedDB");
  const use = createStore(DATABASE, "records");
  const connection: UseStore = (mode, callback) =>
    use(mode, (store) => {
      const { db } = store.transaction;
      db.onversionchange ??= () => {
        // A deletion waits for every connection; ours must not hold it up, and is of no use afterwards.
        db.close();
        onLost();
      };
      return callback(store);
    });
  // What fails here fails for the first call, too, which deals with it.
  connection("readonly", () => {}).catch(() => {});
  return {
    get: (key) => get(key, connection),
    set: (key, value) => set(key, value, connection),
    delete: (key) => del(key, connection),
  };
}
