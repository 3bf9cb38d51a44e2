/**
 * IndexedDB as a page's store: a lost connection is made again once, and where the browser has no IndexedDB to give
 * (private windows, blocked storage), another store takes its place.
 */
import { systemClock } from "../clock.js";
import { StorageError } from "../errors.js";
import type { Change, RecordStore } from "../ports.js";
import { beforeDeadline, pause } from "../settle.js";
import { type Database, openDatabase } from "./indexeddb.js";

/** What a connection answers that the browser closed, or whose database went, without telling anybody. */
const LOST = new Set(["InvalidStateError", "NotFoundError", "UnknownError"]);

/** A browser that has not connected by then never does: seen after a crash of the profile, and in some private windows. */
const SILENT_MS = 2000;
const MOST_ATTEMPTS = 5;
const AGAIN_MS = 200;
const silent = () => new DOMException("no answer", "TimeoutError");

const nameOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "name" in error ? String(error.name) : "unknown";

export class IndexedDbRecords implements RecordStore {
  #database: Database | undefined;
  #instead: RecordStore | undefined;
  #worked = false;

  /**
   * `fallback` makes what takes IndexedDB's place where there is none; `onTrouble` is told then, once. `onLost` is called
   * when somebody deletes or replaces the database. `database` is a connection that has begun already.
   */
  constructor(
    private readonly fallback: () => RecordStore,
    private readonly onTrouble: (error: StorageError) => void,
    private readonly onLost: () => void,
    database?: Database,
  ) {
    this.#database = database;
  }

  read(key: string): Promise<unknown> {
    return this.#call((records) => records.read(key));
  }

  update(key: string, change: Change): Promise<void> {
    return this.#call((records) => records.update(key, change));
  }

  put(key: string, value: unknown): Promise<void> {
    return this.#call((records) => records.put(key, value));
  }

  delete(key: string): Promise<void> {
    return this.#call((records) => records.delete(key));
  }

  /** The database of the connection that was given has gone. */
  lose(): void {
    this.#database = undefined;
    this.onLost();
  }

  async #call<T>(work: (records: RecordStore) => Promise<T>): Promise<T> {
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

  async #attempt<T>(work: (records: RecordStore) => Promise<T>): Promise<T> {
    const result = await work(await this.#connect());
    this.#worked = true;
    return result;
  }

  async #connect(): Promise<Database> {
    for (let attempt = 1; ; attempt += 1) {
      this.#database ??= openDatabase(() => this.lose());
      const database = this.#database;
      try {
        // Only the connection is given so little time: a transaction may have to wait for those of other tabs.
        if (this.#worked) await database.opened;
        else await beforeDeadline(systemClock, SILENT_MS, silent, () => database.opened);
        return database;
      } catch (error) {
        if (nameOf(error) !== "AbortError" || attempt === MOST_ATTEMPTS) throw error;
        // The browser is just deleting the site's data: whoever listens has to hear what became of the record.
        if (this.#database === database) this.#database = undefined;
        await pause(systemClock, AGAIN_MS);
      }
    }
  }

  #withoutStorage(error: unknown): RecordStore {
    if (this.#instead === undefined) {
      this.#instead = this.fallback();
      const problem =
        "This browser gives no IndexedDB here (a private window, storage that is blocked or does not answer). " +
        "The session is in this tab alone and ends with it.";
      this.onTrouble(new StorageError("unavailable", problem, { causeCode: nameOf(error) }));
    }
    return this.#instead;
  }
}
