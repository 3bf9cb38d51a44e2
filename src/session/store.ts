/**
 * The stored session: read, replace, remove, and the mark of a sign-out. Every change compares with what the store truly
 * holds, in the same step, so that neither a late refresh nor a process that was stopped writes over a newer state.
 */
import type { StorageError } from "../errors.js";
import type { ClientConfig } from "../options/config.js";
import type { Clock, RecordStore } from "../ports.js";
import { accessTokenOf, type SessionRecord } from "../token-set.js";
import { sameSession, sameState, withSignOutsOf } from "./record.js";
import type { State } from "./pending-change.js";
import { type Refused, RefusedChanges } from "./refused-changes.js";
import { isAfterUnknown, type KnownSignOuts, type SignOutMark } from "./sign-out-mark.js";
import { StoredRecord } from "./stored-record.js";

const MOST_ATTEMPTS = 5;
const nothing = () => undefined;

/** What became of a replacement, and what the session is after it. */
export interface Replaced {
  readonly applied: boolean;
  readonly current: SessionRecord | undefined;
}

/** What was deleted, and what the store said to that. */
export interface Forgotten {
  readonly record: SessionRecord | undefined;
  readonly error: StorageError | undefined;
  /** Whether something was deleted that could not be understood: `record` is not known then. */
  readonly isUnread?: boolean;
}

type Found = SessionRecord | undefined;
type Applies = (current: Found, found: Found, isUnread?: boolean) => boolean;

const nobodys = (_record: SessionRecord | undefined): boolean => false;
const succeeds = (work: Promise<void>): Promise<boolean> => work.then(() => true).catch(() => false);

export class SessionStore {
  readonly #stored: StoredRecord;
  readonly #refused: RefusedChanges;

  constructor(
    key: string,
    store: RecordStore,
    private readonly config: ClientConfig,
    clock: Clock,
    onTrouble: (error: StorageError) => void,
    signOuts: KnownSignOuts,
  ) {
    this.#stored = new StoredRecord(key, store, config, clock, {
      held: (record) => {
        signOuts.named(record?.signOuts);
        this.#refused.holds(record);
      },
      mark: (mark) => this.#refused.marked(mark, signOuts.sees(mark)),
      corrupt: (error) => this.emit(error),
      late: () => void this.#refused.retry(true),
    });
    this.#refused = new RefusedChanges(this.#stored, clock, onTrouble, config.log);
  }

  get isInTrouble(): boolean {
    return this.#stored.isInTrouble;
  }

  get hasHung(): boolean {
    return this.#stored.hasHung;
  }

  /** Whether the store does not yet hold the last change: others find an older state meanwhile. */
  get isBehind(): boolean {
    return this.#refused.isRefused && !this.#refused.isClosed;
  }

  /** Whether the store holds this very refresh token, so that others may send it. */
  isStored(refreshToken: string): boolean {
    return this.#stored.held?.record?.refreshToken === refreshToken;
  }

  /** Resolves when the store holds the last change, somebody else has written, or the client is closed. */
  caughtUp(): Promise<void> {
    return this.#refused.caughtUp();
  }

  /** Emits trouble; the same in a row once, until the store has taken a change again. */
  readonly emit = (error: StorageError): void => this.#refused.emit(error);

  /** The session as it is now. Rejects with StorageError where the store cannot be read: that is not "signed out". */
  async read(isEnding = false): Promise<SessionRecord | undefined> {
    let found: Found;
    try {
      found = await this.#stored.read(isEnding);
    } catch (error) {
      const { pending } = this.#refused;
      // A sign-out's mark may have been read all the same. And a refresh token that others can read they may have used by now.
      const isOthers = pending?.next?.refreshToken !== undefined && this.isStored(pending.next.refreshToken);
      if (pending === undefined || isOthers || this.#stored.isVoid(pending.next)) throw error;
      return pending.next;
    }
    if (this.#refused.pending) void this.#refused.retry();
    return this.#refused.currentOf(found);
  }

  /** Reads the mark of the last sign-out. False where the store does not answer: nobody is then known to have signed out. */
  async readMark(): Promise<boolean> {
    return !this.hasHung && (await succeeds(this.#stored.readMark()));
  }

  /** Whether a sign-out has ended this session, as far as its mark was read. */
  isVoid(record: SessionRecord): boolean {
    return this.#stored.isVoid(record);
  }

  /** Stores `next` if the session still is `expected`. Never rejects: a refused write is tried again. */
  replace(expected: SessionRecord | undefined, next: SessionRecord): Promise<Replaced> {
    return this.#put(next, (current) => sameState(current, expected));
  }

  /**
   * Stores what a refresh makes of the session that it has sent, also where somebody has dropped or replaced the access token
   * since: a new refresh token is not let go for that. Never rejects.
   */
  async refresh(sent: SessionRecord, make: (base: SessionRecord) => SessionRecord): Promise<Replaced> {
    for (let base = sent, attempt = 1; ; attempt += 1) {
      const next = make(base);
      const replaced = await this.replace(base, next);
      const { applied, current } = replaced;
      if (applied || !current || !sameSession(current, sent) || attempt === MOST_ATTEMPTS) return replaced;
      const isOlder = (accessTokenOf(current)?.obtainedAt ?? 0) < (accessTokenOf(next)?.obtainedAt ?? 0);
      if (next.refreshToken === sent.refreshToken && !isOlder) return replaced;
      base = current;
    }
  }

  /**
   * Stores the session that a login has begun, whatever was there, but for one that came after a sign-out of which this
   * login knows nothing, and not where it `isOver` by now. `before` is the session that was there when it began. Never rejects.
   */
  begin(next: SessionRecord, before?: string, isOver: () => boolean = () => false): Promise<Replaced> {
    // The store may have taken it late, and another call of this client have refreshed it by now.
    const isOvertaken: Applies = (current) => next.id !== before && current?.id === next.id;
    const applies: Applies = (...states) =>
      !isOver() && !isOvertaken(...states) && !isAfterUnknown(states[1], next, before);
    // Refused, it stays behind a login of somebody else since it began, and goes over what this client itself has stored.
    return this.#put(next, applies, (begun, held) => (held?.isOwn ? held : begun));
  }

  /**
   * Deletes the session if it still is `expected`. Rejects with StorageError where the store refuses; the session counts as
   * deleted here all the same, and the deletion is tried again.
   */
  remove(expected: SessionRecord): Promise<boolean> {
    // Not where a newer session of this client waits to be stored: only that would be lost.
    return this.#remove((current, found) => sameSession(current ?? found, expected));
  }

  /** Deletes the session, and gives what it was: `held` where the store cannot be read. Not what began after the mark, nor what `isAnothers`. Never rejects. */
  async forget(held: SessionRecord | undefined, mark: SignOutMark, isAnothers = nobodys): Promise<Forgotten> {
    // What will be revoked is read first; a store that cannot be read is deleted all the same, and nobody knows of what.
    const reading = await this.read(true).then((found) => ({ found }), nothing);
    // What an earlier sign-out has ended may have tokens that it could not read.
    let [record, hasUnread] = [reading ? (reading.found ?? this.#stored.held?.record) : held, reading === undefined];
    if (isAnothers(record)) return { record: undefined, error: undefined };
    const mayMark = !this.#stored.isNewer;
    const isMarked = mayMark && !this.hasHung && (await succeeds(this.#stored.writeMark(mark)));
    let isSeen = false;
    const isBefore: Applies = (_current, found, isUnread = false) => {
      [hasUnread, isSeen] = [isUnread, true];
      if (found?.signOuts?.includes(mark.id) || isAnothers(found)) return false;
      record ??= found;
      return true;
    };
    const asked = { tells: false, mark: mark.id, known: record };
    const error = await this.#remove(isBefore, asked).then(nothing, (fault: StorageError) => fault);
    // Once more, while the person waits. Later it would end a session that somebody has begun since.
    if (mayMark && !isMarked) await succeeds(this.#stored.writeMark(mark));
    return { record, error, isUnread: hasUnread && record === undefined && (isSeen || !error) };
  }

  /** Tries a refused change again until it lands, for `storageTimeoutSeconds` at the most. Never rejects. */
  close(): Promise<void> {
    return this.#refused.close(this.config.storageTimeoutMs);
  }

  /** `refusedOver` says what a refused change goes over: by what the store held when it began, and what it holds by now. */
  async #put(
    given: SessionRecord,
    applies: Applies,
    refusedOver = (begun: State | undefined, held: State | undefined) => held ?? begun,
  ): Promise<Replaced> {
    let result: Replaced | undefined;
    let next = given;
    let [begun, pending] = [this.#stored.held, this.#refused.pending];
    const judge = (found: SessionRecord | undefined) => {
      const current = this.#refused.currentOf(found);
      const applied = applies(current, found);
      // A login that waits for the store may have learnt of sign-outs since this was made of it.
      next = withSignOutsOf(this.#refused.pending?.next, given);
      return (result = { applied, current: applied ? next : current });
    };
    try {
      const isLast = await this.#stored.update((found) => {
        begun = { record: found };
        pending = this.#refused.pending;
        return judge(found).applied ? { value: next } : undefined;
      });
      if (result?.applied && isLast) this.#refused.landed(next, pending);
    } catch (error) {
      // By what the store is known to hold, which may be more than this write has found; after a sign-out that is nothing.
      // Another change of this client may have been refused meanwhile: it is asked again whether this one still applies.
      const { held } = this.#stored;
      result = held ? judge(held.record) : { applied: true, current: next };
      if (result.applied) this.#refused.keep(next, error as StorageError, { base: refusedOver(begun, held) });
      else this.#refused.mayLand(next);
    }
    return result ?? { applied: false, current: undefined };
  }

  /** `asked` where a person has asked for it. */
  async #remove(applies: Applies, asked?: Omit<Refused, "base"> & { readonly known: Found }): Promise<boolean> {
    let [applied, isLast] = [true, false];
    let { pending } = this.#refused;
    try {
      isLast = await this.#stored.update((found, isUnread) => {
        pending = this.#refused.pending;
        applied = applies(this.#refused.currentOf(found), found, isUnread);
        return applied ? { delete: true } : undefined;
      });
    } catch (error) {
      const fault = error as StorageError;
      if (fault.kind === "version") throw error;
      const { held } = this.#stored;
      if (!asked && held && !applies(this.#refused.currentOf(held.record), held.record)) {
        this.#refused.mayLand(undefined);
        return false;
      }
      const refused = { ...asked, base: held ?? (asked?.known && { record: asked.known }) };
      // A person asked for it: neither a record that cannot be read nor the lock of a stopped process keeps them signed in.
      if (asked && (await succeeds(this.#stored.delete()))) {
        this.#refused.deletedAnyway(fault, refused);
        return true;
      }
      this.#refused.keep(undefined, fault, { tells: false, ...refused });
      throw error;
    }
    if (applied && isLast) this.#refused.landed(undefined, pending);
    return applied;
  }
}
