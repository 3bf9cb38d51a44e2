/**
 * OidcClient, the same on every platform. Memory answers, or in a page one read of the store; `get-session.ts`, loaded late, does the rest.
 */
import type { ClientSettings } from "../options/config.js";
import { AbortedError } from "../errors.js";
import { type ClientEvents, EventHub, type Listener } from "../events.js";
import {
  type GetTokenOptions,
  readSignIn,
  readSignOut,
  readTokenRequest,
  satisfies,
  type SignInOptions,
  type SignOutOptions,
  type TokenProvider,
  type TokenRequest,
} from "../options/call.js";
import { TokenMemory } from "../session/memory.js";
import { PublishedSession, type SessionState } from "../session/session-state.js";
import type { UserInfo } from "../protocol/user-info.js";
import { abortedError, untilAborted } from "../settle.js";
import { accessTokenOf, type IdTokenClaims, type SessionRecord, type TokenSet } from "../token-set.js";
import type { Diagnosis } from "./diagnosis.js";
import { bindMethods } from "./bound-methods.js";
import { ClickPopup } from "./click-popup.js";
import { Closable } from "./closable.js";
import { FirstRead } from "./first-read.js";
import { KEYSTONE_DEV_URL, KEYSTONE_STG_URL, KEYSTONE_URL } from "./keystone.js";
import { LateAccess } from "./late-access.js";
import type { ClientParts } from "./parts.js";
import { RunningCalls } from "./running-calls.js";
import type { SignOutResult } from "./sign-out-result.js";

export class OidcClientCore extends Closable implements TokenProvider {
  /** The issuer of Cegal's Keystone, of its staging and of its development instance. */
  static readonly KEYSTONE_URL = KEYSTONE_URL;
  static readonly KEYSTONE_STG_URL = KEYSTONE_STG_URL;
  static readonly KEYSTONE_DEV_URL = KEYSTONE_DEV_URL;

  readonly #config: ClientSettings;
  readonly #parts: ClientParts;
  readonly #events = new EventHub();
  readonly #published = new PublishedSession(this.#events);
  readonly #memory: TokenMemory;
  readonly #firstRead: FirstRead;
  readonly #calls = new RunningCalls();
  readonly #popup: ClickPopup;
  readonly #late: LateAccess;
  #ready: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** @internal */
  protected constructor(config: ClientSettings, parts: ClientParts) {
    super();
    bindMethods(this, OidcClientCore.prototype);
    this.#config = config;
    this.#parts = parts;
    const { minValidityMs, clockToleranceMs, requiredClaims } = config;
    this.#memory = new TokenMemory(parts.clock, minValidityMs, clockToleranceMs, requiredClaims);
    this.#popup = new ClickPopup(() => parts.openPopup?.());
    this.#late = new LateAccess(parts, this.#memory, this.#published, this.#popup, this.#calls);
    const isOver = () => this.#late.loaded !== undefined || this.#calls.closed !== undefined;
    this.#firstRead = new FirstRead(parts.storedToken, this.#memory, this.#published, isOver, {
      change: () => this.#late.changedByOthers(this.#events),
      // What a session in use will need is loaded early: later a bad network or a deploy could take it away.
      refreshToken: () => this.#late.loadWhenIdle(),
    });
  }

  /**
   * The session as this client knows it: one object until it changes, in the same turn as the `session` event. Reading it looks
   * nowhere; the first listener for `session`, `ready`, or any call does.
   */
  get session(): SessionState {
    return this.#published.state;
  }

  /**
   * The access token: from memory, from the store, renewed, or after a login. Call it each time a token is used.
   *
   * @throws LoginRequiredError (`login_required`) when a person is needed, whom this call may not ask
   * @throws NetworkError, TimeoutError, ResponseError (`network`, `timeout`, `response`): retryable
   * @throws ProviderError (`provider`), TokenValidationError (`token_validation`), DiscoveryError (`discovery`),
   * StorageError (`storage`), LockTimeoutError (`lock_timeout`), AbortedError (`aborted`), PopupError (`popup`),
   * EnvironmentError (`environment`), ConfigurationError (`configuration`): see the docs of each
   */
  getAccessToken(options?: GetTokenOptions): Promise<string> {
    if (options === undefined) {
      const hot = this.#memory.hot();
      if (hot !== undefined) return hot;
    }
    return this.#obtain(options).then((record) => accessTokenOf(record)?.token as string);
  }

  /** The same as `getAccessToken()`, with all that is known about the token. It throws the same. */
  async getTokenSet(options?: GetTokenOptions): Promise<TokenSet> {
    const record = await this.#obtain(options);
    return (await this.#late.open()).tokenSetOf(record);
  }

  /** The claims of the stored session's ID Token; `undefined` when nobody is signed in. No network, no login. */
  async getIdTokenClaims(): Promise<IdTokenClaims | undefined> {
    return await (await this.#late.open()).claims();
  }

  /**
   * What the provider says of the person (OpenID Connect Core 1.0 §5.3): JSON, or signed and verified. Its `sub` is compared
   * with the ID Token's. It obtains an access token as `getAccessToken()` does, and throws the same; beside that:
   * @throws TokenValidationError (`token_validation`) where the answer speaks of another person, or is signed and not valid
   * @throws ProviderError (`provider`), ResponseError (`response`) where the endpoint refuses the access token
   * @throws DiscoveryError (`discovery`) where the provider has no such endpoint
   */
  async getUserInfo(options?: GetTokenOptions): Promise<UserInfo> {
    const record = await this.#obtain(options);
    const renew = (rejectedToken: string) => this.#obtain({ ...options, forceRefresh: false, rejectedToken });
    const asking = (await this.#late.open()).userInfo(record, options?.signal, renew);
    return await this.#calls.whileOpen(untilAborted(asking, options?.signal));
  }

  /**
   * Asks the provider for a login now, whatever is stored. Callers at the same time share one login. In a page it leaves for
   * the provider, or opens its popup in the call. It throws what a login of `getAccessToken()` throws.
   *
   * @throws ConfigurationError (`configuration`) for an option that cannot be used, or that chooses a token
   */
  async signIn(options: SignInOptions = {}): Promise<void> {
    this.#calls.mustBeOpen();
    const request = readSignIn(options, this.#parts.loginMode !== undefined);
    const isPopup = (request.loginMode ?? this.#parts.loginMode) === "popup";
    // In the click, whatever has been loaded by now.
    const [popup, askedAt] = [isPopup ? this.#popup.open() : undefined, this.#parts.activation?.askedAt()];
    const end = this.#late.use((access) => access.signIn(request, popup, askedAt), request.signal);
    await this.#calls.whileOpen(this.#popup.during(popup, end));
  }

  /**
   * Ends the session: here first, whatever the provider does; then its tokens are revoked (RFC 7009); then, where asked,
   * the provider's own session ends (OpenID Connect RP-Initiated Logout 1.0). Never rejects for the provider's faults.
   */
  async signOut(options: SignOutOptions = {}): Promise<SignOutResult> {
    this.#calls.mustBeOpen();
    const request = readSignOut(options);
    // Here it is told when it is through: a listener that reloads the page would cut the requests off.
    const tell = this.#published.hold();
    return await this.#calls.toItsEnd(() => this.#late.signOut(request, this.#firstRead)).finally(tell);
  }

  /**
   * Clears the session when a front-channel logout request speaks of it: `iss` and `sid` must match the ID Token's.
   * Gives whether it did. [the page's own address] (OpenID Connect Front-Channel Logout 1.0)
   */
  async handleFrontchannelLogout(url?: string): Promise<boolean> {
    return await (await this.#late.open()).handleFrontchannelLogout(url);
  }

  /** Deletes the tokens in memory and in the store, without telling the provider. @throws StorageError (`storage`) */
  async destroyTokens(): Promise<void> {
    this.#calls.mustBeOpen();
    await this.#calls.toItsEnd(async () => {
      const access = this.#late.loaded ?? (await this.#late.openIfHad());
      await (access ? access.destroyTokens() : this.#firstRead.remove());
    });
  }

  /** Deletes the access token only: the next call uses the refresh token. */
  destroyAccessToken(): Promise<void> {
    return this.#calls.toItsEnd(async () => await (await this.#late.open()).destroyAccessToken());
  }

  /**
   * Checks what a login needs, without one: the provider, this page or machine, the store. It sends no secret and follows no
   * redirect: it asks for the metadata and the keys; in Node it makes one authorization request with `prompt=none`; in a page it
   * sends a token request without a code, and asks for the page itself. A check that throws is a finding (`failed`).
   * @throws AbortedError (`aborted`) where the client is closed
   * @throws NetworkError (`network`) where a part of the library cannot be loaded
   */
  async diagnose(): Promise<Diagnosis> {
    return await this.#calls.whileOpen(this.#late.open().then((access) => access.diagnose()));
  }

  /** Listens; gives the function that ends the subscription. Events come after the call that caused them has stored its result. */
  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): () => void {
    const stop = this.#events.on(name, listener);
    const look = () => void this.#look().catch(() => {});
    if (name === "session" && !this.#parts.isRendering) this.#calls.whenNone(this.#parts.clock, look);
    return stop;
  }

  /**
   * Resolves when the stored session and the provider's metadata are known: a popup can then open in the click.
   * Never rejects; what could not be had is asked for again by the next call, and by the next `ready`.
   */
  get ready(): Promise<void> {
    this.#ready ??= this.#late
      .load()
      .then((access) => access.prepare())
      .catch(() => {
        this.#ready = undefined;
      });
    return this.#ready;
  }

  /**
   * Ends pending logins, closes channels and ports. What was sent to the provider is waited for, and stored: at most
   * `requestTimeoutSeconds` and `storageTimeoutSeconds`. Calls made afterwards, or waiting, are AbortedError (`aborted`).
   * The session stays stored.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = new AbortedError("The client was closed. Make a new client to go on.");
    const endings = this.#calls.close(closed);
    this.#memory.drop();
    this.#events.clear("session");
    this.#parts.activation?.close();
    await this.#late.loaded?.close(closed, endings);
    // A sign-out that waited for a part to load had nothing that could be closed.
    await endings;
    this.#events.clear();
    this.#parts.storedToken?.close();
  }

  async #obtain(options: GetTokenOptions | undefined): Promise<SessionRecord> {
    const request = readTokenRequest(options, this.#config);
    this.#calls.mustBeOpen();
    if (request.signal?.aborted) throw abortedError();
    // At once, both: the person's doing is over by the next await, and a popup has to open in the click.
    const askedAt = this.#parts.activation?.askedAt();
    const get = this.#late.loaded ? this.#late.loaded.get(request, askedAt) : this.#first(request, askedAt);
    const record = await this.#calls.whileOpen(get);
    this.#memory.serves();
    return record;
  }

  /** Before anything else is loaded. */
  async #first(request: TokenRequest, askedAt: number | undefined): Promise<SessionRecord> {
    const stored = await untilAborted(this.#firstRead.read(), request.signal);
    if (stored && !this.#memory.isLacking && satisfies(stored, request, this.#memory.left())) return stored;
    return await this.#late.use((access) => access.get(request, askedAt), request.signal);
  }

  /** Finds out what `session` is, where no call does. */
  async #look(): Promise<void> {
    if (this.#published.state.status !== "unknown") return;
    if ((await this.#firstRead.read()) === undefined) await (await this.#late.open(true)).look();
  }
}
