/** A change of the stored record that the store has refused so far. */
import { StorageError, type StorageErrorKind } from "../errors.js";
import { accessTokenOf, type SessionRecord } from "../token-set.js";
import { sameSession, sameState } from "./record.js";

/** What a store holds: a record or none. */
export interface State {
  readonly record: SessionRecord | undefined;
}

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
  ) {
    this.#over = over;
  }

  /** Whether nobody else has written, where the store holds `found`. */
  isOver(found: SessionRecord | undefined): boolean {
    const over = this.#over;
    if (this.mark !== undefined && found?.signOuts?.includes(this.mark)) return false;
    // What nobody has ever seen is not deleted, unless the mark in the store makes it void.
    if (over === undefined && this.next === undefined) return this.mark !== undefined && found?.signOuts !== undefined;
    return over === undefined || sameState(found, this.next) || over.some((state) => this.#isStill(state, found));
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
    this.#over ??= [{ record }];
  }

  /** A further change, over this one. */
  followedBy(next: SessionRecord | undefined, mark?: string): PendingChange {
    const isSame = sameState(this.next, next);
    return new PendingChange(next, this.#over && (isSame ? this.#over : [...this.#over, { record: this.next }]), mark);
  }

  /** What the program hears where the store refuses the change to the end. */
  lost(kind: StorageErrorKind = "unavailable"): StorageError {
    const what = this.next
      ? "did not take the newest tokens before the client was closed. The next start may need a login."
      : "did not delete the session before the client was closed. Sign out again.";
    return new StorageError(kind, `The session store ${what}`, { retryable: false });
  }
}
