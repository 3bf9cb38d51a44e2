/**
 * A refresh: join - lock - read again - refresh - store.
 *
 * The dangerous stretch lies between the sending of a one-time refresh token and the store: past the sending nothing may
 * throw the response away, neither an abort nor a time limit of the call nor a fault in the rest of it.
 */
import { isKeystoneAuthError, LockTimeoutError, ProviderError, StorageError } from "../errors.js";
import type { KeystoneAuthError } from "../errors.js";
import type { TokenRequest } from "../options/call.js";
import type { ClientConfig } from "../options/config.js";
import type { LockHold } from "../ports.js";
import { abortedError } from "../settle.js";
import { SingleFlight } from "./single-flight.js";
import { accessTokenOf, type SessionRecord, type TokenResponse } from "../token-set.js";
import { isNone, needsPerson, providerRequiresPerson, refreshRejected, signedOut } from "./login-required.js";
import { mergeTokens, sameSession } from "./record.js";
import { isChangedByOthers, readAfterRefusal, RefreshLock } from "./refresh-lock.js";
import type { Session } from "./session.js";
import type { Moment } from "./sign-out-mark.js";

/** What a refresh needs of the protocol. */
export interface TokenEndpoint {
  /** Gets metadata and keys, so that nothing else is missing once a one-time token has been sent. */
  prepare(): Promise<unknown>;
  /**
   * Sends the refresh token; `mustSend` is called in the very step that does, and throws where it must not be. The second
   * form is a response that failed, but for the new refresh token in it.
   */
  refresh(
    record: SessionRecord,
    refreshToken: string,
    mustSend: () => void,
  ): Promise<
    | { readonly tokens: TokenResponse }
    | { readonly refreshToken: string; readonly idTokenFailed: boolean; readonly failure: KeystoneAuthError }
  >;
  /** Signs the program in as itself (RFC 6749 §4.4). */
  clientCredentials(): Promise<TokenResponse>;
}

/** A refresh token that was adopted from another process may be refused in turn; more is no race. */
const MOST_ATTEMPTS = 3;
/** Somebody else holds the lock by now, and may have sent this very token. */
class LostLock extends Error {}

export class Refresher {
  readonly #flight = new SingleFlight<SessionRecord>();
  readonly #sent = new Set<Promise<unknown>>();
  readonly #lock: RefreshLock;

  constructor(
    private readonly config: ClientConfig,
    private readonly session: Session,
    private readonly endpoint: TokenEndpoint,
  ) {
    this.#lock = new RefreshLock(config, session);
  }

  /**
   * A session whose access token was refreshed, here or by somebody else in the meantime: one refresh a call. It may still
   * not satisfy the request, where the provider's tokens live shorter than it asks for.
   */
  async refresh(request: TokenRequest): Promise<SessionRecord> {
    if (this.#flight.running) this.config.log.debug("joins a refresh that runs");
    let isOwn = false;
    const start = (abandoned: AbortSignal) => {
      isOwn = true;
      return this.#refresh(request, abandoned);
    };
    const join = () => this.#flight.join(start, request.signal);
    // What others began may be from before the last sign-out, or give the very token that this call must not get.
    const isOlds = (error: unknown) => !isOwn && isNone(error) && this.session.known.record !== undefined;
    const record = await join().catch((error: unknown) => (isOlds(error) ? join() : Promise.reject(error)));
    const isRefused = request.refused.includes(accessTokenOf(record)?.token ?? "");
    return isRefused && !isOwn ? await join() : record;
  }

  /** Ends the wait for a lock; resolves when each response to what was sent is stored, or refused by the store. Never rejects. */
  async close(reason: Error): Promise<void> {
    this.#flight.abandon(reason);
    await Promise.allSettled(this.#sent);
  }

  /** Resolves when the lock is given back, which waits for the store. Never rejects. */
  released(): Promise<void> {
    return this.#lock.released();
  }

  async #refresh(request: TokenRequest, signal: AbortSignal): Promise<SessionRecord> {
    if (this.config.flow === "client_credentials") return await this.#asProgram(request, signal);
    const instead = () => this.#storedMeanwhile(request);
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
      try {
        return await this.#lock.run<SessionRecord>({ signal, instead }, (hold) => this.#refreshOnce(request, hold));
      } catch (error) {
        if (!(error instanceof LostLock)) throw error;
      }
    }
    throw new LockTimeoutError("The lock of the session was lost to another process again and again. Try again.");
  }

  /** What another tab or process has stored while this one waited. */
  async #storedMeanwhile(request: TokenRequest): Promise<SessionRecord | undefined> {
    const record = await this.session.readStored().catch(() => undefined);
    return record && this.session.satisfies(record, request) ? record : undefined;
  }

  async #refreshOnce(request: TokenRequest, hold: LockHold): Promise<SessionRecord> {
    for (let attempt = 1; ; attempt += 1) {
      const { own } = this.session.signOuts.now();
      const record = await this.session.readStored();
      const since = { ...this.session.signOuts.now(), own };
      if (record && this.session.satisfies(record, request)) return record;
      if (record?.refreshToken === undefined) throw this.session.known.whyNone();
      await this.#mustBeKept(record, record.refreshToken, hold);
      // Behind the lock and after the read: of many that wait, one asks. Before the check of the lock, since it takes time.
      await this.endpoint.prepare();
      if (await isChangedByOthers(this.session, record)) continue;
      if (this.session.isClosed) throw abortedError();
      const refreshed = await this.#toItsEnd(this.#send(record, record.refreshToken, hold, since, attempt));
      if (refreshed) return refreshed;
    }
  }

  /** A token that serves once is not sent where the store takes no write: its successor would be lost with this program. */
  async #mustBeKept(record: SessionRecord, refreshToken: string, { isUnguarded }: LockHold): Promise<void> {
    const { store } = await this.session.open();
    if (isUnguarded === undefined || record.refreshTokenLasts === true || !store.isStored(refreshToken)) return;
    const { kind, causeCode } = isUnguarded;
    throw new StorageError(
      kind,
      `The session was not refreshed: its refresh token serves once, and the store takes no write (${causeCode ?? kind}), so that ` +
        'the next one would be lost. Make the store writable, or keep a session of this program alone: storageDirectory, or storage "memory".',
      { causeCode, retryable: true },
    );
  }

  /** Sends the refresh token; `undefined` when somebody else has changed the session meanwhile and it has to be read again. */
  async #send(
    record: SessionRecord,
    refreshToken: string,
    hold: LockHold,
    since: Moment,
    attempt: number,
  ): Promise<SessionRecord | undefined> {
    const { store } = await this.session.open();
    const stored = this.session.expectChange();
    // Nothing was sent then: the provider has said nothing of the session.
    let unsent: Error | undefined;
    const mustSend = () => {
      if (!hold.stillHeld()) unsent = new LostLock("lost");
      else if (this.session.signOuts.isSince(since)) unsent = signedOut();
      else if (this.session.isClosed) unsent = abortedError();
      if (unsent) throw unsent;
    };
    const answer = await this.endpoint
      .refresh(record, refreshToken, mustSend)
      .catch((error: unknown) => error as Error);
    if (answer === unsent) throw unsent;
    if (answer instanceof Error) {
      const isOver = isKeystoneAuthError(answer) && !answer.sessionKept;
      const isRefused = answer instanceof ProviderError && answer.error === "invalid_grant";
      if (answer instanceof ProviderError && needsPerson(answer))
        throw providerRequiresPerson(answer, "The provider does not refresh the session without a person");
      if (!isOver && !isRefused) throw answer;
      return await this.#end(record, answer, attempt);
    }
    if ("failure" in answer) {
      const { idTokenFailed, refreshToken } = answer;
      const owed = idTokenFailed ? { idTokenOwed: true, accessTokens: {} } : {};
      const { applied, current } = await store.refresh(record, (base) => ({ ...base, refreshToken, ...owed }));
      // Memory, too: it must neither send the used-up token nor give an access token that waits for its ID Token.
      if (applied && current) stored(current);
      else await this.#lookAgain();
      throw answer.failure;
    }
    const next = (await store.refresh(record, (base) => mergeTokens(base, answer.tokens))).current;
    const { endings } = this.session.known;
    if (next === undefined) return await this.#signedOut();
    // Another program's sign-out may have left its mark and not yet deleted the session.
    await this.session.mustBeSince(since).catch(() => this.#signedOut());
    // Another call has read meanwhile that the session is gone.
    if (endings !== this.session.known.endings) return await this.#signedOut();
    stored(next);
    return next;
  }

  /** `close()` waits for it. */
  async #toItsEnd<T>(sending: Promise<T>): Promise<T> {
    this.#sent.add(sending);
    return await sending.finally(() => this.#sent.delete(sending));
  }

  /** Somebody else has signed out meanwhile: memory must not give the token of the session that has gone. */
  async #signedOut(): Promise<never> {
    await this.#lookAgain();
    throw this.session.known.whyNone();
  }

  /** The session has changed beside this refresh: memory learns what it is now. */
  async #lookAgain(): Promise<void> {
    await this.session.readStored().catch(() => this.session.memory.distrust());
  }

  /** The provider has ended the session, but only where the store still holds the token that was refused. */
  async #end(record: SessionRecord, reason: KeystoneAuthError, attempt: number): Promise<undefined> {
    const { store } = await this.session.open();
    const current = await readAfterRefusal(this.session, record);
    if (current === undefined) return await this.#signedOut();
    if (!sameSession(current, record)) {
      if (attempt < MOST_ATTEMPTS) return undefined;
      throw reason;
    }
    // The store may refuse the deletion; the session is over all the same, and the store tries again.
    const removed = await store.remove(current).catch(() => true);
    if (!removed) return undefined;
    this.session.ended();
    throw reason instanceof ProviderError ? refreshRejected(reason.errorDescription ?? reason.error) : reason;
  }

  /** A program that signs in as itself needs no store: where store or lock fail, it goes on without. */
  async #asProgram(request: TokenRequest, signal: AbortSignal): Promise<SessionRecord> {
    let isBegun = false;
    const work = async () => {
      isBegun = true;
      const record = await this.session.readStored().catch(() => undefined);
      if (record && this.session.satisfies(record, request)) return record;
      if (this.session.isClosed) throw abortedError();
      const now = this.session.signOuts.now();
      const begin = async () =>
        await this.session.begin(await this.endpoint.clientCredentials(), now, { before: record?.id, id: record?.id });
      return await this.#toItsEnd(begin());
    };
    try {
      return await this.#lock.run<SessionRecord>({ signal }, work);
    } catch (error) {
      const isStores = isKeystoneAuthError(error) && (error.code === "storage" || error.code === "lock_timeout");
      if (isBegun || !isStores) throw error;
      const noLock = new StorageError(
        "unavailable",
        "The lock of the session could not be had; the program signs in without it.",
      );
      this.session.emitTrouble(error instanceof StorageError ? error : noLock);
      return await work();
    }
  }
}
