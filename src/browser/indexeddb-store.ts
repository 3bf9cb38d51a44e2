/**
 * Sessions in IndexedDB, through idb-keyval: one database of our own, so that no other store of the page can get in the
 * way. Where the browser has no IndexedDB to give (private windows, blocked storage), records live in memory.
 */
import { createStore, del, get, set, type UseStore } from "idb-keyval";
import { StorageError } from "../errors.js";
import type { KeyValueStore, StorageTrouble } from "../ports.js";
import { createMemoryStore } from "../session/memory-store.js";

const DATABASE = "keystone-auth";

export interface IndexedDbEvents {
  /** Told once, when memory takes IndexedDB's place. */
  readonly onTrouble: StorageTrouble;
  /** Somebody deletes or replaces the database under us. */
  readonly onLost: () => void;
}

/** What a connection answers that the browser closed, or whose database went, without telling anybody. */
const LOST = new Set(["InvalidStateError", "NotFoundError", "UnknownError"]);

const nameOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "name" in error ? String(error.name) : "unknown";

function connect(onLost: () => void): UseStore {
  // A getter may throw where storage is blocked; in a worker of old or in Node there is none.
  if (typeof indexedDB === "undefined" || indexedDB === null) throw new TypeError("no IndexedDB");
  const use = createStore(DATABASE, "records");
  return (mode, callback) =>
    use(mode, (store) => {
      const { db } = store.transaction;
      db.onversionchange ??= () => {
        // A deletion waits for every connection; ours must not hold it up, and is of no use afterwards.
        db.close();
        onLost();
      };
      return callback(store);
    });
}

class IndexedDbStore implements KeyValueStore {
  readonly #events: IndexedDbEvents;
  readonly #fallback: () => KeyValueStore;
  #connection: UseStore | undefined;
  #instead: KeyValueStore | undefined;
  #worked = false;

  constructor(events: IndexedDbEvents, fallback: () => KeyValueStore) {
    this.#events = events;
    this.#fallback = fallback;
  }

  /** Connects without being asked for anything. What fails then fails for the first call, too, which deals with it. */
  connect(): void {
    this.#attempt((connection) => connection("readonly", () => {})).catch(() => {});
  }

  get(key: string): Promise<unknown> {
    return this.#call(
      (connection) => get(key, connection),
      (memory) => memory.get(key),
    );
  }

  set(key: string, value: unknown): Promise<void> {
    return this.#call(
      (connection) => set(key, value, connection),
      (memory) => memory.set(key, value),
    );
  }

  delete(key: string): Promise<void> {
    return this.#call(
      (connection) => del(key, connection),
      (memory) => memory.delete(key),
    );
  }

  async #call<T>(work: (at: UseStore) => Promise<T>, instead: (memory: KeyValueStore) => Promise<T>): Promise<T> {
    if (this.#instead) return await instead(this.#instead);
    try {
      return await this.#attempt(work).catch((error: unknown) => {
        // Once, with a new connection: what fails twice is no lost connection.
        if (!LOST.has(nameOf(error))) throw error;
        this.#connection = undefined;
        return this.#attempt(work);
      });
    } catch (error) {
      // Storage that has never worked in this page will not; one that has is in trouble, which is not "signed out".
      if (this.#worked || nameOf(error) === "AbortError") throw error;
      return await instead(this.#withoutStorage(error));
    }
  }

  async #attempt<T>(work: (at: UseStore) => Promise<T>): Promise<T> {
    this.#connection ??= connect(() => {
      this.#connection = undefined;
      this.#events.onLost();
    });
    const result = await work(this.#connection);
    this.#worked = true;
    return result;
  }

  #withoutStorage(error: unknown): KeyValueStore {
    if (this.#instead === undefined) {
      this.#instead = this.#fallback();
      const problem =
        "This browser gives no IndexedDB here (a private window, or storage is blocked). " +
        "The session is kept in this page's memory and ends with it.";
      this.#events.onTrouble(new StorageError("unavailable", problem, { causeCode: nameOf(error) }));
    }
    return this.#instead;
  }
}

/** The same, connected while its user finds out what to ask for. */
export function connectIndexedDbStore(events: IndexedDbEvents): KeyValueStore {
  const store = new IndexedDbStore(events, createMemoryStore);
  store.connect();
  return store;
}

/** Opens nothing yet; the first call does. `fallback` takes its place where the browser has no IndexedDB to give. */
export function openIndexedDbStore(events: IndexedDbEvents, fallback = createMemoryStore): KeyValueStore {
  return new IndexedDbStore(events, fallback);
}
