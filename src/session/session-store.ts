/**
 * The stored session of one key. Every change is compare-and-set under a short lock (`record.KEY`, never held across a
 * request), so that neither a late refresh nor a process that was stopped can write over a newer state. Reading and
 * removing are here, so that nobody has to load anything to sign out; writing is in `session-writer.ts`.
 *
 * A write that the store refuses is kept here and tried again: what a provider granted once is not lost to a full disk.
 */
import type { ClientConfig } from "../options/config.js";
import { StorageError } from "../errors.js";
import type { Clock, OpenedStore, StorageTrouble } from "../ports.js";
import { boundStore, storageError } from "./bounded-store.js";
import { isNewerRecord, readRecord, sameSession, sameState } from "./session-record.js";
import type { SessionRecord } from "../token-set.js";

const RETRY_UNSAVED_MS = 5000;

/** What a store has refused to take. */
export interface Unsaved {
  /** `undefined` for a deletion that failed. */
  readonly record: SessionRecord | undefined;
  /** What the store held, and must still hold for the retry. */
  readonly over: SessionRecord | undefined;
  /** By the monotonic clock. */
  readonly since: number;
  /** Never rejects. */
  readonly retry: () => Promise<unknown>;
}

export class SessionStore {
  /** Under a time limit; failures are StorageError. */
  readonly raw: ReturnType<typeof boundStore>;
  unsaved: Unsaved | undefined;
  /** What this client wanted the store to hold, the last time it wrote or deleted. */
  #last: { readonly record: SessionRecord | undefined } | undefined;
  #lastTrouble: string | undefined;

  constructor(
    readonly key: string,
    readonly config: ClientConfig,
    private readonly opened: OpenedStore,
    private readonly clock: Clock,
    private readonly onTrouble: StorageTrouble,
  ) {
    this.raw = boundStore(opened.store, clock, config.storageTimeoutMs, (late) => {
      this.#mend(late).catch(() => {});
    });
  }

  /** See OpenedStore.fingerprint; constant where the platform has none. */
  fingerprint(): string | undefined {
    return this.opened.fingerprint?.(this.key);
  }

  /** Whether something waits to be written, and its time has come. */
  get retryDue(): boolean {
    return this.unsaved !== undefined && this.clock.monotonic() - this.unsaved.since >= RETRY_UNSAVED_MS;
  }

  /** The session as it is now. Rejects with StorageError where the store cannot be read: that is not "signed out". */
  async read(): Promise<SessionRecord | undefined> {
    let value: unknown;
    try {
      value = await this.raw.get(this.key);
    } catch (error) {
      if (this.unsaved === undefined) throw error;
      return this.unsaved.record;
    }
    const current = this.understand(value);
    if (this.retryDue) await this.unsaved?.retry();
    return current;
  }

  /**
   * Deletes the session if the store still holds `expected` ("any": whatever it holds). Rejects with StorageError where
   * the store fails; the session counts as deleted here all the same. `known` is what the store held when last read.
   */
  async remove(expected: SessionRecord | "any", known = expected === "any" ? undefined : expected): Promise<boolean> {
    let over = known;
    const removal = async (mayCompare: boolean) => {
      const value = mayCompare ? await this.raw.get(this.key) : undefined;
      const found = this.understand(value);
      if (expected !== "any" && !sameSession(found, expected)) return false;
      if (mayCompare) over = this.unsaved ? this.unsaved.over : found;
      if (!isNewerRecord(value)) await this.raw.delete(this.key);
      this.unsaved = undefined;
      this.#last = { record: undefined };
      return true;
    };
    try {
      return await this.locked(() => removal(true));
    } catch (error) {
      // The person asked for this: a store that cannot be read, or a lock held by a stopped process, must not keep them signed in.
      if (expected === "any" && (await removal(false).catch(() => false))) return true;
      this.keepUnsaved(undefined, over, () => this.remove(over ?? "any").catch(() => {}));
      throw storageError(error, "written");
    }
  }

  /** Alone among all that share the store, for the time of a comparison and a write. */
  locked<T>(work: () => Promise<T>): Promise<T> {
    return this.opened.lock.run(`record.${this.key}`, { timeoutMs: this.config.storageTimeoutMs }, work);
  }

  /** Holds to what could not be written; a later read tries again. */
  keepUnsaved(record: SessionRecord | undefined, over: SessionRecord | undefined, retry: Unsaved["retry"]): void {
    this.unsaved = { record, over, since: this.clock.monotonic(), retry };
    this.#last = { record };
  }

  /** What a value of the store means: what it says, or the unsaved state, while the store is as it was when the write failed. */
  understand(value: unknown): SessionRecord | undefined {
    const read = readRecord(value, this.config);
    const isTrouble = read instanceof StorageError;
    if (isTrouble) this.tell(read);
    const found = isTrouble ? undefined : read;
    if (this.unsaved === undefined) return found;
    if (sameState(found, this.unsaved.over)) return this.unsaved.record;
    this.unsaved = undefined;
    return found;
  }

  /** The store has taken a write: there is nothing left to try again, and the next trouble is news. */
  written(record: SessionRecord): void {
    this.unsaved = undefined;
    this.#last = { record };
    this.#lastTrouble = undefined;
  }

  /** Tells the program of trouble; the same in a row is told once, until something could be written again. */
  tell(error: StorageError): void {
    const trouble = `${error.kind} ${error.causeCode ?? ""}`;
    if (trouble === this.#lastTrouble) return;
    this.#lastTrouble = trouble;
    this.onTrouble(error);
  }

  /**
   * A write that was given up has landed after all: over a used-up refresh token's successor, or after a sign-out. What this
   * client wanted since then takes its place; what somebody else has written stays.
   */
  async #mend(late: unknown): Promise<void> {
    await this.locked(async () => {
      const landed = late as SessionRecord;
      const found = readRecord(await this.raw.get(this.key), this.config);
      if (this.#last === undefined || found instanceof StorageError || !sameState(found, landed)) return;
      const { record } = this.#last;
      if (record === undefined) await this.raw.delete(this.key);
      else if (!sameState(record, landed)) await this.raw.set(this.key, record);
    });
  }
}
