/**
 * The stored record of one session: read, replace, remove. Every change compares with what the store truly holds, in the
 * same step, so that neither a late refresh nor a process that was stopped writes over a newer state.
 *
 * A change that the store refuses counts all the same and is tried again until it lands: what an authorization server
 * granted once is not lost to a full disk, and what a person signed out of does not come back.
 */
import { StorageError } from "../errors.js";
import type { ClientConfig } from "../options/config.js";
import type { Change, Clock, RecordStore } from "../ports.js";
import { pause } from "../settle.js";
import type { SessionRecord } from "../token-set.js";
import { BoundedStore } from "./bounded-store.js";
import { PendingChange, type State } from "./pending-change.js";
import { decodeRecord, sameSession, sameState } from "./record.js";

const RETRY_MS = 5000;

/** What became of a replacement, and what the session is after it. */
export interface Replaced {
  readonly applied: boolean;
  readonly current: SessionRecord | undefined;
}

/** What was deleted, and what the store said to that. */
export interface Forgotten {
  readonly record: SessionRecord | undefined;
  readonly error: StorageError | undefined;
}

export class SessionStore {
  readonly #key: string;
  readonly #store: BoundedStore;
  #pending: PendingChange | undefined;
  #retrying: Promise<void> | undefined;
  #cancelTimer = () => {};
  /** What the store held when it was last read or written with success. Never what was only meant to be written. */
  #held: State | undefined;
  #lastTrouble: StorageError | undefined;
  #isNewer = false;
  #isClosed = false;

  constructor(
    key: string,
    store: RecordStore,
    private readonly config: ClientConfig,
    private readonly clock: Clock,
    private readonly onTrouble: (error: StorageError) => void,
  ) {
    this.#key = key;
    this.#store = new BoundedStore(store, clock, config.storageTimeoutMs, () => void this.#retry(true));
  }

  get isInTrouble(): boolean {
    return this.#store.isInTrouble;
  }

  get hasHung(): boolean {
    return this.#store.hasHung;
  }

  /** The session as it is now. Rejects with StorageError where the store cannot be read: that is not "signed out". */
  async read(): Promise<SessionRecord | undefined> {
    let value: unknown;
    try {
      value = await this.#store.read(this.#key);
    } catch (error) {
      if (this.#pending === undefined) throw error;
      return this.#pending.next;
    }
    const found = this.#decode(value);
    if (this.#pending) void this.#retry();
    return this.#currentOf(found);
  }

  /** Stores `next` if the session still is `expected` ("any": whatever it is). Never rejects: a refused write is tried again. */
  async replace(expected: SessionRecord | undefined | "any", next: SessionRecord): Promise<Replaced> {
    let result: Replaced | undefined;
    const judge = (found: SessionRecord | undefined) => {
      const current = this.#currentOf(found);
      const applied = expected === "any" || sameState(current, expected);
      return (result = { applied, current: applied ? next : current });
    };
    try {
      await this.#update((found) => (judge(found).applied ? { value: next } : undefined));
      if (result?.applied) this.#landed(next);
    } catch (error) {
      // Where the store did not even say what it holds, that is what it held last: after a sign-out nothing.
      result ??= this.#held ? judge(this.#held.record) : { applied: true, current: next };
      if (result.applied) this.#keep(next, error as StorageError);
    }
    return result ?? { applied: false, current: undefined };
  }

  /**
   * Deletes the session if it still is `expected` ("any": whatever it is). Rejects with StorageError where the store
   * refuses; the session counts as deleted here all the same, and the deletion is tried again.
   */
  async remove(expected: SessionRecord | "any"): Promise<boolean> {
    let applies = true;
    try {
      await this.#update((found) => {
        applies = expected === "any" || sameSession(this.#currentOf(found), expected);
        return applies ? { delete: true } : undefined;
      });
    } catch (error) {
      if (error instanceof StorageError && error.kind === "version") throw error;
      // A person asked for it: neither a record that cannot be read nor the lock of a stopped process keeps them signed in.
      const isDone =
        expected === "any" &&
        (await this.#store.delete(this.#key).then(
          () => true,
          () => false,
        ));
      if (!isDone) this.#keep(undefined, error as StorageError, false);
      if (!isDone) throw error;
    }
    if (applies) this.#landed(undefined);
    return applies;
  }

  /** Deletes the session whatever it is, and gives what it was: `held` where the store cannot be read. Never rejects. */
  async forget(held: SessionRecord | undefined): Promise<Forgotten> {
    // What will be revoked is read before it is deleted; a store that cannot be read is deleted all the same.
    const record = await this.read().catch(() => held);
    const removing = this.remove("any").then(() => undefined);
    return { record, error: await removing.catch((fault: StorageError) => fault) };
  }

  /** Tries a refused change again until it lands, for `storageTimeoutSeconds` at the most. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer();
    const end = this.clock.monotonic() + this.config.storageTimeoutMs;
    for (let pauseMs = 50; this.#isRefused; pauseMs = Math.min(pauseMs * 2, 1000)) {
      await this.#retry();
      if (!this.#isRefused || this.clock.monotonic() + pauseMs > end) break;
      await pause(this.clock, pauseMs);
    }
    // Nobody tries again after this client: what is stored is of no use, or of use to somebody who signed out.
    if (this.#pending && this.#isRefused && this.#held?.record)
      this.onTrouble(this.#pending.lost(this.#lastTrouble?.kind));
  }

  /** Whether the store does not hold what it should, and may take it. */
  get #isRefused(): boolean {
    return this.#pending !== undefined && !this.#isNewer && !sameState(this.#pending.next, this.#held?.record);
  }

  /** Emits trouble; the same in a row once, until the store has taken a change again. */
  emit(error: StorageError): void {
    const last = this.#lastTrouble;
    if (last?.kind === error.kind && last.causeCode === error.causeCode) return;
    this.#lastTrouble = error;
    this.onTrouble(error);
  }

  /** One step of the store, on records alone; a newer version's is never changed. */
  async #update(change: (found: SessionRecord | undefined) => ReturnType<Change>): Promise<void> {
    let newer: StorageError | undefined;
    let found: State | undefined;
    try {
      await this.#store.update(this.#key, (value) => {
        const decoded = decodeRecord(value, this.config);
        newer = decoded instanceof StorageError && decoded.kind === "version" ? decoded : undefined;
        found = { record: decoded instanceof StorageError ? undefined : decoded };
        return newer ? undefined : change(found.record);
      });
    } finally {
      // Also where the write was refused: what it would have replaced is not news afterwards.
      if (found && !newer) this.#holds(found.record);
    }
    this.#isNewer = newer !== undefined;
    if (newer) throw newer;
  }

  /** The record that a value of the store holds: what is truly there. */
  #decode(value: unknown): SessionRecord | undefined {
    const decoded = decodeRecord(value, this.config);
    if (decoded instanceof StorageError) this.emit(decoded);
    const record = decoded instanceof StorageError ? undefined : decoded;
    this.#holds(record);
    return record;
  }

  /** What the session is: what the store holds, or the change that it refused, while nobody else has written. */
  #currentOf(found: SessionRecord | undefined): SessionRecord | undefined {
    return this.#pending?.isOver(found) ? this.#pending.next : found;
  }

  /** The store has been seen to hold this. */
  #holds(record: SessionRecord | undefined): void {
    this.#held = { record };
    const pending = this.#pending;
    if (pending === undefined) return;
    pending.sees(record);
    const hasLanded = sameState(record, pending.next) && !this.#store.mayWriteLate;
    if (hasLanded || !pending.isOver(record)) this.#pending = undefined;
  }

  #keep(next: SessionRecord | undefined, error: StorageError, tells = true): void {
    this.#pending = this.#pendingFor(next);
    if (tells) this.emit(error);
    this.#cancelTimer();
    if (!this.#isClosed) this.#cancelTimer = this.clock.background(RETRY_MS, () => void this.#retry());
  }

  #pendingFor(next: SessionRecord | undefined): PendingChange {
    return this.#pending?.followedBy(next) ?? new PendingChange(next, this.#held && [this.#held]);
  }

  /** One more try of what was refused; one at a time, and `afterwards` another one after the one that runs. Never rejects. */
  #retry(afterwards = false): Promise<void> {
    if (this.#retrying && afterwards) void this.#retrying.then(() => this.#retry());
    this.#retrying ??= this.#tryAgain().finally(() => {
      this.#retrying = undefined;
    });
    return this.#retrying;
  }

  async #tryAgain(): Promise<void> {
    const pending = this.#pending;
    if (pending === undefined) return;
    try {
      await this.#update((found) => {
        // Not where somebody else has written, or this client has changed its mind.
        const isDue = this.#pending === pending && pending.isOver(found) && !sameState(found, pending.next);
        if (!isDue) return undefined;
        return pending.next ? { value: pending.next } : { delete: true };
      });
      if (this.#pending === pending) this.#landed(pending.next);
    } catch (error) {
      if (this.#pending === pending) this.#keep(pending.next, error as StorageError);
    }
  }

  /** The store has taken a change: there is nothing left to try again, and the next trouble is news. */
  #landed(record: SessionRecord | undefined): void {
    // An older write may still land over it.
    this.#pending = this.#store.mayWriteLate ? this.#pendingFor(record) : undefined;
    this.#held = { record };
    this.#lastTrouble = undefined;
    this.#cancelTimer();
  }
}
