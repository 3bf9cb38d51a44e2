/** What a client knows of its session: the record that it saw last, whose it is, how it ended, and who is told of it. */
import type { LoginRequiredError } from "../errors.js";
import type { SessionEvent } from "../events.js";
import type { ClientConfig } from "../options/config.js";
import type { Clock } from "../ports.js";
import { accessTokenOf, type IdTokenClaims, type SessionRecord } from "../token-set.js";
import { userChanged, whyNone } from "./login-required.js";
import type { TokenMemory } from "./memory.js";
import { areDifferent, type Person, personIn, personOf } from "./person.js";
import { changeBetween } from "./record.js";
import type { PublishedSession } from "./session-state.js";
import type { KnownSignOuts } from "./sign-out-mark.js";

/** How it became known, as far as that is not told by the records. */
interface News {
  readonly reason?: SessionEvent["reason"] | undefined;
  readonly trustMs?: number | undefined;
  readonly isClosed: boolean;
}

export class KnownSession {
  /** `undefined` before the first read or change. */
  #last: { readonly record: SessionRecord | undefined } | undefined;
  /** The one whose tokens and claims this client has given. */
  #person: Person | undefined;
  /** The last ID Token of that person, also after the session has ended. */
  #idToken: string | undefined;
  #isSignedIn = false;
  #endedBy: "signed_out" | "ended" | undefined;
  #endedAt = Number.NEGATIVE_INFINITY;
  #isSignedOut = false;
  #awaitsLogin = false;
  /** Whether the store was read while the answer to a login was finished, so that nobody was told yet. */
  #isUntold = false;
  /** Whether somebody else has signed out, or deleted the tokens, since the last session was seen. */
  #isMarked = false;
  #othersSeen = 0;
  #endings = 0;
  #signingIn = 0;
  /** The ids of those sessions. */
  readonly #ended = new Set<string>();
  readonly #awaiting = new Set<(record: SessionRecord) => void>();

  constructor(
    private readonly memory: TokenMemory,
    private readonly published: PublishedSession,
    private readonly signOuts: KnownSignOuts,
    private readonly clock: Clock,
    private readonly config: ClientConfig,
  ) {
    const record = memory.held?.record;
    if (record === undefined || published.state.status === "unknown") return;
    // What the program has been told already is no news.
    this.#last = { record };
    this.#isSignedIn = true;
    this.#isOf(record);
  }

  get record(): SessionRecord | undefined {
    return this.#last?.record;
  }

  /** While the answer to a login is finished: what the store held before is no answer to a call, and no news. */
  get awaitsLogin(): boolean {
    return this.#awaitsLogin;
  }

  set awaitsLogin(awaits: boolean) {
    this.#awaitsLogin = awaits;
    if (awaits || !this.#isUntold) return;
    const { record } = this;
    const serves = record !== undefined && this.#serves(record);
    this.#tell({
      record: serves ? record : undefined,
      isAnothers: this.isAnothers(record),
      isFirst: true,
      isClosed: false,
    });
  }

  /** How often this client has seen a session end. */
  get endings(): number {
    return this.#endings;
  }

  /** Whether this client has seen that session, and seen it end. */
  hasEnded(id: string): boolean {
    return this.#ended.has(id);
  }

  /** Whether there is nothing that could give a token without a person. */
  get isEmpty(): boolean {
    return this.#last !== undefined && this.record?.refreshToken === undefined && this.memory.left() <= 0;
  }

  /** Whether somebody has signed out, here or elsewhere, and nobody has signed in since. */
  get isSignedOut(): boolean {
    return this.#isSignedOut;
  }

  /** Whether this client has seen no session, and somebody had signed out shortly before it first looked. */
  get wasSignedOutBefore(): boolean {
    return this.#endings === 0 && this.record === undefined && this.signOuts.wasJustBefore(this.clock.now());
  }

  /** Whether the person has asked after the session's end: the click that signs out signs nobody in. By the monotonic clock. */
  isAskedAfterEnd(askedAt: number | undefined): boolean {
    return askedAt !== undefined && askedAt > this.#endedAt;
  }

  /** The last ID Token of the person whose tokens this client has given. */
  get idToken(): string | undefined {
    return this.#idToken;
  }

  /** Why there is no session, as far as this client has seen one end. */
  whyNone(): LoginRequiredError {
    const endedBy = this.record === undefined ? this.#endedBy : undefined;
    return whyNone(this.#isSignedOut ? "signed_out" : endedBy);
  }

  /** Whether the tokens are another person's than those that this client has given, and the program wants none of them. */
  isAnothers(record: SessionRecord | undefined): boolean {
    return this.#rejects && record?.id !== undefined && areDifferent(this.#person, personOf(record));
  }

  /** The same of what a login has brought. */
  isAnothersLogin(claims: IdTokenClaims | undefined): boolean {
    return this.#rejects && areDifferent(this.#person, personIn(claims));
  }

  /** @throws LoginRequiredError (`login_required`, user_changed) where the session is another person's */
  mustBeOurs(record: SessionRecord | undefined): void {
    if (this.isAnothers(record)) throw userChanged();
  }

  /** While `signIn()` runs, whoever signs in is the one. */
  async whileSigningIn<T>(work: () => Promise<T>): Promise<T> {
    this.#signingIn += 1;
    return await work().finally(() => (this.#signingIn -= 1));
  }

  /** A login has begun a session. */
  begins(): void {
    if (this.#signingIn > 0) this.#person = undefined;
  }

  /** Calls `found` with the next session that serves and is not this one; gives what ends that. */
  onNextSession(id: string | undefined, found: (record: SessionRecord) => void): () => void {
    const listener = (record: SessionRecord) => {
      if (record.id !== id) found(record);
    };
    this.#awaiting.add(listener);
    return () => this.#awaiting.delete(listener);
  }

  /** This client signs out. */
  signsOut(): void {
    this.#isSignedOut = true;
    this.#endedAt = this.clock.monotonic();
  }

  /** After a sign-out by somebody else, too, nothing opens a login here until somebody signs in again. */
  noticeSignOuts(): void {
    const { others } = this.signOuts.now();
    if (others === this.#othersSeen) return;
    this.#othersSeen = others;
    this.#isMarked = true;
    this.#isSignedOut ||= this.signOuts.wasSignOut;
    this.#endedAt = this.clock.monotonic();
  }

  /** Memory and events learn what the session is now. A client that `isClosed` holds nothing and tells nobody. */
  became(record: SessionRecord | undefined, { reason, trustMs, isClosed }: News): void {
    const [isFirst, before] = [this.#last === undefined, this.record];
    const isAnothers = this.isAnothers(record);
    const isNewPerson = record !== undefined && areDifferent(this.#person, personOf(record));
    this.#last = { record };
    if (record && !isClosed && !isAnothers) this.memory.hold(record, this.#awaitsLogin ? 0 : trustMs);
    else this.memory.drop();
    if (record && !isAnothers) this.#isOf(record);
    if (record && record.id !== before?.id) this.#isSignedOut = this.#isMarked = false;
    const told = isNewPerson && record?.id !== before?.id ? "user_changed" : reason;
    const what = this.#whatHappened(before, record, told, isFirst);
    if (record === undefined && before !== undefined) this.#ends(before.id);
    if (record) this.#endedBy = undefined;
    else if (reason === "ended" || what === "signed_out") this.#endedBy = what as "ended" | "signed_out";
    const serves = record !== undefined && this.#serves(record);
    if (serves && !isAnothers) for (const found of this.#awaiting) found(record);
    this.#tell({ record: serves ? record : undefined, isAnothers, what, isFirst, isClosed });
  }

  #tell(news: {
    record?: SessionRecord | undefined;
    isAnothers: boolean;
    what?: SessionEvent["reason"] | undefined;
    isFirst: boolean;
    isClosed: boolean;
  }): void {
    const { record, isAnothers, isFirst } = news;
    // A token that has ended, and that nothing renews, is no session any more.
    const hasRunOut = this.#isSignedIn && record === undefined;
    const what = news.what ?? (isFirst ? "restored" : hasRunOut ? "ended" : undefined);
    if (what === undefined || news.isClosed) return;
    this.#isUntold = what === "restored" && this.#awaitsLogin;
    if (this.#isUntold) return;
    this.#isSignedIn = record !== undefined;
    // The read of the store says it.
    if (what !== "restored") this.config.log.debug(`session event: ${what}`);
    this.published.publish({ record, isAnothers, reason: what });
  }

  #whatHappened(
    before: SessionRecord | undefined,
    record: SessionRecord | undefined,
    reason: SessionEvent["reason"] | undefined,
    isFirst: boolean,
  ): SessionEvent["reason"] | undefined {
    if (record === undefined && before === undefined && !isFirst) return undefined;
    return reason ?? (isFirst ? undefined : this.#change(before, record));
  }

  /** A session that has gone without a mark was ended by the provider, as another client has learnt. */
  #change(before: SessionRecord | undefined, record: SessionRecord | undefined): SessionEvent["reason"] | undefined {
    const change = changeBetween(before, record);
    return change === "signed_out" && !this.#isMarked ? "ended" : change;
  }

  #ends(id: string): void {
    this.#endings += 1;
    this.#ended.add(id);
    this.#endedAt = this.clock.monotonic();
  }

  /** The person whose session it is. */
  #isOf(record: SessionRecord): void {
    this.#person = personOf(record) ?? this.#person;
    this.#idToken = record.idToken ?? this.#idToken;
  }

  #serves(record: SessionRecord): boolean {
    return record.refreshToken !== undefined || this.memory.leftOf(accessTokenOf(record)) > 0;
  }

  get #rejects(): boolean {
    return this.config.whenUserChanges === "reject";
  }
}
