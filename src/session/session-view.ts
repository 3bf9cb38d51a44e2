/**
 * The session as this client knows it: the store, the token in memory, and the news between them. Whatever is learnt
 * passes `#notice`, which keeps memory and events in step; an epoch keeps late readers from bringing back what has gone.
 */
import type { ClientConfig } from "../options/config.js";
import type { StorageError } from "../errors.js";
import type { EventHub, SessionEvent } from "../events.js";
import type { Platform } from "../client/platform.js";
import type { OpenedStore, SessionChannel } from "../ports.js";
import { sessionKey } from "./session-key.js";
import { SessionStore } from "./session-store.js";
import type { TokenMemory } from "./token-memory.js";
import { accessTokenOf, type SessionRecord, timeLeft } from "../token-set.js";

interface Opened {
  readonly key: string;
  readonly store: SessionStore;
  readonly opened: OpenedStore;
}

/** How long another process's sign-out may go unnoticed by a program that has its token in memory. */
const LOOK_EVERY_MS = 1000;

export class SessionView {
  #known: { readonly record: SessionRecord | undefined } | undefined;
  #opening: Promise<Opened> | undefined;
  #open: Opened | undefined;
  #channel: SessionChannel | undefined;
  #endedBy: "signed_out" | "ended" | undefined;
  #epoch = 0;
  /** The store's mark when it was last read. */
  #mark: string | undefined;
  #closed = false;
  #stopWatching: (() => void) | undefined;

  constructor(
    private readonly config: ClientConfig,
    private readonly platform: Platform,
    readonly memory: TokenMemory,
    private readonly events: EventHub,
  ) {
    // What the program has been given already is no news.
    if (memory.held) this.#known = { record: memory.held.record };
  }

  /** Whether the last look found nothing that could give a token without a person. */
  get isKnownEmpty(): boolean {
    return this.#known !== undefined && this.#known.record?.refreshToken === undefined && this.memory.left() <= 0;
  }

  /** Opens store and channel; the key is computed once. */
  open(): Promise<Opened> {
    this.#opening ??= this.#doOpen().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** The session of the token in memory, when that may still be trusted. No I/O but the store's mark, once a second. */
  fromMemory(): SessionRecord | undefined {
    const { held } = this.memory;
    const open = this.#open;
    if (held === undefined || open === undefined || open.store.retryDue || this.memory.left() <= 0) return undefined;
    if (this.memory.isDistrusted) return undefined;
    if (this.#isBlind(open)) return this.memory.hot() && held.record;
    const isMarked = open.opened.fingerprint === undefined || open.store.fingerprint() === this.#mark;
    if (!isMarked) return undefined;
    this.memory.trust(this.#longestTrust(open));
    return held.record;
  }

  /** Milliseconds that the session's access token has, by both clocks where this client has seen it arrive. */
  timeLeft(record: SessionRecord | undefined): number {
    const token = accessTokenOf(record);
    if (token === undefined) return 0;
    const left = timeLeft(token, this.platform.clock.now(), this.config.clockToleranceMs);
    return this.memory.held?.token.token === token.token ? Math.min(left, this.memory.left()) : left;
  }

  /** The session as the store has it now. @throws StorageError (`storage`) */
  async look(): Promise<SessionRecord | undefined> {
    const { store } = await this.open();
    for (;;) {
      const epoch = this.#epoch;
      const mark = store.fingerprint();
      const record = await store.read();
      // Somebody signed in or out while the store was read: what was read may be from before.
      if (epoch !== this.#epoch) continue;
      this.#notice(record, mark);
      return record;
    }
  }

  /** For a look that failed with `error`: the session in memory, where it is asked for again only since nothing tells of changes. */
  withoutStore(error: unknown): SessionRecord {
    const { held } = this.memory;
    const mayServe = held && this.#open && this.#isBlind(this.#open) && !this.memory.isDistrusted;
    if (!mayServe || this.memory.left() <= 0) throw error;
    return held.record;
  }

  /** Who ended the session that this client knew; `undefined` while there is one, or none was seen. */
  get endedBy(): "signed_out" | "ended" | undefined {
    return this.#known?.record === undefined ? this.#endedBy : undefined;
  }

  /** For a renewal: what to call with its stored result. A result from before a sign-out is not believed. */
  beginRenewal(): (record: SessionRecord) => void {
    const epoch = this.#epoch;
    return (record) => {
      if (epoch !== this.#epoch) return this.memory.distrust();
      this.#notice(record, "written");
      this.#post();
    };
  }

  /** A change of this client's own was stored: a login, the session's end, or without `reason` another one. */
  became(record: SessionRecord | undefined, reason?: "login" | "ended"): void {
    this.#epoch += 1;
    // The first login that a client sees is news, too; what a store held when it was first looked at is none.
    this.#notice(record, "written", reason === "login" ? newsBetween(this.#known?.record, record) : reason);
    this.#post();
  }

  /** Deletes the session, in memory at once. @throws StorageError (`storage`) where the store fails; memory is empty all the same */
  async forget(): Promise<void> {
    const known = this.#known?.record;
    this.#epoch += 1;
    this.#notice(undefined, undefined, "signed_out");
    const { store } = await this.open();
    try {
      await store.remove("any", known);
    } finally {
      // A look that ran in between may have read the old session.
      this.became(undefined);
    }
  }

  close(): void {
    this.#closed = true;
    this.memory.drop();
    this.#channel?.close();
    this.#stopWatching?.();
  }

  async #doOpen(): Promise<Opened> {
    // The lock meets the same full or read-only disk as the store does: both are told in one place, and once.
    const untold: StorageError[] = [];
    let tell = (error: StorageError): unknown => untold.push(error);
    const opened = this.platform.openStore((error) => tell(error));
    // After the store was opened: it may connect meanwhile.
    const key = await sessionKey(this.config, (text) => this.platform.digest(text));
    const store = new SessionStore(key, this.config, opened, this.platform.clock, (error) => {
      this.config.log.warn(error.message);
      this.events.emit("storage", { error });
    });
    tell = (error) => store.tell(error);
    untold.forEach(tell);
    this.#open = { key, store, opened };
    if (!this.#closed) this.#listen(key);
    return this.#open;
  }

  #listen(key: string): void {
    const again = () => {
      this.#epoch += 1;
      this.memory.distrust();
      this.look().catch(() => {});
    };
    this.#channel = this.platform.openChannel?.();
    this.#channel?.subscribe((changed) => {
      if (changed === key) again();
    });
    this.#stopWatching = this.platform.onWake?.(again);
  }

  /** Whether nothing tells that somebody else has changed the session: the store is then read again after a while. */
  #isBlind({ opened }: Opened): boolean {
    return opened.fingerprint === undefined && this.#channel === undefined;
  }

  #longestTrust(open: Opened): number | undefined {
    return open.opened.fingerprint || this.#isBlind(open) ? LOOK_EVERY_MS : undefined;
  }

  #post(): void {
    if (this.#open && !this.#closed) this.#channel?.post(this.#open.key);
  }

  #notice(record: SessionRecord | undefined, mark: string | undefined, reason?: SessionEvent["reason"]): void {
    const first = this.#known === undefined;
    const before = this.#known?.record;
    this.#known = { record };
    this.#mark = mark;
    if (record && this.#open && !this.#closed) this.memory.hold(record, this.#longestTrust(this.#open));
    else this.memory.drop();
    const isNoNews = before === undefined && !first && reason === "signed_out";
    const what = isNoNews ? undefined : (reason ?? (first ? undefined : newsBetween(before, record)));
    if (record) this.#endedBy = undefined;
    else if (what === "signed_out" || what === "ended") this.#endedBy = what;
    if (what) this.events.emit("session", { reason: what });
  }
}

/** What has happened between two looks, as far as the records tell. */
function newsBetween(
  before: SessionRecord | undefined,
  after: SessionRecord | undefined,
): SessionEvent["reason"] | undefined {
  if (after === undefined) return before && "signed_out";
  if (before === undefined) return "signed_in";
  if (before.id !== after.id) return before.subject === after.subject ? "signed_in" : "user_changed";
  const token = accessTokenOf(after)?.token;
  return token !== undefined && token !== accessTokenOf(before)?.token ? "refreshed" : undefined;
}
