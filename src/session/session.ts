/**
 * The session as this client knows it: the access token in memory, the stored record, and what others do to it. Whatever
 * becomes known passes `#became`, which keeps memory and events in step; an epoch keeps a read that began before a change
 * from bringing back what has gone.
 */
import type { LoginRequiredError, StorageError } from "../errors.js";
import type { EventHub, SessionEvent } from "../events.js";
import { satisfies, type TokenRequest } from "../options/call.js";
import type { ClientConfig } from "../options/config.js";
import type { Clock } from "../ports.js";
import { accessTokenOf, type SessionRecord, timeLeft, type TokenResponse } from "../token-set.js";
import { signedOut, whyNone } from "./login-required.js";
import type { TokenMemory } from "./memory.js";
import { beginSession, changeBetween } from "./record.js";
import { type Opened, openSession, type OpenStore } from "./open.js";

/** What a session was that has been deleted, and what the store said to that. */
export interface Forgotten {
  readonly record: SessionRecord | undefined;
  readonly error: StorageError | undefined;
}

export class Session {
  /** What the last read or change left; `undefined` before the first. */
  #known: { readonly record: SessionRecord | undefined } | undefined;
  #opening: Promise<Opened> | undefined;
  #opened: Opened | undefined;
  #endedBy: "signed_out" | "ended" | undefined;
  #epoch = 0;
  #signOuts = 0;
  #isSignedOut = false;
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
    if (this.#opened?.store.isInTrouble && this.#withoutStore) return this.#withoutStore;
    try {
      return await this.readStored();
    } catch (error) {
      const record = this.#withoutStore;
      if (record === undefined) throw error;
      return record;
    }
  }

  /** The session as the store has it now. @throws StorageError (`storage`) */
  async readStored(): Promise<SessionRecord | undefined> {
    const { store, watch } = await this.open();
    for (;;) {
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
    const token = accessTokenOf(record);
    if (token === undefined) return 0;
    const left = timeLeft(token, this.clock.now(), this.config.clockToleranceMs);
    return this.memory.held?.token.token === token.token ? Math.min(left, this.memory.left()) : left;
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
    return whyNone(this.#known?.record === undefined ? this.#endedBy : undefined);
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
    if (signOuts !== this.#signOuts) throw signedOut();
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

  /**
   * Deletes the session, in memory at once, and gives what it was. Never rejects: where the store refuses, memory is empty
   * all the same, and the deletion is tried again.
   */
  async forget(isSignOut: boolean): Promise<Forgotten> {
    const epoch = ++this.#epoch;
    this.#signOuts += 1;
    this.#isSignedOut = isSignOut;
    const held = this.memory.held?.record;
    this.#became(undefined, "signed_out");
    try {
      const { store } = await this.open();
      // What will be revoked is read before it is deleted; a store that cannot be read is deleted all the same.
      const record = await store.read().catch(() => held);
      const removing = store.remove("any").then(() => undefined);
      return { record, error: await removing.catch((fault: StorageError) => fault) };
    } catch (error) {
      return { record: held, error: error as StorageError };
    } finally {
      // A read that ran in between may have found the old session. A login in between has begun a new one.
      if (epoch === this.#epoch) {
        this.#epoch += 1;
        this.#isSignedOut = isSignOut;
        this.#changed(undefined);
      }
    }
  }

  /** Drops the access tokens alone: the next call refreshes. @throws StorageError (`storage`) where the store cannot be read */
  async dropAccessTokens(): Promise<void> {
    const { store } = await this.open();
    for (;;) {
      const record = await store.read();
      if (record === undefined) return;
      const { applied, current } = await store.replace(record, { ...record, accessTokens: {} });
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
    const onChange = () => this.#changedByOthers();
    const opened = await openSession(this.openStore, this.config, this.clock, this.emitTrouble, onChange);
    this.#opened = opened;
    if (this.#isClosed) opened.watch.close();
    return opened;
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
    const first = this.#known === undefined;
    const before = this.#known?.record;
    this.#known = { record };
    if (record && !this.#isClosed) this.memory.hold(record, this.#opened?.watch.trustMs);
    else this.memory.drop();
    if (record && record.id !== before?.id) this.#isSignedOut = false;
    const isNoNews = before === undefined && !first && reason === "signed_out";
    const what = isNoNews ? undefined : (reason ?? (first ? undefined : changeBetween(before, record)));
    if (record) this.#endedBy = undefined;
    else if (what === "signed_out" || what === "ended") this.#endedBy = what;
    if (what) this.events.emit("session", { reason: what });
  }
}
