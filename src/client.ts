/**
 * OidcClient's core: the same on every platform. Reads as the way of `getAccessToken()`: memory, store, renewal, login.
 * Only what a stored token needs is imported here; the protocol is loaded when a call needs the network.
 */
import type { ClientConfig } from "./config.js";
import { AbortedError, type KeystoneAuthError, NetworkError } from "./errors.js";
import { type ClientEvents, EventHub, type Listener } from "./events.js";
import { KEYSTONE_DEV_URL, KEYSTONE_STG_URL, KEYSTONE_URL } from "./keystone.js";
import type { EarlyWindow, Platform } from "./platform.js";
import { loadPart } from "./load-part.js";
import { SessionView } from "./session/session-view.js";
import { abortedError, untilAborted } from "./session/until-aborted.js";
import {
  accessTokenOf,
  claimsOf,
  type IdTokenClaims,
  type SessionRecord,
  type StoredAccessToken,
  type TokenSet,
  tokenSetOf,
  withoutAccessTokens,
} from "./session/token-set.js";
import type { SignOutOptions, SignOutResult } from "./sign-out.js";
import { signOutSignal } from "./sign-out-signal.js";
import { type GetTokenOptions, readTokenRequest } from "./token-request.js";
import { TokenSource } from "./token-source.js";

export class OidcClientCore {
  /** The issuer of Cegal's Keystone. */
  static readonly KEYSTONE_URL = KEYSTONE_URL;
  /** Its staging instance. */
  static readonly KEYSTONE_STG_URL = KEYSTONE_STG_URL;
  /** Its development instance. */
  static readonly KEYSTONE_DEV_URL = KEYSTONE_DEV_URL;

  readonly #config: ClientConfig;
  readonly #platform: Platform;
  readonly #events = new EventHub();
  readonly #view: SessionView;
  readonly #waiting = new Set<(reason: AbortedError) => void>();
  #closed: AbortedError | undefined;
  readonly #source: TokenSource;
  #ready: Promise<void> | undefined;
  #wasReady = false;
  /** The popup of the last click, and how many calls count on it. */
  #early: EarlyWindow | undefined;
  #earlyUsers = 0;

  protected constructor(config: ClientConfig, platform: Platform) {
    this.#config = config;
    this.#platform = platform;
    this.#view = new SessionView(config, platform, this.#events);
    this.#source = new TokenSource(config, platform, this.#view);
  }

  /**
   * The access token: from memory, from the store, renewed, or after a login. Call it each time a token is used.
   *
   * @throws LoginRequiredError (`login_required`) with `interaction: "never"`, when a person is needed
   * @throws NetworkError, TimeoutError, ResponseError (`network`, `timeout`, `response`): retryable, the session is kept
   * @throws ProviderError (`provider`), TokenValidationError (`token_validation`), DiscoveryError (`discovery`),
   * StorageError (`storage`), LockTimeoutError (`lock_timeout`), AbortedError (`aborted`), PopupError (`popup`),
   * EnvironmentError (`environment`), ConfigurationError (`configuration`): see the docs of each
   */
  getAccessToken(options?: GetTokenOptions): Promise<string> {
    if (options === undefined) {
      const hot = this.#view.memory.hot();
      if (hot !== undefined) return hot;
    }
    return this.#obtain(options).then((record) => accessTokenOf(record)?.token as string);
  }

  /** The same as `getAccessToken()`, with all that is known about the token. It throws the same. */
  getTokenSet(options?: GetTokenOptions): Promise<TokenSet> {
    return this.#obtain(options).then((record) => tokenSetOf(record, accessTokenOf(record) as StoredAccessToken));
  }

  /** The claims of the stored session's ID Token; `undefined` when nobody is signed in. No network, no login. */
  async getIdTokenClaims(): Promise<IdTokenClaims | undefined> {
    this.#mustBeOpen();
    return claimsOf((await this.#view.look())?.idToken);
  }

  /** Asks for a login now, whatever is stored. Callers at the same time share one login. */
  async signIn(options: Pick<GetTokenOptions, "signal"> = {}): Promise<void> {
    this.#mustBeOpen();
    const request = readTokenRequest({ ...options, interaction: "allowed" }, this.#config);
    const early = this.#openEarly();
    if (this.#config.flow === "client_credentials") {
      const renewal = loadPart(() => import("./token-renewal.js")).then(({ renewNow }) =>
        renewNow(this.#source, request),
      );
      return await this.#whileOpen(renewal, request.signal, early);
    }
    const login = this.#source.load().then(({ desk }) => desk.login(early, request.signal));
    await this.#whileOpen(login, request.signal, early);
  }

  /**
   * Ends the session: here first, whatever the provider does; then its tokens are revoked (RFC 7009); then, where asked,
   * the provider's own session ends (OpenID Connect RP-Initiated Logout 1.0). Never rejects for the provider's faults.
   */
  async signOut(options: SignOutOptions = {}): Promise<SignOutResult> {
    this.#mustBeOpen();
    const rest = signOutSignal(readTokenRequest(options, this.#config).signal, this.#waiting);
    const page = !options.local && (options.providerSession ?? this.#platform.endsProviderSession);
    const early = page ? this.#platform.openEarly?.() : undefined;
    const here = { ...(await this.#signOutHere()), early };
    const wantsPage = page && (options.providerSession === true || here.record !== undefined);
    const isDone = options.local || (here.record === undefined && !wantsPage);
    try {
      if (isDone) return { revocation: "skipped", providerSession: "skipped", errors: here.errors };
      const { signOutAtProvider } = await loadPart(() => import("./sign-out.js"));
      return await signOutAtProvider(this.#source, here, wantsPage, rest.signal);
    } catch {
      const error = new NetworkError(
        "The session here has gone; its tokens could not be revoked, since a part of keystone-auth could not be loaded.",
        { sessionKept: false },
      );
      const providerSession = wantsPage ? "failed" : "skipped";
      return { revocation: "failed", providerSession, errors: [...here.errors, error] };
    } finally {
      rest.end();
      early?.discard();
    }
  }

  /**
   * Clears the session when a front-channel logout request speaks of it: `iss` and `sid` must match the ID Token's.
   * Gives whether it did. [the page's own address] (OpenID Connect Front-Channel Logout 1.0)
   */
  async handleFrontchannelLogout(url?: string): Promise<boolean> {
    this.#mustBeOpen();
    const { frontchannelLogout } = await loadPart(() => import("./sign-out.js"));
    return await frontchannelLogout(url ?? this.#platform.address?.() ?? "", this.#view);
  }

  /** Deletes this client's tokens in memory and in the store, without telling the provider. @throws StorageError (`storage`) */
  async destroyTokens(): Promise<void> {
    this.#mustBeOpen();
    this.#source.loaded?.desk.cancel();
    await this.#view.forget();
  }

  /** Deletes the access token only: the next call uses the refresh token. */
  async destroyAccessToken(): Promise<void> {
    this.#mustBeOpen();
    await this.#view.update((record) => withoutAccessTokens(record));
  }

  /** Listens; gives the function that ends the subscription. Events come after the call that caused them has stored its result. */
  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Resolves when the stored session and the provider's metadata are known: a popup can then open in the click.
   * Never rejects; a provider that does not answer is met again by the next call.
   */
  get ready(): Promise<void> {
    this.#ready ??= this.#getReady();
    return this.#ready;
  }

  /** Ends pending logins, closes channels and ports. Calls made afterwards, or waiting, are AbortedError (`aborted`). The session stays stored. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = new AbortedError("The client was closed; the session is kept. Make a new client to go on.");
    for (const reject of this.#waiting) reject(this.#closed);
    this.#events.clear();
    this.#view.close();
    this.#source.loaded?.desk.cancel();
    this.#platform.close?.();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** With nothing that would have to be loaded: a page that is offline can sign out, too. */
  async #signOutHere(): Promise<{ record: SessionRecord | undefined; errors: KeystoneAuthError[] }> {
    // What will be revoked must be read before it is deleted; a store that cannot be read is deleted all the same.
    const record = await this.#view.look().catch(() => this.#view.memory.held?.record);
    this.#source.loaded?.desk.cancel();
    const errors: KeystoneAuthError[] = [];
    await this.#view.forget().catch((error: KeystoneAuthError) => errors.push(error));
    return { record, errors };
  }

  async #obtain(options: GetTokenOptions | undefined): Promise<SessionRecord> {
    const request = readTokenRequest(options, this.#config);
    this.#mustBeOpen();
    if (request.signal?.aborted) throw abortedError();
    const held = this.#view.fromMemory();
    if (held && this.#source.fits(held, request)) return held;
    const early = request.interaction === "allowed" ? this.#openEarly() : undefined;
    return await this.#whileOpen(this.#source.find(request, early), request.signal, early);
  }

  /** Settles as the work does, or when the caller aborts or the client is closed; a window that no login took over closes. */
  async #whileOpen<T>(work: Promise<T>, signal: AbortSignal | undefined, early: EarlyWindow | undefined): Promise<T> {
    // Not a listener on a signal: a thousand calls at once would make the runtime warn of a leak.
    const closed = new Promise<never>((_, reject) => {
      this.#waiting.add(reject);
      const settled = () => this.#waiting.delete(reject);
      work.then(settled, settled);
    });
    try {
      return await Promise.race([untilAborted(work, signal), closed]);
    } finally {
      if (early) this.#leaveEarly(early);
    }
  }

  /**
   * A popup must open in the click, before any await: only where it is already known that nobody is signed in. Calls of
   * one click share one: they will share the login, and a browser opens one popup a click.
   */
  #openEarly(): EarlyWindow | undefined {
    if (!this.#wasReady || !this.#view.isKnownEmpty) return undefined;
    // A login has it by now, which this call will join.
    if (this.#early?.isTaken) return undefined;
    this.#early ??= this.#platform.openEarly?.();
    if (this.#early) this.#earlyUsers += 1;
    return this.#early;
  }

  #leaveEarly(early: EarlyWindow): void {
    this.#earlyUsers -= 1;
    if (this.#earlyUsers > 0) return;
    early.discard();
    this.#early = undefined;
  }

  async #getReady(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#view.look();
      if (!this.#view.memory.held) await (await this.#source.load()).engine.prepareLogin();
    } catch {
      this.#config.log.debug("not everything could be made ready; the next call tries again");
    }
    this.#wasReady = true;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw this.#closed;
  }
}
