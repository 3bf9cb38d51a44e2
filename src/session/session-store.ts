/**
 * The stored session of one key. Every change is compare-and-set under a short lock (`record.KEY`, never held across a
 * request), so that neither a late refresh nor a process that was stopped can write over a newer state.
 *
 * A write that the store refuses is kept here and tried again: what a provider granted once is not lost to a full disk.
 */
import type { ClientConfig } from "../config.js";
import { StorageError } from "../errors.js";
import type { Clock, OpenedStore, StorageTrouble } from "../ports.js";
import { boundStore, storageError } from "./bounded-store.js";
import { isNewerRecord, readRecord, sameSession, sameState } from "./session-record.js";
import type { SessionRecord } from "./token-set.js";

const RETRY_UNSAVED_MS = 5000;

interface Unsaved {
  /** `undefined` for a deletion that failed. */
  readonly record: SessionRecord | undefined;
  /** What the store held, and must still hold for the retry. */
  readonly over: SessionRecord | undefined;
  readonly since: number;
}

/** What became of a compare-and-set, and what is current after it. */
export interface Replaced {
  readonly applied: boolean;
  readonly current: SessionRecord | undefined;
}

export class SessionStore {
  readonly #store: ReturnType<typeof boundStore>;
  #unsaved: Unsaved | undefined;
  /** What this client wanted the store to hold, the last time it wrote or deleted. */
  #last: { readonly record: SessionRecord | undefined } | undefined;
  #lastTrouble: string | undefined;

  constructor(
    private readonly key: string,
    private readonly config: ClientConfig,
    private readonly opened: OpenedStore,
    private readonly clock: Clock,
    private readonly onTrouble: StorageTrouble,
  ) {
    this.#store = boundStore(opened.store, clock, config.storageTimeoutMs, (late) => {
      this.#mend(late).catch(() => {});
    });
  }

  /** See OpenedStore.fingerprint; constant where the platform has none. */
  fingerprint(): string | undefined {
    return this.opened.fingerprint?.(this.key);
  }

  /** Whether something waits to be written, and its time has come. */
  get retryDue(): boolean {
    return this.#unsaved !== undefined && this.clock.monotonic() - this.#unsaved.since >= RETRY_UNSAVED_MS;
  }

  /** The session as it is now. Rejects with StorageError where the store cannot be read: that is not "signed out". */
  async read(): Promise<SessionRecord | undefined> {
    let value: unknown;
    try {
      value = await this.#store.get(this.key);
    } catch (error) {
      if (this.#unsaved === undefined) throw error;
      return this.#unsaved.record;
    }
    const current = this.#current(this.#understand(value));
    if (!this.retryDue || this.#unsaved === undefined) return current;
    const { record, over } = this.#unsaved;
    if (record === undefined) await this.remove("any").catch(() => {});
    else await this.replace(over, record);
    return record;
  }

  /**
   * Stores `next` if the store still holds `expected` ("any": whatever it holds). Never rejects: where the store fails,
   * `next` is current all the same, and the `storage` event tells.
   */
  async replace(expected: SessionRecord | undefined | "any", next: SessionRecord): Promise<Replaced> {
    let stored = expected === "any" ? undefined : expected;
    try {
      return await this.#locked(async () => {
        const value = await this.#store.get(this.key);
        const found = this.#current(this.#understand(value));
        stored = this.#unsaved ? this.#unsaved.over : found;
        if (expected !== "any" && !sameState(found, expected)) return { applied: false, current: found };
        if (isNewerRecord(value)) throw readRecord(value, this.config);
        await this.#store.set(this.key, next);
        this.#unsaved = undefined;
        this.#last = { record: next };
        this.#lastTrouble = undefined;
        return { applied: true, current: next };
      });
    } catch (error) {
      this.#unsaved = { record: next, over: stored, since: this.clock.monotonic() };
      this.#last = { record: next };
      this.tell(storageError(error, "written"));
      return { applied: true, current: next };
    }
  }

  /**
   * Deletes the session if the store still holds `expected` ("any": whatever it holds). Rejects with StorageError where
   * the store fails; the session counts as deleted here all the same.
   */
  async remove(expected: SessionRecord | "any"): Promise<boolean> {
    let stored = expected === "any" ? undefined : expected;
    const removal = async (mayCompare: boolean) => {
      const value = mayCompare ? await this.#store.get(this.key) : undefined;
      const found = this.#current(this.#understand(value));
      if (expected !== "any" && !sameSession(found, expected)) return false;
      if (mayCompare) stored = this.#unsaved ? this.#unsaved.over : found;
      if (!isNewerRecord(value)) await this.#store.delete(this.key);
      this.#unsaved = undefined;
      this.#last = { record: undefined };
      return true;
    };
    try {
      return await this.#locked(() => removal(true));
    } catch (error) {
      // The person asked for this: a store that cannot be read, or a lock held by a stopped process, must not keep them signed in.
      if (expected === "any" && (await removal(false).catch(() => false))) return true;
      this.#unsaved = { record: undefined, over: stored, since: this.clock.monotonic() };
      this.#last = { record: undefined };
      throw storageError(error, "written");
    }
  }

  /**
   * A write that was given up has landed after all: over a used-up refresh token's successor, or after a sign-out. What this
   * client wanted since then takes its place; what somebody else has written stays.
   */
  async #mend(late: unknown): Promise<void> {
    await this.#locked(async () => {
      const landed = late as SessionRecord;
      const found = readRecord(await this.#store.get(this.key), this.config);
      if (this.#last === undefined || found instanceof StorageError || !sameState(found, landed)) return;
      const { record } = this.#last;
      if (record === undefined) await this.#store.delete(this.key);
      else if (!sameState(record, landed)) await this.#store.set(this.key, record);
    });
  }

  #locked<T>(work: () => Promise<T>): Promise<T> {
    return this.opened.lock.run(`record.${this.key}`, { timeoutMs: this.config.storageTimeoutMs }, work);
  }

  /** What counts: the unsaved state, while the store is as it was when the write failed. */
  #current(found: SessionRecord | undefined): SessionRecord | undefined {
    if (this.#unsaved === undefined) return found;
    if (sameState(found, this.#unsaved.over)) return this.#unsaved.record;
    this.#unsaved = undefined;
    return found;
  }

  #understand(value: unknown): SessionRecord | undefined {
    const record = readRecord(value, this.config);
    if (!(record instanceof StorageError)) return record;
    this.tell(record);
    return undefined;
  }

  /** Tells the program of trouble; the same in a row is told once, until something could be written again. */
  tell(error: StorageError): void {
    const trouble = `${error.kind} ${error.causeCode ?? ""}`;
    if (trouble === this.#lastTrouble) return;
    this.#lastTrouble = trouble;
    this.onTrouble(error);
  }
}
