/**
 * The change of the stored record that the store has refused so far. It counts all the same, while nobody else has written,
 * and is tried again until it lands: what an authorization server granted once is not lost to a full disk, and what a
 * person signed out of does not come back.
 */
import type { StorageError } from "../errors.js";
import type { Clock, Log } from "../ports.js";
import { pause } from "../settle.js";
import type { SessionRecord } from "../token-set.js";
import { PendingChange, type State } from "./pending-change.js";
import { sameState } from "./record.js";
import type { SignOutMark } from "./sign-out-mark.js";
import type { StoredRecord } from "./stored-record.js";

const RETRY_MS = 5000;

export interface Refused {
  /** Whether the program hears of it. [true] */
  readonly tells?: boolean;
  /** The id of the mark, for the deletion of a sign-out. */
  readonly mark?: string | undefined;
  /** What the change is over: what the store held when it began. `undefined` where that is not known. */
  readonly base: State | undefined;
}

export class RefusedChanges {
  #pending: PendingChange | undefined;
  #retrying: Promise<void> | undefined;
  #cancelTimer = () => {};
  #lastTrouble: StorageError | undefined;
  #closed = false;
  #waiting: (() => void)[] = [];

  constructor(
    private readonly stored: StoredRecord,
    private readonly clock: Clock,
    private readonly onTrouble: (error: StorageError) => void,
    private readonly log: Log,
  ) {}

  /** Whether nothing will be tried again. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** The change that waits, where one does. */
  get pending(): PendingChange | undefined {
    return this.#pending;
  }

  /** What the session is: what the store holds, or the change that it refused, while nobody else has written. */
  currentOf(found: SessionRecord | undefined): SessionRecord | undefined {
    const current = this.#pending?.isOver(found) ? this.#pending.next : found;
    return this.stored.isVoid(current) ? undefined : current;
  }

  /** The store has refused this change. */
  keep(next: SessionRecord | undefined, error: StorageError, { tells = true, mark, base }: Refused): void {
    // What has landed will not do so late.
    const over = base && [{ record: base.record }];
    this.#pending = this.#pending?.followedBy(next, mark) ?? new PendingChange(next, over, mark);
    // Somebody else may have written since then: this one is over then, and what is refused next does not follow it.
    if (this.stored.held) this.holds(this.stored.held.record);
    this.log.debug(
      `the store refused ${next ? "the session" : "a deletion"}: ${error.causeCode ?? error.kind}; tried again later`,
    );
    if (tells) this.emit(error);
    this.#retryLater();
  }

  /** Deleted past the store's own lock: a write that was under way may land after it, so that it is looked at once more. */
  deletedAnyway(error: StorageError, refused: Refused): void {
    this.keep(undefined, error, refused);
    this.stored.landed(undefined);
  }

  /** The store holds this mark, or none. A login that waits and names none names it: a later sign-out must find it. */
  marked(mark: SignOutMark | undefined, wasKnown: boolean): void {
    this.#pending = this.#pending?.named(mark, wasKnown);
  }

  /** A change that was given up may land yet, over what waits. */
  mayLand(next: SessionRecord | undefined): void {
    this.#pending = this.#pending?.alsoOver(next);
  }

  /**
   * The store has taken a change, which knew of `seen`: there is nothing left to try again, and the next trouble is news. A
   * change that was refused meanwhile goes on waiting, while this one is what it is over.
   */
  landed(record: SessionRecord | undefined, seen: PendingChange | undefined): void {
    if (this.#pending !== seen) {
      this.stored.landed(record);
      this.holds(record);
      return;
    }
    this.log.debug(record ? "the session is stored" : "the stored session is deleted");
    // An older write may still land over it.
    const { held, mayWriteLate } = this.stored;
    const guard = () => seen?.followedBy(record) ?? new PendingChange(record, held && [held]);
    this.#pending = mayWriteLate ? guard() : undefined;
    this.#pending?.sees(record);
    this.stored.landed(record);
    this.#release();
    this.#lastTrouble = undefined;
    this.#cancelTimer();
  }

  /** The store has been seen to hold this. */
  holds(record: SessionRecord | undefined): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    pending.sees(record);
    const hasLanded = sameState(record, pending.next);
    const isSettled = hasLanded && !this.stored.mayWriteLate;
    if (isSettled || !pending.isOver(record)) this.#drop();
    else if (hasLanded) this.#release();
  }

  /** One more try of what was refused; one at a time, and `afterwards` another one after the one that runs. Never rejects. */
  retry(afterwards = false): Promise<void> {
    if (this.#retrying && afterwards) void this.#retrying.then(() => this.retry());
    this.#retrying ??= this.#tryAgain().finally(() => {
      this.#retrying = undefined;
      // What was refused while this one ran has joined it, and waits still.
      if (this.isRefused) this.#retryLater();
    });
    return this.#retrying;
  }

  /** Resolves when the store holds the last change, somebody else has written, or the client is closed. Never rejects. */
  async caughtUp(): Promise<void> {
    if (this.isRefused && !this.#closed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Tries again until it lands, for `longestMs` at the most. Never rejects. */
  async close(longestMs: number): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    const end = this.clock.monotonic() + longestMs;
    for (let pauseMs = 50; this.isRefused; pauseMs = Math.min(pauseMs * 2, 1000)) {
      await this.retry();
      if (!this.isRefused || this.clock.monotonic() + pauseMs > end) break;
      await pause(this.clock, pauseMs);
    }
    // Nobody tries again after this client: what is stored is of no use, or of use to somebody who signed out.
    if (this.#pending && this.isRefused && this.stored.held?.record)
      this.onTrouble(this.#pending.lost(this.#lastTrouble?.kind));
    this.#release();
  }

  /** Emits trouble; the same in a row once, until the store has taken a change again. */
  emit(error: StorageError): void {
    const last = this.#lastTrouble;
    if (last?.kind === error.kind && last.causeCode === error.causeCode) return;
    this.#lastTrouble = error;
    this.onTrouble(error);
  }

  /** Whether the store does not hold what it should, and may take it. */
  get isRefused(): boolean {
    const { isNewer, held } = this.stored;
    return this.#pending !== undefined && !isNewer && !sameState(this.#pending.next, held?.record);
  }

  #retryLater(): void {
    this.#cancelTimer();
    if (!this.#closed) this.#cancelTimer = this.clock.background(RETRY_MS, () => void this.retry());
  }

  #drop(): void {
    this.#pending = undefined;
    this.#release();
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #tryAgain(): Promise<void> {
    let pending = this.#pending;
    if (pending === undefined) return;
    try {
      await this.stored.readMark();
      pending = this.#pending;
      if (pending === undefined) return;
      if (this.stored.isVoid(pending.next)) return this.#drop();
      const { next } = pending;
      let isWritten = false;
      const isLast = await this.stored.update((found) => {
        // Not where somebody else has written, or this client has changed its mind.
        const isDue = this.#pending === pending && pending?.isOver(found) && !sameState(found, next);
        isWritten = isDue === true;
        if (!isDue) return undefined;
        return next ? { value: next } : { delete: true };
      });
      // Also where a newer change waits by now, which is over this one.
      if (isLast && (isWritten || this.#pending === pending)) this.landed(next, pending);
    } catch (error) {
      if (pending && this.#pending === pending)
        this.keep(pending.next, error as StorageError, { mark: pending.mark, base: undefined });
    }
  }
}
