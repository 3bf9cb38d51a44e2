/** Records in IndexedDB, through idb-keyval: one database of our own, so that no other store of the page gets in the way. */
import { createStore, del, get, promisifyRequest, set, type UseStore } from "idb-keyval";
import type { RecordStore } from "../ports.js";

const DATABASE = "keystone-auth";

export interface Database extends RecordStore {
  /** Settles when the connection is there, or cannot be had: in some browsers' faults never. */
  readonly opened: Promise<unknown>;
}

/**
 * Begins to connect. `onLost` is called when somebody deletes or replaces the database: this store is then of no use. An
 * update is one readwrite transaction, so that nobody writes between its read and its write.
 *
 * @throws TypeError where there is no IndexedDB
 */
export function openDatabase(onLost: () => void): Database {
  // A getter may throw where storage is blocked; in a worker of old or in Node there is none.
  if (typeof indexedDB === "undefined" || indexedDB === null) throw new TypeError("no IndexedDB");
  const use = createStore(DATABASE, "records");
  let heard: IDBDatabase | undefined;
  const connection: UseStore = (mode, callback) =>
    use(mode, (store) => {
      const { db } = store.transaction;
      if (db !== heard) {
        heard = db;
        db.addEventListener("versionchange", () => {
          // A deletion waits for every connection; ours must not hold it up, and is of no use afterwards.
          db.close();
          onLost();
        });
        // The browser itself takes it away: the person deletes the site's data, or the disk fails. `onclose` is idb-keyval's.
        db.addEventListener("close", onLost);
      }
      return callback(store);
    });
  // What fails here fails for the first call, too, which deals with it.
  const opened = connection("readonly", () => {});
  opened.catch(() => {});
  return {
    opened,
    read: (key) => get(key, connection),
    update: (key, change) =>
      connection("readwrite", async (store) => {
        const done = promisifyRequest(store.transaction);
        done.catch(() => {});
        // The transaction stays open up to the callback of the read: no await of anything else may come before the write.
        await new Promise<void>((resolve, reject) => {
          const reading = store.get(key) as IDBRequest<unknown>;
          reading.onerror = () => reject(reading.error as Error);
          reading.onsuccess = () => {
            try {
              const answer = change(reading.result);
              if (answer && "value" in answer) store.put(answer.value, key);
              else if (answer) store.delete(key);
              resolve();
            } catch (error) {
              reject(error);
            }
          };
        });
        await done;
      }),
    put: (key, value) => set(key, value, connection),
    delete: (key) => del(key, connection),
  };
}
