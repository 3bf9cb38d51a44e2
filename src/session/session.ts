/**
 * The session as this client knows it. Whatever becomes known passes `#became`, which keeps memory and events in step; an
 * epoch keeps a read that began before a change from bringing back what has gone.
 */
import type { StorageError } from "../errors.js";
import type { SessionEvent } from "../events.js";
import { satisfies, type TokenRequest } from "../options/call.js";
import type { ClientConfig } from "../options/config.js";
import type { Clock } from "../ports.js";
import { accessTokenOf, type SessionRecord, type TokenResponse } from "../token-set.js";
import { KnownSession } from "./known-session.js";
import { signedOut } from "./login-required.js";
import type { TokenMemory } from "./memory.js";
import { abortedError, beforeDeadline } from "../settle.js";
import { askingMs, orAtHand } from "./token-at-hand.js";
import { beginSession, changeBetween, inWords } from "./record.js";
import { type Opened, openSession, type OpenStore } from "./open.js";
import type { PublishedSession } from "./session-state.js";
import { createMark, KnownSignOuts, type Moment, type SignOutMark } from "./sign-out-mark.js";
import type { Forgotten } from "./store.js";

const BRIEFLY_MS = 500;

export class Session {
  #opening: Promise<Opened> | undefined;
  #opened: Opened | undefined;
  #epoch = 0;
  /** Reads, in the order in which they asked the watch, and the last of them that has brought an answer. */
  #asked = 0;
  #answered = 0;
  #forgetting: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  /** What began before one of these gives no token and opens no login. */
  readonly signOuts: KnownSignOuts;
  readonly known: KnownSession;

  constructor(
    private readonly config: ClientConfig,
    private readonly clock: Clock,
    readonly memory: TokenMemory,
    private readonly published: PublishedSession,
    private readonly openStore: OpenStore,
  ) {
    this.signOuts = new KnownSignOuts(memory.held?.record.signOuts);
    this.known = new KnownSession(memory, published, this.signOuts, clock, config);
  }

  /** Opens the store, once. */
  open(): Promise<Opened> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** The session of the token in memory, while that may be trusted. No I/O but the watch's question. */
  fromMemory(): SessionRecord | undefined {
    // The watch says what comes after the last question, and that has to be answered first.
    return this.memory.current(this.#answered < this.#asked ? undefined : this.#opened?.watch);
  }

  /** The session as the store has it now, or the one in memory where the store is in trouble. @throws StorageError (`storage`) */
  async read(): Promise<SessionRecord | undefined> {
    const held = this.#withoutStore;
    if (held && this.#opened?.store.isInTrouble) return held;
    const reading = this.readStored().catch((error: unknown) => {
      if (this.#withoutStore) return this.#withoutStore;
      throw error;
    });
    if (held === undefined) return await reading;
    const leftMs = this.#opened?.store.hasHung ? BRIEFLY_MS : this.memory.left();
    const waiting = { leftMs, thenMs: Math.min(askingMs(held, BRIEFLY_MS), leftMs / 4) };
    return await orAtHand(this.clock, reading, held, waiting, () => this.#withoutStore);
  }

  /** The session as the store has it now. @throws StorageError (`storage`) */
  async readStored(): Promise<SessionRecord | undefined> {
    const { store, watch } = await this.open();
    for (;;) {
      // What a sign-out is about to delete must not be found, and held in memory again; nor where another one has begun by now.
      const forgetting = this.#forgetting;
      await forgetting;
      if (forgetting !== this.#forgetting) continue;
      const epoch = this.#epoch;
      watch.mark();
      const [asked, from] = [(this.#asked += 1), this.clock.monotonic()];
      const record = await store.read();
      this.#answered = Math.max(this.#answered, asked);
      // Somebody signed in or out while the store was read: the record may be from before.
      if (epoch !== this.#epoch) continue;
      this.known.noticeSignOuts();
      // It is as old as the question.
      this.#became(record, undefined, this.clock.monotonic() - from);
      this.config.log.debug(`read the store: ${inWords(record, this.timeLeft(record))}`);
      return record;
    }
  }

  /** Milliseconds that the session's access token has, by both clocks where this client has seen it arrive. */
  timeLeft(record: SessionRecord | undefined): number {
    return this.memory.leftOf(accessTokenOf(record));
  }

  /** Whether the session's access token will do for the request. */
  satisfies(record: SessionRecord, request: TokenRequest): boolean {
    return satisfies(record, request, this.timeLeft(record));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Begins the session that a login of that `moment` brought, and gives its record; `before` is the session that was there
   * then. One that a sign-out overtook is not believed. Where the store fails, the session lives in memory.
   */
  async begin(
    tokens: TokenResponse,
    moment: Moment,
    { before, id = crypto.randomUUID() }: { before?: string | undefined; id?: string | undefined } = {},
  ): Promise<SessionRecord> {
    const store = (await this.open().catch(() => undefined))?.store;
    // A session that names no sign-outs could be ended by none.
    const isTold = moment.ids === undefined && (await store?.readMark());
    const record = beginSession(tokens, this.config, id, isTold ? this.signOuts.now().ids : moment.ids);
    const from = this.clock.monotonic();
    const begun = await store?.begin(record, before, () => this.signOuts.isSince(moment));
    // Here it may have deleted first, and the store have refused the write until then; elsewhere its mark tells.
    await store?.readMark();
    // The store may have told of it late: another call of this client has seen the session, and had it refused by the provider.
    const isGone = id !== before && this.known.hasEnded(id);
    const isLost = isGone || (begun?.applied === false && begun.current?.id !== id);
    if (this.signOuts.isSince(moment) || isLost) {
      await store?.remove(record).catch(() => {});
      this.known.noticeSignOuts();
      throw isGone && !this.signOuts.isSince(moment) ? this.known.whyNone() : signedOut();
    }
    // The store has taken it late, and another call has refreshed it by now.
    if (id !== before && this.known.record?.id === id) return this.known.record;
    this.#epoch += 1;
    this.known.begins();
    // The first login that a client sees is news, too; what a store held when it was first read is none.
    this.#changed(record, changeBetween(this.known.record, record), this.clock.monotonic() - from);
    return record;
  }

  /** Asks the store, for so long, whether somebody has signed out since then; false where it does not say. @throws LoginRequiredError (`login_required`, signed_out) */
  async mustBeSince(moment: Moment, longestMs = this.config.storageTimeoutMs): Promise<boolean> {
    const { store } = await this.open();
    const reading = beforeDeadline(this.clock, longestMs, abortedError, () => store.readMark());
    const isSure = await reading.catch(() => false);
    this.known.noticeSignOuts();
    if (this.signOuts.isSince(moment)) throw signedOut();
    return isSure;
  }

  /** What to call with the session as a write has stored it. One from before a change of this client's own is not believed. */
  expectChange(): (record: SessionRecord) => void {
    const epoch = this.#epoch;
    const from = this.clock.monotonic();
    return (record) => {
      if (epoch === this.#epoch) this.#changed(record, undefined, this.clock.monotonic() - from);
      else this.memory.distrust();
    };
  }

  ended(): void {
    this.#epoch += 1;
    this.#changed(undefined, "ended");
  }

  /** Deletes the session, in memory at once, and gives what it was. Never rejects: what the store refuses is tried again. */
  forget(isSignOut: boolean): Promise<Forgotten> {
    const forgotten = this.#forget(isSignOut);
    this.#forgetting = Promise.all([this.#forgetting, forgotten]).then(() => {});
    return forgotten;
  }

  /** The session was deleted under this mark, or is about to be. */
  wasForgotten(mark: SignOutMark, isSignOut = true): void {
    this.#epoch += 1;
    this.signOuts.begins(mark);
    if (isSignOut) this.known.signsOut();
    this.#became(undefined, "signed_out");
  }

  async #forget(isSignOut: boolean): Promise<Forgotten> {
    const isAnothers = (record: SessionRecord | undefined) => this.known.isAnothers(record);
    // Nobody ends another person's session.
    if (isAnothers(this.known.record)) return { record: undefined, error: undefined };
    const mark = createMark(this.clock.now(), isSignOut);
    const held = this.memory.held?.record;
    this.wasForgotten(mark, isSignOut);
    try {
      return await (await this.open()).store.forget(held, mark, isAnothers);
    } catch (error) {
      return { record: held, error: error as StorageError };
    } finally {
      this.#opened?.watch.announce();
    }
  }

  /** Waits for what was `sent`, then tries a refused write again until it lands, within `storageTimeoutSeconds`. */
  async close(sent: Promise<unknown>): Promise<void> {
    this.#isClosed = true;
    this.memory.drop();
    await sent;
    await this.#opened?.store.close();
    this.#opened?.watch.close();
  }

  readonly emitTrouble = (error: StorageError): void => {
    this.config.log.warn(error.message);
    this.published.events.emit("storage", { error });
  };

  async #open(): Promise<Opened> {
    const { openStore, config, clock, emitTrouble, signOuts } = this;
    this.#opened = await openSession(openStore, config, clock, emitTrouble, () => this.#changedByOthers(), signOuts);
    if (this.#isClosed) this.#opened.watch.close();
    return this.#opened;
  }

  /** What serves while the store is in trouble; not after somebody else's change, which may have been a sign-out. */
  get #withoutStore(): SessionRecord | undefined {
    const held = this.memory.held?.record;
    const isOver = held === undefined || this.#opened?.store.isVoid(held);
    return isOver || this.memory.isDistrusted || this.memory.left() <= 0 ? undefined : held;
  }

  #changedByOthers(): void {
    if (this.#isClosed) return;
    this.#epoch += 1;
    this.memory.distrust();
    this.readStored().catch(() => {});
  }

  /** A change of this client's own: the others are told. */
  #changed(record: SessionRecord | undefined, reason?: SessionEvent["reason"], ageMs = 0): void {
    this.#became(record, reason, ageMs);
    this.#opened?.watch.announce();
  }

  #became(record: SessionRecord | undefined, reason?: SessionEvent["reason"], ageMs = 0): void {
    const trustMs = (this.#opened?.watch.trustMs ?? Number.POSITIVE_INFINITY) - ageMs;
    this.known.became(record, { reason, trustMs, isClosed: this.#isClosed });
  }
}
