/**
 * The mark of a sign-out: a small record beside the session's, with a random id and no token. It is written before the
 * session is deleted. A session names the marks that its login came after, so that whatever began before a sign-out is
 * void, whoever stores it and whenever that lands.
 */
import type { SessionRecord } from "../token-set.js";

/** So long a page that is loaded anew knows that its person has signed out: another tab may still be at the provider's logout page. */
const FRESH_MS = 15 * 60_000;
/** A mark is of no use to anybody after so long. */
export const MARK_LIFETIME_MS = 86_400_000;

export interface SignOutMark {
  readonly version: 1;
  readonly id: string;
  /** Wall time in milliseconds. Only for the sweep: what came first is never told by a clock. */
  readonly at: number;
  /** False where the tokens were deleted without a sign-out: whoever is asked for one may open a login again. */
  readonly isSignOut: boolean;
}

/** The name of the mark beside the session's record. */
export const markKey = (key: string): string => `${key}.out`;

export const createMark = (now: number, isSignOut = true): SignOutMark => ({
  version: 1,
  id: crypto.randomUUID(),
  at: now,
  isSignOut,
});

/** The mark that a stored value holds; `undefined` for none, and for what is none. */
export function readMark(value: unknown): SignOutMark | undefined {
  const mark = value as SignOutMark | null | undefined;
  return typeof mark?.id === "string" ? mark : undefined;
}

/** Whether the session's login began before the sign-out. One that names no marks was stored by a version without them. */
export function isVoid(record: SessionRecord | undefined, mark: SignOutMark | undefined): boolean {
  return mark !== undefined && Array.isArray(record?.signOuts) && !record.signOuts.includes(mark.id);
}

/** Older ones than the last few cannot land any more. */
const MOST = 4;

/** How many sign-outs a client knew of at some moment. */
export interface Moment {
  readonly own: number;
  /** `undefined` where the store could not be read then: those by others are not told from earlier ones. */
  readonly others: number | undefined;
  /** The marks of the last ones, the newest one last; `undefined` where the store had not been read. */
  readonly ids: readonly string[] | undefined;
}

/** The sign-outs that a client knows of: what began before one gives no token and opens no login. */
export class KnownSignOuts {
  #ids: readonly string[] | undefined;
  /** This client's own, from before it has read the store. */
  readonly #unread: string[] = [];
  #own = 0;
  #others = 0;
  #wasSignOut = false;
  #answers = 0;
  /** When the sign-out was whose mark the store held when it was first read. Wall time in milliseconds. */
  #foundAt: number | undefined;

  /** `named` are the marks that a session in memory names, where there is one. */
  constructor(named?: readonly string[]) {
    this.#ids = named;
  }

  now(): Moment & { readonly others: number } {
    return { own: this.#own, others: this.#others, ids: this.#ids };
  }

  /** Whether somebody has signed out since then, as far as this client has seen. */
  isSince({ own, others }: Moment): boolean {
    return own !== this.#own || (others ?? this.#others) !== this.#others;
  }

  /** Whether a sign-out is known that a login does not name, so that it began before. */
  isAfter(named: readonly string[] | undefined): boolean {
    const newest = this.#ids?.at(-1);
    return newest !== undefined && named?.includes(newest) === false;
  }

  /** How often the store has said which mark it holds. */
  get answers(): number {
    return this.#answers;
  }

  /** Whether the last one by others was a sign-out, and not only a deletion of the tokens. */
  get wasSignOut(): boolean {
    return this.#wasSignOut;
  }

  /** Whether somebody had signed out shortly before this client first read the store. */
  wasJustBefore(now: number): boolean {
    return this.#foundAt !== undefined && Math.abs(now - this.#foundAt) < FRESH_MS;
  }

  /** The store holds this mark, or none: one that has been swept takes nothing back. Gives whether it was known before. */
  sees(mark: SignOutMark | undefined): boolean {
    this.#answers += 1;
    if (this.#ids === undefined && mark?.isSignOut !== false) this.#foundAt = mark?.at;
    const isKnown = mark !== undefined && this.#ids?.includes(mark.id) === true;
    if (mark && this.#ids && !isKnown) {
      this.#others += 1;
      this.#wasSignOut = mark.isSignOut !== false;
    }
    this.#adds(mark?.id);
    return isKnown;
  }

  /** A session names these: they came before it, also where the mark of one lands late. */
  named(ids: readonly string[] | undefined): void {
    if (this.#ids === undefined || ids === undefined) return;
    const newest = this.#ids.at(-1);
    const known = newest === undefined ? 0 : ids.indexOf(newest) + 1;
    // One that does not name the newest is from before it.
    const isLater = newest === undefined || known > 0;
    const news = isLater ? ids.slice(known).filter((id) => !this.#ids?.includes(id)) : [];
    if (news.length === 0) return;
    this.#others += 1;
    this.#wasSignOut = true;
    for (const id of news) this.#adds(id);
  }

  /** This client ends the session. What it begins from now on comes after the mark, also where that lands late or never. */
  begins(mark: SignOutMark): void {
    this.#own += 1;
    // Alone it would say that there was no other one.
    if (this.#ids === undefined) this.#unread.push(mark.id);
    else this.#adds(mark.id);
  }

  #adds(id: string | undefined): void {
    const isFirst = this.#ids === undefined;
    const ids = this.#ids ?? this.#unread.splice(0);
    if (id === undefined) this.#ids = ids;
    // What the store holds when it is first read was there before this client's own.
    else if (isFirst && !ids.includes(id)) this.#ids = [id, ...ids].slice(-MOST);
    // What it holds is the newest, also where this client's own took its place for a moment.
    else this.#ids = [...ids.filter((one) => one !== id), id].slice(-MOST);
  }
}

/**
 * Whether what the store holds came after a sign-out that the login of `next` knows nothing of, so that `next` must not
 * take its place. `before` is the session that the store held when that login began.
 */
export function isAfterUnknown(found: SessionRecord | undefined, next: SessionRecord, before?: string): boolean {
  const newest = found?.signOuts?.at(-1);
  return newest !== undefined && found?.id !== before && next.signOuts?.includes(newest) === false;
}
