/**
 * The session as this client knows it. Whatever becomes known passes `#became`, which keeps memory and events in step; an
 * epoch keeps a read that began before a change from bringing back what has gone.
 */
import type { LoginRequiredError, StorageError } from "../errors.js";
import type { EventHub, SessionEvent } from "../events.js";
import { satisfies, type TokenRequest } from "../options/call.js";
import type { ClientConfig } from "../options/config.js";
import type { Clock } from "../ports.js";
import { accessTokenOf, type SessionRecord, type TokenResponse } from "../token-set.js";
import { signedOut, whyNone } from "./login-required.js";
import type { TokenMemory } from "./memory.js";
import { orAtHand } from "./token-at-hand.js";
import { beginSession, changeBetween } from "./record.js";
import { type Opened, openSession, type OpenStore } from "./open.js";
import type { Forgotten } from "./store.js";

const BRIEFLY_MS = 500;

export class Session {
  /** What the last read or change left; `undefined` before the first. */
  #known: { readonly record: SessionRecord | undefined } | undefined;
  #opening: Promise<Opened> | undefined;
  #opened: Opened | undefined;
  #endedBy: "signed_out" | "ended" | undefined;
  #epoch = 0;
  #signOuts = 0;
  #isSignedOut = false;
  #forgetting: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(
    private readonly config: ClientConfig,
    private readonly clock: Clock,
    readonly memory: TokenMemory,
    private readonly events: EventHub,
    private readonly openStore: OpenStore,
  ) {
    // What the program has been given already is no news.
    if (memory.held) this.#known = { record: memory.held.record };
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
    return this.memory.current(this.#opened?.watch);
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
    // A store that gave no answer once is not waited for again.
    const left = this.#opened?.store.hasHung ? BRIEFLY_MS : this.memory.left();
    return await orAtHand(this.clock, reading, held, left, () => this.#withoutStore);
  }

  /** The session as the store has it now. @throws StorageError (`storage`) */
  async readStored(): Promise<SessionRecord | undefined> {
    const { store, watch } = await this.open();
    for (;;) {
      // What a sign-out is about to delete must not be found, and held in memory again.
      await this.#forgetting;
      const epoch = this.#epoch;
      watch.mark();
      const record = await store.read();
      // Somebody signed in or out while the store was read: the record may be from before.
      if (epoch !== this.#epoch) continue;
      this.#became(record);
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

  /** Whether the last read found nothing that could give a token without a person. */
  get isKnownEmpty(): boolean {
    return this.#known !== undefined && this.#known.record?.refreshToken === undefined && this.memory.left() <= 0;
  }

  /** Counts the sign-outs of this client: what began before one gives no token and opens no login. */
  get signOuts(): number {
    return this.#signOuts;
  }

  /** Whether this client has signed out and nobody has signed in since. */
  get isSignedOut(): boolean {
    return this.#isSignedOut;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Why there is no session, as far as this client has seen one end. */
  whyNone(): LoginRequiredError {
    const isEnded = this.#known?.record === undefined;
    return whyNone(this.#isSignedOut ? "signed_out" : isEnded ? this.#endedBy : undefined);
  }

  /**
   * Begins the session that a login brought, and gives its record. One that a sign-out overtook is not believed. Where the
   * store fails, the session lives in memory.
   */
  async begin(tokens: TokenResponse, id: string = crypto.randomUUID()): Promise<SessionRecord> {
    const signOuts = this.#signOuts;
    const record = beginSession(tokens, this.config, id);
    const opened = await this.open().catch(() => undefined);
    await opened?.store.replace("any", record);
    if (signOuts !== this.#signOuts) {
      // The sign-out may have deleted first, and the store have refused the write until then.
      await opened?.store.remove(record).catch(() => {});
      throw signedOut();
    }
    this.#epoch += 1;
    // The first login that a client sees is news, too; what a store held when it was first read is none.
    this.#changed(record, changeBetween(this.#known?.record, record));
    return record;
  }

  /** For a refresh: what to call with its stored result. A result from before a change of this client's own is not believed. */
  expectRefresh(): (record: SessionRecord) => void {
    const epoch = this.#epoch;
    return (record) => {
      if (epoch === this.#epoch) this.#changed(record);
      else this.memory.distrust();
    };
  }

  /** The provider has ended the session. */
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

  async #forget(isSignOut: boolean): Promise<Forgotten> {
    this.#epoch += 1;
    this.#signOuts += 1;
    this.#isSignedOut ||= isSignOut;
    const held = this.memory.held?.record;
    this.#became(undefined, "signed_out");
    try {
      return await (await this.open()).store.forget(held);
    } catch (error) {
      return { record: held, error: error as StorageError };
    } finally {
      this.#opened?.watch.announce();
    }
  }

  /** Drops the access tokens alone: the next call refreshes. @throws StorageError (`storage`) where the store cannot be read */
  async dropAccessTokens(): Promise<void> {
    const { store } = await this.open();
    await this.#forgetting;
    const signOuts = this.#signOuts;
    for (;;) {
      const record = await store.read();
      if (record === undefined) return;
      const { applied, current } = await store.replace(record, { ...record, accessTokens: {} });
      if (signOuts !== this.#signOuts) return;
      if (!applied) continue;
      this.#epoch += 1;
      return this.#changed(current);
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

  /** Trouble with the store that fails no call. */
  readonly emitTrouble = (error: StorageError): void => {
    this.config.log.warn(error.message);
    this.events.emit("storage", { error });
  };

  async #open(): Promise<Opened> {
    const { openStore, config, clock, emitTrouble } = this;
    this.#opened = await openSession(openStore, config, clock, emitTrouble, () => this.#changedByOthers());
    if (this.#isClosed) this.#opened.watch.close();
    return this.#opened;
  }

  /** What serves while the store is in trouble. Not after a change by somebody else: it may have been a sign-out. */
  get #withoutStore(): SessionRecord | undefined {
    return this.memory.isDistrusted || this.memory.left() <= 0 ? undefined : this.memory.held?.record;
  }

  #changedByOthers(): void {
    if (this.#isClosed) return;
    this.#epoch += 1;
    this.memory.distrust();
    this.readStored().catch(() => {});
  }

  /** A change of this client's own: the others are told. */
  #changed(record: SessionRecord | undefined, reason?: SessionEvent["reason"]): void {
    this.#became(record, reason);
    this.#opened?.watch.announce();
  }

  #became(record: SessionRecord | undefined, reason?: SessionEvent["reason"]): void {
    const [first, before] = [this.#known === undefined, this.#known?.record];
    this.#known = { record };
    if (record && !this.#isClosed) this.memory.hold(record, this.#opened?.watch.trustMs);
    else this.memory.drop();
    if (record && record.id !== before?.id) this.#isSignedOut = false;
    const isNoNews = record === undefined && before === undefined && !first;
    const what = isNoNews ? undefined : (reason ?? (first ? undefined : changeBetween(before, record)));
    if (record) this.#endedBy = undefined;
    else if (what === "signed_out" || what === "ended") this.#endedBy = what;
    if (what && !this.#isClosed) this.events.emit("session", { reason: what });
  }
}
