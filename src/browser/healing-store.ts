/**
 * IndexedDB as the session's store: a lost connection is made again once, and where the browser has no IndexedDB to give
 * (private windows, blocked storage), records live in memory.
 */
import { StorageError } from "../errors.js";
import type { KeyValueStore, StorageTrouble } from "../ports.js";
import { createMemoryStore } from "../session/memory-store.js";
import { openDatabase } from "./indexeddb.js";

export interface IndexedDbEvents {
  /** Told once, when memory takes IndexedDB's place. */
  readonly onTrouble: StorageTrouble;
  /** Somebody deletes or replaces the database under us. */
  readonly onLost: () => void;
}

type Records = ReturnType<typeof openDatabase>;

/** What a connection answers that the browser closed, or whose database went, without telling anybody. */
const LOST = new Set(["InvalidStateError", "NotFoundError", "UnknownError"]);

const nameOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "name" in error ? String(error.name) : "unknown";

class HealingStore implements KeyValueStore {
  readonly #events: IndexedDbEvents;
  readonly #fallback: () => KeyValueStore;
  #database: Records | undefined;
  #instead: KeyValueStore | undefined;
  #worked = false;

  constructor(events: IndexedDbEvents, fallback: () => KeyValueStore) {
    this.#events = events;
    this.#fallback = fallback;
  }

  get(key: string): Promise<unknown> {
    return this.#call((records) => records.get(key));
  }

  set(key: string, value: unknown): Promise<void> {
    return this.#call((records) => records.set(key, value));
  }

  delete(key: string): Promise<void> {
    return this.#call((records) => records.delete(key));
  }

  /** Connects without being asked for anything. What fails then fails for the first call, too, which deals with it. */
  connect(): void {
    try {
      this.#open();
    } catch {
      // No IndexedDB: the first call finds out, and tells.
    }
  }

  async #call<T>(work: (records: Records) => Promise<T>): Promise<T> {
    if (this.#instead) return await work(this.#instead);
    try {
      return await this.#attempt(work).catch((error: unknown) => {
        // Once, with a new connection: what fails twice is no lost connection.
        if (!LOST.has(nameOf(error))) throw error;
        this.#database = undefined;
        return this.#attempt(work);
      });
    } catch (error) {
      // Storage that has never worked in this page will not; one that has is in trouble, which is not "signed out".
      if (this.#worked || nameOf(error) === "AbortError") throw error;
      return await work(this.#withoutStorage(error));
    }
  }

  #open(): Records {
    this.#database ??= openDatabase(() => {
      this.#database = undefined;
      this.#events.onLost();
    });
    return this.#database;
  }

  async #attempt<T>(work: (records: Records) => Promise<T>): Promise<T> {
    const result = await work(this.#open());
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

/** Connected while its user finds out what to ask for. */
export function connectIndexedDbStore(events: IndexedDbEvents): KeyValueStore {
  const store = new HealingStore(events, createMemoryStore);
  store.connect();
  return store;
}

/** Opens nothing yet; the first call does. `fallback` takes its place where the browser has no IndexedDB to give. */
export function openIndexedDbStore(events: IndexedDbEvents, fallback = createMemoryStore): KeyValueStore {
  return new HealingStore(events, fallback);
}
