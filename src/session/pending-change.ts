/** A change of the stored record that the store has refused so far. */
import { StorageError, type StorageErrorKind } from "../errors.js";
import { accessTokenOf, type SessionRecord } from "../token-set.js";
import { sameSession, sameState } from "./record.js";
import type { SignOutMark } from "./sign-out-mark.js";

/** What a store holds: a record or none. */
export interface State {
  readonly record: SessionRecord | undefined;
  /** A change of this client has brought it, or may do so late. */
  readonly isOwn?: boolean;
}

/** Where nothing else tells what came first: a login whose client could not read the store. */
const obtainedAt = (record: SessionRecord | undefined): number => accessTokenOf(record)?.obtainedAt ?? 0;

export class PendingChange {
  #over: readonly State[] | undefined;

  /**
   * `next` is `undefined` for a deletion. `over` is what the store held then, and what else was refused before: a write that
   * was given up may land late. While the store holds one of them, nobody else has written, and `next` is the session.
   * `undefined` where the store was never read. `mark` is the id of a sign-out: what has begun after it is not deleted.
   */
  constructor(
    readonly next: SessionRecord | undefined,
    over: readonly State[] | undefined,
    readonly mark?: string,
    /** Sessions that this client has signed out of, as far as it knows: refreshed elsewhere they are over all the same. */
    private readonly ended: readonly string[] = [],
  ) {
    this.#over = over;
  }

  /** Whether nobody else has written, where the store holds `found`. */
  isOver(found: SessionRecord | undefined): boolean {
    const over = this.#over;
    if (this.mark !== undefined && found?.signOuts?.includes(this.mark)) return false;
    // What this client has never seen is not deleted: where the mark has landed it is void, and goes by that.
    if (over === undefined)
      return found === undefined || (this.next !== undefined && obtainedAt(found) < obtainedAt(this.next));
    if (found && this.ended.includes(found.id)) return true;
    // What a login began was not there to be deleted: the session before it was.
    if (found === undefined && this.next && over[0] && over[0].record?.id !== this.next.id) return true;
    return sameState(found, this.next) || over.some((state) => this.#isStill(state, found));
  }

  /**
   * Whether the store holds that state still. Somebody may have dropped its access token meanwhile: that is no reason to let
   * the newer refresh token go, or to keep a session that has ended.
   */
  #isStill({ record }: State, found: SessionRecord | undefined): boolean {
    if (sameState(found, record)) return true;
    // A sign-out ends the session also where somebody has refreshed it since.
    if (this.mark !== undefined) return found?.id === record?.id;
    if (found === undefined || !sameSession(found, record)) return false;
    const [theirs, ours] = [accessTokenOf(found), accessTokenOf(this.next)];
    return (
      theirs === undefined ||
      this.next?.refreshToken !== found.refreshToken ||
      theirs.obtainedAt < (ours?.obtainedAt ?? 0)
    );
  }

  /** The store has been seen to hold this: where it was never read before, that is what the change is over. */
  sees(record: SessionRecord | undefined): void {
    if (!this.isOver(record)) return;
    this.#over ??= [{ record }];
    const [first, ...later] = this.#over;
    const own = [...later.filter(({ isOwn }) => isOwn), { record: this.next }];
    const hasLanded = own.some((state) => sameState(state.record, record));
    // What was there before a change of ours has gone: where it is seen again, somebody else has brought it back.
    if (first && !first.isOwn && hasLanded && !sameState(first.record, record)) this.#over = later;
  }

  /**
   * The same, where a login could not know of a sign-out: with the mark that the store is first seen to hold since. Where
   * this client has not seen it before the login, only the clocks tell whether it came before.
   */
  named(mark: SignOutMark | undefined, wasKnown: boolean): PendingChange {
    const { next } = this;
    // Without an access token nothing tells when it was: the deletion of the sign-out does then.
    if (next === undefined || next.signOuts || accessTokenOf(next) === undefined) return this;
    const isBefore = mark !== undefined && (wasKnown || mark.at <= obtainedAt(next));
    return new PendingChange({ ...next, signOuts: isBefore ? [mark.id] : [] }, this.#over, this.mark, this.ended);
  }

  /** The same over one more state: a change from before this one, which was given up and may land yet. */
  alsoOver(record: SessionRecord | undefined): PendingChange {
    return new PendingChange(this.next, this.#over && [...this.#over, { record, isOwn: true }], this.mark, this.ended);
  }

  /** A further change, over this one. */
  followedBy(next: SessionRecord | undefined, mark?: string): PendingChange {
    const isSame = sameState(this.next, next);
    const over = this.#over && (isSame ? this.#over : [...this.#over, { record: this.next, isOwn: true }]);
    return new PendingChange(next, over, mark, this.#endedIds());
  }

  #endedIds(): readonly string[] {
    const ids = this.mark === undefined ? [] : (this.#over ?? []).map(({ record }) => record?.id);
    return [...this.ended, ...ids.filter((id) => id !== undefined)];
  }

  /** What the program hears where the store refuses the change to the end. */
  lost(kind: StorageErrorKind = "unavailable"): StorageError {
    const what = this.next
      ? "did not take the newest tokens before the client was closed. The next start may need a login."
      : "did not delete the session before the client was closed. Sign out again.";
    return new StorageError(kind, `The session store ${what}`, { retryable: false });
  }
}
