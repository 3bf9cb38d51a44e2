/** A client for unit tests: it asks no provider, keeps nothing, and has what the test gives it. */
import { bindMethods } from "../client/bound-methods.js";
import type { OidcClientCore } from "../client/client.js";
import { Closable } from "../client/closable.js";
import type { Diagnosis } from "../client/diagnosis.js";
import { KEYSTONE_DEV_URL, KEYSTONE_STG_URL, KEYSTONE_URL } from "../client/keystone.js";
import type { SignOutResult } from "../client/sign-out-result.js";
import { AbortedError, isKeystoneAuthError, type LoginRequiredError } from "../errors.js";
import { type ClientEvents, EventHub, type Listener, type SessionEvent } from "../events.js";
import {
  type GetTokenOptions,
  readSignIn,
  readSignOut,
  readTokenRequest,
  type SignInOptions,
  type SignOutOptions,
} from "../options/call.js";
import type { UserInfo } from "../protocol/user-info.js";
import { signedOut } from "../session/login-required.js";
import type { SessionState } from "../session/session-state.js";
import { abortedError, untilAborted } from "../settle.js";
import type { IdTokenClaims, TokenSet } from "../token-set.js";
import { copyOf, type FakeClientOptions, LIFETIME_SECONDS, readFakeOptions } from "./fake-options.js";

/** All that an `OidcClient` has: what takes one takes this. */
export type FakeClient = Pick<OidcClientCore, keyof OidcClientCore>;

/** A client's own defaults. */
const DEFAULTS = { interaction: "allowed", minValidityMs: 30_000 } as const;
const NOBODY: SessionState = Object.freeze({ status: "signed_out" });
const ANOTHER: SessionState = Object.freeze({ status: "user_changed" });

/**
 * A client for unit tests, also in jsdom: signed in from the start, with no network, no store and no timer. `signOut()` and
 * `destroyTokens()` end its session, after which calls are LoginRequiredError (`login_required`) until `signIn()`. It is renewed as a client's is, by
 * `forceRefresh`, `rejectedToken` and the end of its token after an hour; each renewal and each `signIn()` gives another token.
 *
 * @throws ConfigurationError (`configuration`) for an option that there is not, or that cannot be used
 */
export function fakeClient(options?: FakeClientOptions): FakeClient {
  return new FakeOidcClient(options);
}

/** The class of `fakeClient()`: a test that replaces the whole module puts a class of its own, made of this one, in the place of `OidcClient`. */
export class FakeOidcClient extends Closable implements FakeClient {
  static readonly KEYSTONE_URL = KEYSTONE_URL;
  static readonly KEYSTONE_STG_URL = KEYSTONE_STG_URL;
  static readonly KEYSTONE_DEV_URL = KEYSTONE_DEV_URL;

  readonly #given: ReturnType<typeof readFakeOptions>;
  readonly #events = new EventHub();
  #session: SessionState;
  /** How many tokens there were. */
  #tokens = 1;
  #expiresAt = 0;
  #renewal: Promise<void> | undefined;
  #login: Promise<void> | undefined;
  /** What calls reject with, since nobody is signed in. */
  #ended: LoginRequiredError | undefined;
  /** How often its session was ended. */
  #ends = 0;
  #isRestored = false;
  #isClosed = false;

  /** @throws ConfigurationError (`configuration`) for an option that there is not, or that cannot be used */
  constructor(options?: FakeClientOptions) {
    super();
    bindMethods(this, FakeOidcClient.prototype);
    this.#given = readFakeOptions(options);
    this.#session = this.#first();
  }

  get session(): SessionState {
    return this.#session;
  }

  get ready(): Promise<void> {
    this.#restore();
    return Promise.resolve();
  }

  async getAccessToken(options?: GetTokenOptions): Promise<string> {
    await this.#obtain(options);
    return this.#token;
  }

  async getTokenSet(options?: GetTokenOptions): Promise<TokenSet> {
    await this.#obtain(options);
    const rest = { tokenType: "Bearer", scopes: ["openid"], audiences: [], idTokenClaims: this.#claims };
    return { accessToken: this.#token, expiresAt: new Date(this.#expiresAt), ...rest };
  }

  async getIdTokenClaims(): Promise<IdTokenClaims | undefined> {
    this.#mustBeOpen();
    this.#restore();
    if (this.#ended !== undefined) return undefined;
    this.#mustGive();
    return this.#claims;
  }

  async getUserInfo(options?: GetTokenOptions): Promise<UserInfo> {
    await this.#obtain(options);
    return this.#claims;
  }

  async signIn(options: SignInOptions = {}): Promise<void> {
    this.#mustBeOpen();
    const { signal } = readSignIn(options, true);
    this.#mustNotFail(signal);
    await untilAborted(this.#signIn(), signal);
  }

  async signOut(options: SignOutOptions = {}): Promise<SignOutResult> {
    this.#mustBeOpen();
    readSignOut(options);
    this.#end();
    return { revocation: "skipped", providerSession: "skipped", errors: [] };
  }

  async destroyTokens(): Promise<void> {
    this.#mustBeOpen();
    this.#end();
  }

  async destroyAccessToken(): Promise<void> {
    this.#mustBeOpen();
    this.#expiresAt = 0;
  }

  async handleFrontchannelLogout(_url?: string): Promise<boolean> {
    this.#mustBeOpen();
    return false;
  }

  async diagnose(): Promise<Diagnosis> {
    this.#mustBeOpen();
    return [];
  }

  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): () => void {
    const stop = this.#events.on(name, listener);
    // Not at once: who else listens by then hears it too.
    if (name === "session") queueMicrotask(() => this.#restore());
    return stop;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#events.clear();
  }

  get #token(): string {
    const { token } = this.#given;
    return this.#tokens === 1 ? token : `${token}-${this.#tokens}`;
  }

  /** Each caller's own: what one changes in them no other has. */
  get #claims(): IdTokenClaims {
    return copyOf(this.#given.claims);
  }

  /** What a client with such an error has. */
  #first(): SessionState {
    const { error } = this.#given;
    if (!isKeystoneAuthError(error) || error.code !== "login_required") return this.#signedIn();
    return error.reason === "user_changed" ? ANOTHER : NOBODY;
  }

  /** A session with a token that begins to live now. */
  #signedIn(): SessionState {
    const claims = Object.freeze(this.#claims);
    this.#expiresAt = Date.now() + LIFETIME_SECONDS * 1000;
    const session = { subject: claims.sub, claims, expiresAt: new Date(this.#expiresAt) };
    return Object.freeze({ status: "signed_in", ...session });
  }

  /** Has a token that the call may have. */
  async #obtain(options: GetTokenOptions | undefined): Promise<void> {
    const { forceRefresh, refused, minValidityMs, signal } = readTokenRequest(options, DEFAULTS);
    this.#restore();
    this.#mustGive(signal);
    const needed = Math.min(minValidityMs, (LIFETIME_SECONDS * 1000) / 2);
    if (!forceRefresh && !refused.includes(this.#token) && this.#expiresAt - Date.now() > needed) return;
    await untilAborted(this.#renew(), signal);
    // Somebody may have signed out, or closed it, meanwhile.
    this.#mustGive(signal);
  }

  /** Callers at the same time share one. */
  #renew(): Promise<void> {
    this.#renewal ??= Promise.resolve().then(() => {
      this.#renewal = undefined;
      if (this.#ended || this.#isClosed) return;
      this.#tokens += 1;
      this.#become(this.#signedIn(), "refreshed");
    });
    return this.#renewal;
  }

  /** Callers at the same time share one, which a sign-out meanwhile ends. */
  #signIn(): Promise<void> {
    const ends = this.#ends;
    this.#login ??= Promise.resolve().then(() => {
      this.#mustBeOpen();
      if (ends !== this.#ends) throw signedOut();
      this.#login = undefined;
      this.#ended = undefined;
      this.#tokens += 1;
      this.#become(this.#signedIn(), "signed_in");
    });
    return this.#login;
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new AbortedError("The client was closed. Make a new client to go on.");
  }

  #mustNotFail(signal?: AbortSignal): void {
    this.#mustBeOpen();
    if (signal?.aborted) throw abortedError();
    if (this.#given.error !== undefined) throw this.#given.error;
  }

  #mustGive(signal?: AbortSignal): void {
    this.#mustNotFail(signal);
    if (this.#ended) throw this.#ended;
  }

  #end(): void {
    this.#ends += 1;
    this.#login = undefined;
    this.#ended = signedOut();
    // Told once: who was signed out already is not signed out again.
    if (this.#session === NOBODY) this.#restore();
    else this.#become(NOBODY, "signed_out");
  }

  /** What a client's first look at its store tells. */
  #restore(): void {
    if (!this.#isRestored && !this.#isClosed) this.#become(this.#session, "restored");
  }

  #become(session: SessionState, reason: SessionEvent["reason"]): void {
    this.#isRestored = true;
    this.#session = session;
    this.#events.emit("session", { reason });
  }
}
