/** A client for unit tests: it asks no provider, keeps nothing, and has what the test gives it. */
import { bindMethods } from "../client/bound-methods.js";
import type { OidcClientCore } from "../client/client.js";
import type { SignOutResult } from "../client/sign-out-result.js";
import { AbortedError, isKeystoneAuthError, LoginRequiredError } from "../errors.js";
import { type ClientEvents, EventHub, type Listener, type SessionEvent } from "../events.js";
import { mustBeNamed } from "../options/names.js";
import type { SessionState } from "../session/session-state.js";
import { abortedError } from "../settle.js";
import type { IdTokenClaims, TokenSet } from "../token-set.js";

export interface FakeClientOptions {
  /** The access token. ["fake-access-token"] */
  readonly token?: string | undefined;
  /** Claims of the ID Token, beside `iss`, `sub` ("fake-user"), `aud`, `iat` and `exp`, or in their place. [none] */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** What each call rejects with that gives a token or claims, or signs in. [none] */
  readonly error?: unknown;
}

/** All that an `OidcClient` has: what takes one takes this. */
export type FakeClient = Pick<OidcClientCore, keyof OidcClientCore>;

const NAMES = ["token", "claims", "error"] as const satisfies readonly (keyof FakeClientOptions)[];
const LIFETIME_SECONDS = 3600;
const NOBODY: SessionState = Object.freeze({ status: "signed_out" });

/**
 * A client for unit tests, also in jsdom: signed in from the start, with no network, no store and no timer. `signOut()` and
 * `destroyTokens()` end its session, after which calls are LoginRequiredError (`login_required`) until `signIn()`.
 *
 * @throws ConfigurationError (`configuration`) for an option that there is not
 */
export function fakeClient(options: FakeClientOptions = {}): FakeClient {
  mustBeNamed(options, NAMES);
  return new Fake(options);
}

class Fake implements FakeClient {
  readonly ready = Promise.resolve();
  readonly #token: string;
  readonly #error: unknown;
  readonly #claims: IdTokenClaims;
  readonly #events = new EventHub();
  #session: SessionState;
  /** What calls reject with, since nobody is signed in. */
  #ended: LoginRequiredError | undefined;
  #isClosed = false;

  constructor({ token = "fake-access-token", claims, error }: FakeClientOptions) {
    bindMethods(this, Fake.prototype);
    this.#token = token;
    this.#error = error;
    const iat = Math.floor(Date.now() / 1000);
    const usual = {
      iss: "https://issuer.test",
      sub: "fake-user",
      aud: "fake-client",
      iat,
      exp: iat + LIFETIME_SECONDS,
    };
    this.#claims = Object.freeze({ ...usual, ...claims });
    this.#session = isKeystoneAuthError(error) && error.code === "login_required" ? NOBODY : this.#signedIn();
  }

  get session(): SessionState {
    return this.#session;
  }

  async getAccessToken(options?: { readonly signal?: AbortSignal | undefined }): Promise<string> {
    this.#mustGive(options?.signal);
    return this.#token;
  }

  async getTokenSet(options?: { readonly signal?: AbortSignal | undefined }): Promise<TokenSet> {
    this.#mustGive(options?.signal);
    const { expiresAt = new Date() } = this.#session;
    const rest = { tokenType: "Bearer", scopes: ["openid"], audiences: [], idTokenClaims: this.#claims };
    return { accessToken: this.#token, expiresAt, ...rest };
  }

  async getIdTokenClaims(): Promise<IdTokenClaims | undefined> {
    if (this.#ended === undefined) this.#mustGive();
    return this.#ended === undefined ? this.#claims : undefined;
  }

  async getUserInfo(options?: { readonly signal?: AbortSignal | undefined }) {
    this.#mustGive(options?.signal);
    return this.#claims;
  }

  async signIn(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    this.#ended = undefined;
    this.#mustGive(options.signal);
    this.#become(this.#signedIn(), "signed_in");
  }

  async signOut(): Promise<SignOutResult> {
    this.#mustBeOpen();
    this.#end(new LoginRequiredError("signed_out", "The session was signed out.", { sessionKept: false }));
    return { revocation: "skipped", providerSession: "skipped", errors: [] };
  }

  async destroyTokens(): Promise<void> {
    this.#mustBeOpen();
    this.#end(new LoginRequiredError("no_session", "Nobody is signed in."));
  }

  async destroyAccessToken(): Promise<void> {
    this.#mustBeOpen();
  }

  async handleFrontchannelLogout(): Promise<boolean> {
    return false;
  }

  async diagnose() {
    return [];
  }

  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): () => void {
    return this.#events.on(name, listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#events.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #signedIn(): SessionState {
    const { sub, exp } = this.#claims;
    const session = { subject: sub, claims: this.#claims, expiresAt: new Date(exp * 1000) };
    return Object.freeze({ status: "signed_in", ...session });
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new AbortedError("The client was closed. Make a new client to go on.");
  }

  #mustGive(signal?: AbortSignal): void {
    this.#mustBeOpen();
    if (signal?.aborted) throw abortedError();
    if (this.#error !== undefined) throw this.#error;
    if (this.#ended) throw this.#ended;
  }

  #end(error: LoginRequiredError): void {
    this.#ended = error;
    this.#become(NOBODY, "signed_out");
  }

  #become(session: SessionState, reason: SessionEvent["reason"]): void {
    this.#session = session;
    this.#events.emit("session", { reason });
  }
}
