/** keystone-auth in an Electron renderer: the session is the main process's. Importing it does nothing. */
import { KEYSTONE_DEV_URL, KEYSTONE_STG_URL, KEYSTONE_URL } from "../client/keystone.js";
import { AbortedError, type StorageError } from "../errors.js";
import { type ClientEvents, EventHub, type Listener } from "../events.js";
import { abortedError } from "../settle.js";
import type { UserInfo } from "../protocol/user-info.js";
import type { IdTokenClaims, TokenSet } from "../token-set.js";
import { bindMethods } from "../client/bound-methods.js";
import { Closable } from "../client/closable.js";
import type { SignOutResult } from "../client/sign-out-result.js";
import {
  type GetTokenOptions,
  readSignIn,
  readSignOut,
  readTokenRequest,
  type SignOutOptions,
  type TokenProvider,
} from "../options/call.js";
import type { SessionState } from "../session/session-state.js";
import type { CallOptions, EventData, Method, SignOutData, TokenSetData, WindowSignInOptions } from "./messages.js";
import { rebuildError } from "./errors.js";
import { callOptions, HeldTokens, tokenSetOf } from "./renderer/held-tokens.js";
import { WindowSession } from "./renderer/window-session.js";
import { findBridge, MainLine } from "./renderer/main-line.js";
import { readOptions, type RendererClientOptions } from "./renderer/options.js";

/**
 * Gives a window the main process's access token: call `getAccessToken()` each time a token is used. The surface is that
 * of the browser's client; a fresh token comes from memory. `getTokenSet()` has no raw `idToken` here, only its claims.
 *
 * A call that needs a person works from a user's action (a click), or where the main process allows it.
 *
 * @throws EnvironmentError (`environment`) where the page has no bridge (no preload script, no Electron, a file: address)
 * @throws ConfigurationError (`configuration`) for an option that cannot be used
 */
export class OidcClient extends Closable implements TokenProvider {
  /** The issuer of Cegal's Keystone. */
  static readonly KEYSTONE_URL = KEYSTONE_URL;
  /** Its staging instance. */
  static readonly KEYSTONE_STG_URL = KEYSTONE_STG_URL;
  /** Its development instance. */
  static readonly KEYSTONE_DEV_URL = KEYSTONE_DEV_URL;

  readonly #config: ReturnType<typeof readOptions>;
  readonly #line: MainLine;
  readonly #tokens: HeldTokens;
  readonly #events = new EventHub();
  readonly #session = new WindowSession();
  readonly #stopListening: () => void;
  readonly #closing = new AbortController();
  #ready: Promise<void> | undefined;

  constructor(options: RendererClientOptions = {}) {
    super();
    bindMethods(this, OidcClient.prototype);
    this.#config = readOptions(options);
    this.#line = new MainLine(findBridge(), this.#config.channel, this.#session);
    this.#tokens = new HeldTokens(this.#line, this.#closing.signal, this.#config.minValidityMs);
    this.#stopListening = this.#line.listen((event) => this.#receive(event));
    this.#subscribe();
  }

  /**
   * The app's session as this window knows it: one object until it changes, in the same turn as the `session` event. `unknown`
   * until the main process has told what its first look has found.
   */
  get session(): SessionState {
    return this.#session.state;
  }

  /**
   * The access token: from memory, or from the main process, which has it stored, renews it, or asks a person.
   *
   * @throws LoginRequiredError (`login_required`) when a person is needed and may not be asked
   * @throws EnvironmentError (`environment`) when the main process does not answer
   * @throws ConfigurationError (`configuration`) when the main process does not serve this page
   * @throws what the main process's client throws, as the same class with the same code
   */
  getAccessToken(options?: GetTokenOptions): Promise<string> {
    if (options === undefined) {
      const hot = this.#tokens.hot();
      if (hot !== undefined) return hot;
    }
    return this.#obtain(options).then(({ accessToken }) => accessToken);
  }

  /** The same as `getAccessToken()`, with all that a renderer may know about the token. It throws the same. */
  getTokenSet(options?: GetTokenOptions): Promise<TokenSet> {
    return this.#obtain(options).then(tokenSetOf);
  }

  /** The claims of the stored session's ID Token; `undefined` when nobody is signed in. No network, no login. */
  async getIdTokenClaims(): Promise<IdTokenClaims | undefined> {
    return (await this.#call("getIdTokenClaims")) as IdTokenClaims | undefined;
  }

  /** What the provider says of the person; the main process asks it (OpenID Connect Core 1.0 §5.3). It throws as there. */
  async getUserInfo(options?: GetTokenOptions): Promise<UserInfo> {
    const request = readTokenRequest(options, this.#defaults());
    const asked = callOptions(request, options?.interaction ?? this.#config.interaction);
    return (await this.#call("getUserInfo", asked, request.signal)) as UserInfo;
  }

  /**
   * Asks for a login now, whatever is stored.
   *
   * @throws LoginRequiredError (`login_required`) where the main process does not allow it
   * @throws ConfigurationError (`configuration`) for an option that cannot be used, or that chooses a token
   */
  async signIn(options: WindowSignInOptions = {}): Promise<void> {
    const { signal } = readSignIn(options, false);
    const { prompt, loginHint, acrValues, maxAgeSeconds, authorizationParams: params } = options;
    const authorizationParams = params && { ...params };
    const asked = { prompt, loginHint, acrValues, maxAgeSeconds, authorizationParams } as CallOptions;
    await this.#call("signIn", asked, signal);
  }

  /**
   * Ends the session of the whole app: there first, then its tokens are revoked (RFC 7009). With `providerSession: true`
   * the system browser shows the provider's logout page, where the main process allows it. [false]
   */
  async signOut(options: SignOutOptions = {}): Promise<SignOutResult> {
    const { signal, local, providerSession, params } = readSignOut(options);
    const asked = { local, params, ...(providerSession !== undefined && { providerSession }) };
    const result = (await this.#forgetting("signOut", asked, signal)) as SignOutData;
    return { ...result, errors: result.errors.map(rebuildError) };
  }

  /** Deletes the app's tokens, without telling the provider. @throws StorageError (`storage`) */
  async destroyTokens(): Promise<void> {
    await this.#forgetting("destroyTokens");
  }

  /** Deletes the access token only: the next call uses the refresh token. */
  async destroyAccessToken(): Promise<void> {
    await this.#forgetting("destroyAccessToken");
  }

  /** Listens to what happens to the app's session, whoever caused it; gives the function that ends the subscription. */
  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): () => void {
    return this.#events.on(name, listener);
  }

  /** Resolves when the main process knows its stored session and the provider's metadata. Never rejects. */
  get ready(): Promise<void> {
    const ignore = () => {};
    this.#ready ??= this.#call("ready").then(ignore, ignore);
    return this.#ready;
  }

  /** Ends this page's waiting calls; later ones are AbortedError (`aborted`). The session stays. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#stopListening();
    this.#events.clear();
    this.#tokens.forget();
    this.#closing.abort(new AbortedError("The client was closed. Make a new client to go on."));
  }

  async #obtain(options: GetTokenOptions | undefined): Promise<TokenSetData> {
    const request = readTokenRequest(options, this.#defaults());
    this.#closing.signal.throwIfAborted();
    if (request.signal?.aborted) throw abortedError();
    const interaction = options?.interaction ?? this.#config.interaction;
    return this.#tokens.fits(request) ?? (await this.#whileOpen(this.#tokens.get(request, interaction)));
  }

  async #call(method: Method, options: CallOptions = {}, signal?: AbortSignal): Promise<unknown> {
    this.#closing.signal.throwIfAborted();
    const either = AbortSignal.any(signal ? [signal, this.#closing.signal] : [this.#closing.signal]);
    return await this.#whileOpen(this.#line.call(method, options, either));
  }

  async #forgetting(method: Method, options?: CallOptions, signal?: AbortSignal): Promise<unknown> {
    this.#closing.signal.throwIfAborted();
    this.#tokens.forget();
    try {
      return await this.#call(method, options, signal);
    } finally {
      // What was asked meanwhile may have met the old session.
      this.#tokens.forget();
    }
  }

  /** An abort by `close()` says so. */
  async #whileOpen<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.#closing.signal.throwIfAborted();
      throw error;
    }
  }

  #receive(event: EventData): void {
    // A refresh brings another token into the same session: what is under way may be held.
    const reason = event.kind === "session" ? event.reason : undefined;
    if (reason === "refreshed") this.#tokens.drop();
    // The first look of the main process changes nothing.
    else if (event.kind !== "storage" && reason !== "restored") this.#tokens.forget();
    if (event.kind === "session" && this.#session.take(event)) this.#events.emit("session", { reason: event.reason });
    if (event.kind === "storage") this.#events.emit("storage", { error: rebuildError(event.error) as StorageError });
    if (event.kind === "closed") {
      this.#session.becomesOld();
      this.#subscribe();
    }
  }

  #subscribe(): void {
    this.#line.subscribe(this.#closing.signal).catch(() => {});
  }

  #defaults() {
    return { interaction: this.#config.interaction ?? "allowed", minValidityMs: this.#config.minValidityMs } as const;
  }
}

export {
  AbortedError,
  type AnyKeystoneAuthError,
  AuthorizationResponseError,
  ConfigurationError,
  DiscoveryError,
  EnvironmentError,
  type ErrorCode,
  type ErrorDetails,
  isKeystoneAuthError,
  KeystoneAuthError,
  LockTimeoutError,
  LoginRequiredError,
  type LoginRequiredReason,
  NetworkError,
  PopupError,
  type PopupErrorKind,
  ProviderError,
  ResponseError,
  StorageError,
  type StorageErrorKind,
  TimeoutError,
  TokenValidationError,
} from "../errors.js";
export type { ClientEvents, Listener, SessionEvent, StorageEvent } from "../events.js";
export type { Interaction } from "../options/options.js";
export type { RendererClientOptions } from "./renderer/options.js";
export type { SessionState } from "../session/session-state.js";
export type { UserInfo } from "../protocol/user-info.js";
export type { IdTokenClaims, StandardClaims, TokenSet } from "../token-set.js";
export type { ProviderSessionResult, SignOutResult } from "../client/sign-out-result.js";
export type { GetTokenOptions, SignOutOptions, TokenProvider } from "../options/call.js";
export type { WindowSignInOptions as SignInOptions } from "./messages.js";
