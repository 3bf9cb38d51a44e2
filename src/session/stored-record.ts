/** The record of one session in its store, decoded, and the mark of the last sign-out beside it. What it holds is known from reads and writes. */
import { StorageError } from "../errors.js";
import type { ClientConfig } from "../options/config.js";
import type { Change, Clock, RecordStore } from "../ports.js";
import type { SessionRecord } from "../token-set.js";
import { BoundedStore } from "./bounded-store.js";
import type { State } from "./pending-change.js";
import { decodeRecord, sameState } from "./record.js";
import { isVoid, MARK_LIFETIME_MS, markKey, readMark, type SignOutMark } from "./sign-out-mark.js";

/** A record that somebody changes again and again while it is read with its mark. */
const MOST_READS = 10;

/** A change under way: what it has found, and whether something else was seen since. */
interface Step {
  found: State | undefined;
  isOvertaken: boolean;
}

export class StoredRecord {
  readonly #store: BoundedStore;
  #held: State | undefined;
  #mark: SignOutMark | undefined;
  #isNewer = false;
  /** Reads of the mark, in the order in which they began. */
  #asked = 0;
  #answered = 0;
  readonly #seen = new Set<string>();
  /** Changes that this client has made, or was refused. */
  #changes = 0;
  /** How often it became known what the store holds. */
  #news = 0;
  /** The changes that the store has begun and not yet answered. */
  readonly #steps = new Set<Step>();

  /** `onHeld` is told what the store truly holds, `onMark` the mark that it holds, `onLate` that a write which was given up has landed. */
  constructor(
    private readonly key: string,
    store: RecordStore,
    private readonly config: ClientConfig,
    private readonly clock: Clock,
    private readonly on: {
      readonly held: (record: SessionRecord | undefined) => void;
      readonly mark: (mark: SignOutMark | undefined) => void;
      readonly corrupt: (error: StorageError) => void;
      readonly late: () => void;
    },
  ) {
    this.#store = new BoundedStore(store, clock, config.storageTimeoutMs, on.late);
  }

  /** What the store held when it was last read or written with success. Never what was only meant to be written. */
  get held(): State | undefined {
    return this.#held;
  }

  /** Whether a newer version of this library wrote the record: it is never changed. */
  get isNewer(): boolean {
    return this.#isNewer;
  }

  get isInTrouble(): boolean {
    return this.#store.isInTrouble;
  }

  get hasHung(): boolean {
    return this.#store.hasHung;
  }

  get mayWriteLate(): boolean {
    return this.#store.mayWriteLate;
  }

  /** Whether a sign-out has ended the session of this record, as far as its mark was seen. */
  isVoid(record: SessionRecord | undefined): boolean {
    return isVoid(record, this.#mark);
  }

  /** The record as it is; one that a sign-out has ended, too. `isEnding`: to be deleted. Rejects with StorageError. */
  async read(isEnding = false): Promise<SessionRecord | undefined> {
    let before: SessionRecord | undefined;
    for (let reads = 1; ; reads += 1) {
      const [changes, news] = [this.#changes, this.#news];
      // Where one fails the other is waited for all the same: it may tell of a sign-out.
      const [reading, marking] = await Promise.allSettled([this.#store.read(this.key, isEnding), this.readMark()]);
      if (reading.status === "rejected") throw reading.reason;
      const decoded = decodeRecord(reading.value, this.config);
      if (decoded instanceof StorageError) this.on.corrupt(decoded);
      this.#isNewer = decoded instanceof StorageError && decoded.kind === "version";
      const record = decoded instanceof StorageError ? undefined : decoded;
      // The two are read side by side: a session that began after the mark may not have been there yet. And what a change here
      // has overtaken is no news; nor may be what another read, side by side with this one, contradicts.
      const isContradicted = news !== this.#news && !sameState(record, this.#held?.record);
      const isOld = changes !== this.#changes || isContradicted;
      const isSure = !this.isVoid(record) || (reads > 1 && sameState(record, before));
      if (marking.status === "rejected") {
        if (!isOld || this.#held === undefined) this.#holds(record);
        throw marking.reason;
      }
      // An old answer is better than none: a sign-out deletes what this client has seen.
      if (isOld && this.#held === undefined) this.#holds(record);
      if ((isOld || !isSure) && reads < MOST_READS) {
        before = record;
        continue;
      }
      if (!isOld) this.#holds(record);
      this.#tidy(record);
      return record;
    }
  }

  /** Reads the mark alone. Rejects with StorageError. */
  async readMark(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    const mark = readMark(await this.#store.read(markKey(this.key)));
    // An answer that a later one has overtaken takes nothing back; a mark that was never seen is news whenever it comes.
    if (asked > this.#answered || (mark && !this.#seen.has(mark.id))) this.#sees(mark, asked);
  }

  /**
   * One step of the store, on records alone; a newer version's is never changed. Gives whether nothing else is known of the
   * record since the step: where the store answers late it may have been read with what came after it. `change` hears whether
   * something is there that cannot be understood. Rejects with StorageError.
   */
  async update(change: (found: SessionRecord | undefined, isUnread: boolean) => ReturnType<Change>): Promise<boolean> {
    let newer: StorageError | undefined;
    const step: Step = { found: undefined, isOvertaken: false };
    this.#changes += 1;
    this.#steps.add(step);
    try {
      await this.#store.update(this.key, (value, isUnread = false) => {
        const decoded = decodeRecord(value, this.config);
        newer = decoded instanceof StorageError && decoded.kind === "version" ? decoded : undefined;
        step.found = { record: decoded instanceof StorageError ? undefined : decoded };
        return newer ? undefined : change(step.found.record, isUnread || decoded instanceof StorageError);
      });
    } finally {
      this.#changes += 1;
      this.#steps.delete(step);
      // Also where the write was refused: what it would have replaced is not news afterwards.
      if (step.found && !newer && !step.isOvertaken) this.#holds(step.found.record);
    }
    this.#isNewer = newer !== undefined;
    if (newer) throw newer;
    return !step.isOvertaken;
  }

  /** Deletes the record whatever it is, waiting for nobody. Rejects with StorageError. */
  delete(): Promise<void> {
    return this.#store.delete(this.key);
  }

  /** The store has taken a change. */
  landed(record: SessionRecord | undefined): void {
    this.#learns(record);
    this.#held = { record, isOwn: true };
  }

  /** Rejects with StorageError. */
  async writeMark(mark: SignOutMark): Promise<void> {
    await this.#store.put(markKey(this.key), mark);
    this.#asked += 1;
    this.#sees(mark, this.#asked);
  }

  #learns(record: SessionRecord | undefined): void {
    this.#news += 1;
    for (const step of this.#steps)
      step.isOvertaken ||= step.found !== undefined && !sameState(record, step.found.record);
  }

  #holds(record: SessionRecord | undefined): void {
    this.#learns(record);
    if (!this.#held || !sameState(record, this.#held.record)) this.#held = { record };
    this.on.held(record);
  }

  #sees(mark: SignOutMark | undefined, asked: number): void {
    this.#answered = Math.max(this.#answered, asked);
    if (mark) this.#seen.add(mark.id);
    this.#mark = mark;
    this.on.mark(mark);
  }

  /** What a sign-out has left: a session that nobody deleted, since its program died, and in the end the mark itself. */
  #tidy(record: SessionRecord | undefined): void {
    const mark = this.#mark;
    if (mark === undefined) return;
    const isOld = this.clock.now() - mark.at > MARK_LIFETIME_MS;
    const isLeft = this.isVoid(record);
    if (isLeft) this.update((found) => (isVoid(found, mark) ? { delete: true } : undefined)).catch(() => {});
    else if (isOld) this.#sweep(mark).catch(() => {});
  }

  async #sweep({ id }: SignOutMark): Promise<void> {
    await this.#store.update(markKey(this.key), (value) => (readMark(value)?.id === id ? { delete: true } : undefined));
  }
}
