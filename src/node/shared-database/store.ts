/**
 * The session in the row of a shared database. Our own programs keep each other out by the session's locks; the Python tools
 * take none, so that each change compares with the row as it truly is, in one transaction, and begins anew where that has changed.
 */
import { isKeystoneAuthError, StorageError } from "../../errors.js";
import type { Change, Lock, LockHold, RecordStore } from "../../ports.js";
import { isObject, isSessionRecord } from "../../session/record-format.js";
import { markKey, type SignOutMark } from "../../session/sign-out-mark.js";
import { accessTokenOf } from "../../token-set.js";
import { type Row, sameRow, type SharedFile } from "./database.js";
import { heldByOthers } from "./database-error.js";
import { type Asking, deletedIn, deletedNotes, type Notes, notesKey, notesOn, readNotes, recordOf } from "./notes.js";
import { type Patience, patiently } from "./patience.js";
import { LastRefreshToken } from "./refresh-token.js";
import { nameOfRow, namesOfTokens, rowOf } from "./row-session.js";

/** A deletion without the lock comes after one that has waited its time: a person who signs out does not wait it twice. */
const BRIEFLY_MS = 500;
/** A row that others change again and again while it is read with its notes. */
const MOST_READS = 3;

export interface SharedRecordsOptions extends Asking, Patience {
  /** The name of the row's locks, notes and mark. */
  readonly key: string;
  readonly file: SharedFile;
  /** Where notes and mark are kept. */
  readonly beside: RecordStore;
  /** Makes the directory of those; where there is no row nothing is made. @throws StorageError */
  readonly prepare: () => void;
  readonly lock: Lock;
}

interface Found {
  readonly row: Row | undefined;
  /** `undefined` where the row is no session of this client. */
  readonly record: unknown;
}

/** A sign-out by a neighbour, which leaves no mark. */
interface Gone {
  readonly mark: SignOutMark;
  /** The mark that was stored then: a later one counts. */
  readonly over: unknown;
}

const NONE: Found = { row: undefined, record: undefined };

export class SharedRecords implements RecordStore {
  /** The notes on the row that was seen last, as JSON: nobody else's changes of a value reach it. */
  #last: string | undefined;
  readonly #refreshToken = new LastRefreshToken();
  /** Whether what was seen last could give a token, or be renewed. */
  #isServing = false;
  /** The deletion by one of ours that was known then. */
  #deleted: unknown;
  /** Why the row has gone that was seen before. */
  #gone: Promise<Gone | undefined> | undefined;
  #finding: Promise<Found> | undefined;

  constructor(private readonly options: SharedRecordsOptions) {}

  async read(key: string): Promise<unknown> {
    if (key === markKey(this.options.key)) return await this.#readMark();
    if (key !== this.options.key) return await this.options.beside.read(key);
    const finding = this.#patiently(() => this.#find());
    this.#finding = finding;
    try {
      return (await finding).record;
    } finally {
      if (this.#finding === finding) this.#finding = undefined;
    }
  }

  async update(key: string, change: Change): Promise<void> {
    const { beside, lock, timeoutMs, file } = this.options;
    if (key !== this.options.key) return await beside.update(key, change);
    try {
      // Asked anew after each wait: a call that was given up meanwhile changes nothing any more.
      const update = (hold: LockHold) => this.#patiently(() => this.#update(change, hold));
      await lock.run(`record.${key}`, { timeoutMs }, update);
    } catch (error) {
      throw isKeystoneAuthError(error) && error.code === "lock_timeout" ? heldByOthers(file.path) : error;
    }
  }

  /** The mark of a sign-out names the row that it ends: a program that dies before the deletion has ended it all the same. */
  async put(key: string, value: unknown): Promise<void> {
    const { beside, prepare } = this.options;
    if (key !== markKey(this.options.key)) return await beside.put(key, value);
    const row = this.#rowNow();
    if (row) prepare();
    await beside.put(key, {
      ...(value as SignOutMark),
      ...(row && { row: nameOfRow(row), tokens: namesOfTokens(row) }),
    });
  }

  async delete(key: string): Promise<void> {
    const { beside } = this.options;
    if (key !== this.options.key) return await beside.delete(key);
    await this.#patiently(async () => {
      for (;;) {
        const { row, record } = await this.#find();
        if (row === undefined || record === undefined || (await this.#replace(row, undefined))) return;
      }
    }, BRIEFLY_MS);
  }

  /** Rejects with Busy, and StorageError. */
  async #update(change: Change, hold: LockHold): Promise<void> {
    for (;;) {
      const { row, record } = await this.#find();
      const answer = change(record);
      if (answer === undefined) return;
      const value = "value" in answer ? answer.value : undefined;
      // Another provider's session, or one without the scopes asked, is not ours to end.
      if (value === undefined && record === undefined) return;
      // A process that was stopped for long may find that others went on without it.
      if (!hold.stillHeld()) throw heldByOthers(this.options.file.path);
      if (await this.#replace(row, value)) return;
    }
  }

  /** Whether the row still was that one. Notes first: whoever finds the new row finds them. Rejects with Busy, and StorageError. */
  async #replace(row: Row | undefined, value: unknown): Promise<boolean> {
    const { beside, key, file, session, wanted } = this.options;
    if (value !== undefined && !isSessionRecord(value, wanted)) throw noSession();
    const next = value && rowOf(value);
    const notes = value && next ? notesOn(value, next, session) : deletedNotes();
    // A session without its notes is one all the same.
    await beside.put(notesKey(key), notes).catch(() => {});
    if (!file.swap(row, next)) return false;
    this.#last = value && JSON.stringify(notes);
    this.#refreshToken.learn(next, next && nameOfRow(next));
    this.#isServing = next !== undefined;
    this.#deleted = this.#gone = undefined;
    return true;
  }

  /** The row with what it means. Rejects with Busy, and StorageError. */
  async #find(): Promise<Found> {
    const { beside, file, key } = this.options;
    for (let reads = 1; ; reads += 1) {
      const row = file.read();
      if (row === undefined) return await this.#none();
      const stored = await beside.read(notesKey(key)).catch(() => undefined);
      const known = [readNotes(stored), this.#lastNotes].filter((notes) => notes !== undefined);
      const isKnown = known.some((notes) => notes.row === nameOfRow(row));
      // The notes may be those of a row that is being written just now.
      if (!isKnown && reads < MOST_READS && !sameRow(row, file.read())) continue;
      this.#deleted = deletedIn(stored);
      const session = recordOf(row, known, this.options);
      const record = this.#refreshToken.completes(row, session, readNotes(stored), this.options.wanted);
      return { row, record: await this.#seen(row, record) };
    }
  }

  /** Remembers it. What a sign-out has ended without deleting it names no sign-outs, and so not that one. */
  async #seen(row: Row, record: unknown): Promise<unknown> {
    const { wanted, session } = this.options;
    this.#gone = undefined;
    const isSession = isSessionRecord(record, wanted);
    this.#isServing = isSession && (record.refreshToken !== undefined || accessTokenOf(record) !== undefined);
    this.#last = isSession ? JSON.stringify(notesOn(record, row, session)) : undefined;
    if (!isSession || record.signOuts !== undefined) return record;
    return (await this.#isMarked(row)) ? { ...record, signOuts: [] } : record;
  }

  /** A row that has gone is a sign-out, unless one of ours has deleted it: that one leaves a mark where it was one. */
  async #none(): Promise<Found> {
    // What could give no token was nobody's session: that it goes ends nothing.
    const last = this.#isServing ? this.#lastNotes : undefined;
    this.#last = undefined;
    this.#refreshToken.learn(undefined, undefined);
    if (last) this.#gone = this.#whyGone(last.row, this.#deleted);
    await this.#gone;
    return NONE;
  }

  async #whyGone(name: string, deleted: unknown): Promise<Gone | undefined> {
    const { beside, key, clock } = this.options;
    const notes = await beside.read(notesKey(key)).catch(() => undefined);
    const stored = await beside.read(markKey(key)).catch(() => undefined);
    const deletion = deletedIn(notes);
    const isOurs = deletion !== undefined && deletion !== deleted;
    if (isOurs || (isObject(stored) && stored.row === name)) return undefined;
    const mark = { version: 1, id: `gone-${name.slice(0, 32)}`, at: clock.now(), isSignOut: true } as const;
    return { mark, over: idOf(stored) };
  }

  /** After the read that runs beside it: the two tell of one state. */
  async #readMark(): Promise<unknown> {
    const { beside, key } = this.options;
    const finding = this.#finding ?? (this.#last === undefined ? undefined : this.#patiently(() => this.#find()));
    await finding?.catch(() => {});
    const mark = await beside.read(markKey(key));
    const gone = await this.#gone;
    if (gone && gone.over === idOf(mark)) return gone.mark;
    if (!isObject(mark)) return mark;
    const { row: _row, tokens: _tokens, ...rest } = mark;
    return rest;
  }

  /** Whether the mark of a sign-out names a token of that row. */
  async #isMarked(row: Row): Promise<boolean> {
    const { beside, key } = this.options;
    const mark = await beside.read(markKey(key)).catch(() => undefined);
    const ended: unknown = isObject(mark) ? mark.tokens : undefined;
    return Array.isArray(ended) && namesOfTokens(row).some((each) => ended.includes(each));
  }

  get #lastNotes(): Notes | undefined {
    return this.#last === undefined ? undefined : (JSON.parse(this.#last) as Notes);
  }

  #rowNow(): Row | undefined {
    try {
      return this.options.file.read();
    } catch {
      return undefined;
    }
  }

  #patiently<T>(work: () => Promise<T>, longestMs = this.options.timeoutMs): Promise<T> {
    const { file, clock, timeoutMs } = this.options;
    return patiently(file, { clock, timeoutMs: Math.min(timeoutMs, longestMs) }, work);
  }
}

const idOf = (mark: unknown) => (isObject(mark) ? mark.id : undefined);

const noSession = () =>
  new StorageError("unavailable", "A shared database holds sessions of this client alone.", { retryable: false });
