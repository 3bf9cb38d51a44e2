/**
 * How a token is had: the one way of `getAccessToken()` beyond the token in memory. `#find` tells it.
 *
 * `online.ts` has what a call needs beyond the stored session, and loads when a call gets that far.
 */
import {
  isKeystoneAuthError,
  type KeystoneAuthError,
  type ProviderError,
  ResponseError,
  TimeoutError,
} from "../errors.js";
import type { TokenRequest } from "../options/call.js";
import type { ClientConfig } from "../options/config.js";
import { mustHaveClaims } from "../session/claim-missing.js";
import { notRenewed, signedOut } from "../session/login-required.js";
import type { Session } from "../session/session.js";
import type { Moment } from "../session/sign-out-mark.js";
import { askingMs, orAtHand } from "../session/token-at-hand.js";
import { abortedError } from "../settle.js";
import { accessTokenOf, type SessionRecord } from "../token-set.js";
import { ClaimRenewal } from "./claim-renewal.js";
import type { LoginAnswer } from "./login-answer.js";
import { couldLoginHelp, couldPersonHelp, mayAskPerson } from "./login-help.js";
import type { Online } from "./online.js";
import type { EarlyPopup, Platform } from "./platform.js";

/** A machine that sleeps between two steps, again and again. */
const MOST_ATTEMPTS = 3;
/** A token that is about to end does not wait longer for a store. */
const BRIEFLY_MS = 500;

/** One call: what it asks for, and what was so when it came. */
export interface Call extends TokenRequest {
  /** Whether the person asks: by a click in the page, after the end of the session. */
  readonly isAsked: boolean;
  readonly popup: EarlyPopup | undefined;
  /** The sign-outs that were known: by others, those that the first read of the store has shown. */
  readonly since: Moment;
  /** How the answer in the address has failed, where this call is to be told. */
  readonly failedAnswer?: unknown;
}

export class SessionFinder {
  readonly #renewal: ClaimRenewal;

  constructor(
    private readonly config: ClientConfig,
    private readonly platform: Platform,
    private readonly session: Session,
    private readonly answer: LoginAnswer,
    private readonly online: () => Promise<Online>,
  ) {
    this.#renewal = new ClaimRenewal(config, platform.clock);
  }

  /** A session whose access token satisfies the call. @throws TokenValidationError (`token_validation`) where it lacks a claim */
  async find(call: Call): Promise<SessionRecord> {
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
      const record = await this.#find(call);
      mustHaveClaims(record, this.config);
      if (call.refused.includes(accessTokenOf(record)?.token ?? ""))
        throw new ResponseError("The provider gives the very access token again that was refused. Try again later.");
      const token = accessTokenOf(record);
      if (token && (this.session.timeLeft(record) > 0 || token.expiresAt <= token.obtainedAt)) {
        return this.answer.served(record);
      }
      this.config.log.debug("the token has gone or ended before it could be given; once more");
    }
    throw new TimeoutError("The access token ended before it could be given, again and again. Call again.");
  }

  async #find(call: Call): Promise<SessionRecord> {
    const { session, platform } = this;

    // 1. An authorization response in the address bar. It is being finished since the client was made.
    const { record: answered, failure } = await this.answer.for(call);
    this.#mustGoOn({ since: { ...session.signOuts.now(), own: call.since.own } });
    if (answered && session.satisfies(answered, call)) return answered;

    // 2. The stored session. A sign-out by others that this read shows was there before this call.
    const from = platform.clock.monotonic();
    const stored = await this.#read();
    session.known.mustBeOurs(stored);
    const waitedMs = platform.clock.monotonic() - from;
    const since = { ...session.signOuts.now(), own: call.since.own };
    const record = await this.#beyondStore(stored, { ...call, since, failedAnswer: failure }, waitedMs);
    // A login has looked itself for sign-outs by others since it began, which may be later than this call.
    session.known.mustBeOurs(record);
    const isNew = record.id !== stored?.id;
    this.#mustGoOn({ since: isNew ? { ...since, others: undefined } : since });
    return record;
  }

  async #beyondStore(stored: SessionRecord | undefined, asked: Call, waitedMs: number): Promise<SessionRecord> {
    const { session } = this;
    this.#mustGoOn(asked);
    const lacking = this.#renewal.lacking(stored);
    if (stored && !lacking && session.satisfies(stored, asked)) {
      this.config.log.debug("gives the stored token");
      return stored;
    }
    // `find` says what it lacks.
    if (lacking && !isUnwanted(lacking, asked) && !this.#renewal.isDue(lacking)) return lacking;
    // Any token but this one is wanted: whoever waits for the same renewal, here or elsewhere, takes what it brings.
    const call = lacking ? { ...asked, refused: [...asked.refused, accessTokenOf(lacking)?.token ?? ""] } : asked;

    // 3. A refresh: one at a time for all who share the session.
    let failure: KeystoneAuthError = session.known.whyNone();
    if (stored?.refreshToken !== undefined || this.#isProgram) {
      try {
        const renewed = await this.#refresh(stored, call, waitedMs);
        if (lacking) this.#renewal.renewed(renewed);
        return renewed;
      } catch (error) {
        this.#mustGoOn(call);
        if (stored && this.#stillServes(error, stored, call)) return await this.#atHand(stored, call);
        failure = error as KeystoneAuthError;
        // An answer that cannot be used says nothing new if it is asked for again at once.
        if (lacking && !failure.retryable && failure.code !== "aborted") this.#renewal.renewed(lacking);
        const isTrouble = lacking && failure.retryable && this.#renewal.isAwaited(lacking, session);
        if (isTrouble || !(await this.#couldLoginHelp(error, call))) throw error;
      }
    }

    // 4. A login: without a person where that can be, then by one. Not where the last one has just failed.
    if (call.failedAnswer) throw this.answer.tell(call.failedAnswer);
    if (lacking && this.#renewal.isAwaited(lacking, session)) return await this.#withoutPerson(failure, asked, lacking);
    this.config.log.debug(`a person is needed: ${failure.message}`);
    return await this.#logIn(failure, call, stored);
  }

  /** The refreshed session, or the stored one shortly before its token ends: the refresh goes on and is stored all the same. */
  async #refresh(stored: SessionRecord | undefined, call: Call, waitedMs: number): Promise<SessionRecord> {
    const { refresher } = await this.online();
    this.#mustGoOn(call);
    const token = accessTokenOf(stored);
    // A forced call is content with any token but the present one: another call may have refreshed meanwhile.
    const present = call.forceRefresh && token ? [token.token] : [];
    const refreshing = refresher.refresh({ ...call, forceRefresh: false, refused: [...call.refused, ...present] });
    if (stored === undefined || isUnwanted(stored, call)) return await refreshing;
    const { session, platform } = this;
    const atHand = () => (session.memory.held ? stored : undefined);
    const waiting = { leftMs: session.timeLeft(stored), waitedMs, thenMs: askingMs(stored, BRIEFLY_MS) };
    const record = (await orAtHand(platform.clock, refreshing, stored, waiting, atHand)) ?? (await refreshing);
    return record === stored ? await this.#atHand(stored, call) : record;
  }

  /** The stored session, unless somebody has signed out while it was to be refreshed. */
  async #atHand(stored: SessionRecord, call: Call): Promise<SessionRecord> {
    await this.session.mustBeSince(call.since, askingMs(stored, BRIEFLY_MS));
    return stored;
  }

  async #logIn(failure: KeystoneAuthError, call: Call, stored: SessionRecord | undefined): Promise<SessionRecord> {
    const isSilent = this.platform.silentLogin !== undefined;
    const mayAsk = mayAskPerson(failure, call, this.platform, this.session.memory.hasServed);
    const atHand = this.#untilItEnds(stored, call);
    if (!mayAsk && !isSilent) return await this.#without(failure, call, atHand);
    if (this.#staysSignedOut(call)) throw signedOut();
    const { login } = await this.online();
    this.#mustGoOn(call);
    const since = { own: call.since.own, others: call.since.others, found: { id: stored?.id } };
    if (isSilent) {
      try {
        return await login.silent(since, call.signal);
      } catch (error) {
        this.#mustGoOn(call);
        if (!isKeystoneAuthError(error) || error.code === "aborted") throw error;
        // What is wrong with the provider's answer a person does not mend.
        if (!atHand && !(mayAsk && couldPersonHelp(error))) throw error;
        this.config.log.info(`the silent sign-in did not work: ${error.message}`);
      }
    }
    if (!mayAsk || atHand) return await this.#without(failure, call, atHand);
    const record = await login.signIn(call.popup, since, call.signal);
    this.#renewal.signedIn();
    return record;
  }

  /** What can be renewed without a refresh token and without a person, of a session that lacks a claim. */
  async #withoutPerson(failure: KeystoneAuthError, call: Call, lacking: SessionRecord): Promise<SessionRecord> {
    const { silentLogin } = this.platform;
    const asksNobody: Call = { ...call, interaction: "never" };
    const record = await (silentLogin ? this.#logIn(failure, asksNobody, lacking) : this.#atHand(lacking, call));
    this.#renewal.renewed(record);
    return record;
  }

  /** What a call gets that asks nobody. */
  async #without(failure: KeystoneAuthError, call: Call, atHand: SessionRecord | undefined): Promise<SessionRecord> {
    if (atHand) return await this.#atHand(atHand, call);
    // An explicit "never" is told what the provider said; who might have been asked is told that a person is needed.
    throw call.interaction === "never" || failure.code !== "provider" ? failure : notRenewed(failure as ProviderError);
  }

  /** A page is not left while its token has time left, however little. */
  #untilItEnds(stored: SessionRecord | undefined, call: Call): SessionRecord | undefined {
    const { session, platform } = this;
    if (!platform.isPage || stored === undefined || isUnwanted(stored, call)) return undefined;
    // Memory is empty where the session has ended, or where an ID Token could not be validated.
    return session.timeLeft(stored) > 0 && session.memory.held !== undefined ? stored : undefined;
  }

  /** After a sign-out, here or in another tab, only the person begins a login; also in a page that is loaded shortly after it. */
  #staysSignedOut({ isAsked, interaction }: Call): boolean {
    const { known } = this.session;
    const isAnew = this.platform.isPage && interaction === "auto" && known.wasSignedOutBefore;
    return !isAsked && (known.isSignedOut || isAnew);
  }

  /** What began before a sign-out gives no token and opens no login, and after `close()` nothing begins. */
  #mustGoOn({ since }: Pick<Call, "since">): void {
    if (this.session.isClosed) throw abortedError();
    if (this.session.signOuts.isSince(since)) throw signedOut();
  }

  /** A token that truly has time left serves while the provider, the network or the lock is in trouble. */
  #stillServes(error: unknown, stored: SessionRecord, call: Call): boolean {
    if (!isKeystoneAuthError(error) || !error.retryable || isUnwanted(stored, call)) return false;
    // Memory is empty where the refresh has brought an ID Token that could not be validated.
    if (this.session.timeLeft(stored) <= 0 || this.session.memory.held === undefined) return false;
    this.config.log.warn(`the token could not be refreshed and is used while it has time left: ${error.message}`);
    return true;
  }

  /** Whether a login could get further than the refresh did. */
  async #couldLoginHelp(error: unknown, { interaction }: Call): Promise<boolean> {
    if (this.#isProgram) return false;
    return await couldLoginHelp(error, interaction, async () => (await this.online()).server.isReachable());
  }

  get #isProgram(): boolean {
    return this.config.flow === "client_credentials";
  }

  async #read(): Promise<SessionRecord | undefined> {
    return await this.session.read().catch((error: unknown) => {
      // A program that signs in as itself needs no store.
      if (!this.#isProgram) throw error;
      return undefined;
    });
  }
}

const isUnwanted = (record: SessionRecord, call: Call) =>
  call.forceRefresh || call.refused.includes(accessTokenOf(record)?.token ?? "");
