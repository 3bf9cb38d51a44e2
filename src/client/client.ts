/**
 * OidcClient's core: the same on every platform. A token in memory, or one that lies ready in the store, is given from
 * here; whatever takes more is done by the session (`client-session.ts`), which a page loads when it comes to that.
 */
import type { ClientSession } from "./client-session.js";
import type { ClientSettings } from "../options/config.js";
import { AbortedError, type KeystoneAuthError, StorageError } from "../errors.js";
import { type ClientEvents, EventHub, type Listener } from "../events.js";
import type { Ground } from "./ground.js";
import { KEYSTONE_DEV_URL, KEYSTONE_STG_URL, KEYSTONE_URL } from "./keystone.js";
import { lazily, notRevoked } from "../load-part.js";
import { TokenMemory } from "../session/token-memory.js";
import { accessTokenOf, type IdTokenClaims, type SessionRecord, type TokenSet } from "../token-set.js";
import { abortedError, untilAborted } from "../settle.js";
import type { SignOutOptions, SignOutResult } from "./sign-out.js";
import { type GetTokenOptions, isUsable, readTokenRequest } from "../options/call.js";

export class OidcClientCore {
  /** The issuer of Cegal's Keystone. */
  static readonly KEYSTONE_URL = KEYSTONE_URL;
  /** Its staging instance. */
  static readonly KEYSTONE_STG_URL = KEYSTONE_STG_URL;
  /** Its development instance. */
  static readonly KEYSTONE_DEV_URL = KEYSTONE_DEV_URL;

  readonly #config: ClientSettings;
  readonly #ground: Ground;
  readonly #events = new EventHub();
  readonly #memory: TokenMemory;
  readonly #load: () => Promise<ClientSession>;
  readonly #waiting = new Set<(reason: AbortedError) => void>();
  #session: ClientSession | undefined;
  #peeking: Promise<SessionRecord | undefined> | undefined;
  /** Counts the changes of the stored session that were heard of. */
  #news = 0;
  #ready: Promise<void> | undefined;
  #closed: AbortedError | undefined;

  protected constructor(config: ClientSettings, ground: Ground) {
    this.#config = config;
    this.#ground = ground;
    this.#memory = new TokenMemory(ground.clock, config.minValidityMs, config.clockToleranceMs);
    this.#load = lazily(() => this.#loadSession());
    if (ground.isAwaited) this.#load().catch(() => {});
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
      const hot = this.#memory.hot();
      if (hot !== undefined) return hot;
    }
    return this.#obtain(options).then((record) => accessTokenOf(record)?.token as string);
  }

  /** The same as `getAccessToken()`, with all that is known about the token. It throws the same. */
  async getTokenSet(options?: GetTokenOptions): Promise<TokenSet> {
    const record = await this.#obtain(options);
    return (await this.#openSession()).tokenSetOf(record);
  }

  /** The claims of the stored session's ID Token; `undefined` when nobody is signed in. No network, no login. */
  async getIdTokenClaims(): Promise<IdTokenClaims | undefined> {
    return await (await this.#openSession()).claims();
  }

  /** Asks for a login now, whatever is stored. Callers at the same time share one login. */
  async signIn(options: Pick<GetTokenOptions, "signal"> = {}): Promise<void> {
    this.#mustBeOpen();
    const request = readTokenRequest({ ...options, interaction: "allowed" }, this.#config);
    const later = async () => await (await untilAborted(this.#openSession(), request.signal)).signIn(request);
    await this.#whileOpen(this.#session ? this.#session.signIn(request) : later());
  }

  /**
   * Ends the session: here first, whatever the provider does; then its tokens are revoked (RFC 7009); then, where asked,
   * the provider's own session ends (OpenID Connect RP-Initiated Logout 1.0). Never rejects for the provider's faults.
   */
  async signOut(options: SignOutOptions = {}): Promise<SignOutResult> {
    this.#mustBeOpen();
    const { signal } = readTokenRequest(options, this.#config);
    const session = this.#session ?? (await this.#sessionIfHad());
    if (session) return await session.signOut(options, signal);
    const errors: KeystoneAuthError[] = [];
    await this.#forgetAlone().catch((error: StorageError) => errors.push(error));
    if (!options.local) errors.push(notRevoked());
    const revocation = options.local ? "skipped" : "failed";
    return { revocation, providerSession: options.providerSession === false ? "skipped" : revocation, errors };
  }

  /**
   * Clears the session when a front-channel logout request speaks of it: `iss` and `sid` must match the ID Token's.
   * Gives whether it did. [the page's own address] (OpenID Connect Front-Channel Logout 1.0)
   */
  async handleFrontchannelLogout(url?: string): Promise<boolean> {
    return await (await this.#openSession()).handleFrontchannelLogout(url);
  }

  /** Deletes this client's tokens in memory and in the store, without telling the provider. @throws StorageError (`storage`) */
  async destroyTokens(): Promise<void> {
    this.#mustBeOpen();
    const session = this.#session ?? (await this.#sessionIfHad());
    await (session ? session.destroyTokens() : this.#forgetAlone());
  }

  /** Deletes the access token only: the next call uses the refresh token. */
  async destroyAccessToken(): Promise<void> {
    await (await this.#openSession()).destroyAccessToken();
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
    this.#ready ??= this.#load().then(
      (session) => session.prepare(),
      () => {},
    );
    return this.#ready;
  }

  /** Ends pending logins, closes channels and ports. Calls made afterwards, or waiting, are AbortedError (`aborted`). The session stays stored. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = new AbortedError("The client was closed; the session is kept. Make a new client to go on.");
    for (const reject of this.#waiting) reject(this.#closed);
    this.#events.clear();
    this.#memory.drop();
    this.#session?.close();
    this.#ground.close?.();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #obtain(options: GetTokenOptions | undefined): Promise<SessionRecord> {
    const request = readTokenRequest(options, this.#config);
    this.#mustBeOpen();
    if (request.signal?.aborted) throw abortedError();
    const first = async () => {
      const stored = await untilAborted(this.#peek(), request.signal);
      if (stored && isUsable(stored, request, this.#memory.left())) return stored;
      return await (await untilAborted(this.#openSession(), request.signal)).obtain(request);
    };
    // At once where it can be: a popup has to open in the click.
    return await this.#whileOpen(this.#session ? this.#session.obtain(request) : first());
  }

  /** The stored session, where nothing has to be loaded for it; one look for all who ask at the same time. */
  #peek(): Promise<SessionRecord | undefined> {
    this.#peeking ??= this.#look().finally(() => {
      this.#peeking = undefined;
    });
    return this.#peeking;
  }

  async #look(): Promise<SessionRecord | undefined> {
    for (;;) {
      const news = this.#news;
      const record = await this.#ground.peek?.(() => this.#hear());
      // The session was loaded meanwhile, and may have changed what was read.
      if (record === undefined || this.#session || this.#closed) return undefined;
      if (news !== this.#news) continue;
      this.#memory.hold(record);
      return record;
    }
  }

  /** Somebody else may have changed the stored session. */
  #hear(): void {
    this.#news += 1;
    this.#memory.distrust();
    // Somebody wants to be told what it was. A session that is loaded hears of it by itself.
    if (this.#session === undefined && this.#events.isUsed) {
      this.#load()
        .then((session) => session.look())
        .catch(() => {});
    }
  }

  async #loadSession(): Promise<ClientSession> {
    const session = await this.#ground.loadSession(this.#memory, this.#events);
    this.#session = session;
    if (this.#closed) session.close();
    // From then on it listens by itself. Not where an answer waits in the address: the first call has to meet that first.
    else if (!this.#ground.isAwaited) {
      session.open().then(
        () => this.#ground.close?.(),
        () => {},
      );
    }
    return session;
  }

  async #openSession(): Promise<ClientSession> {
    this.#mustBeOpen();
    const session = this.#session ?? (await this.#load());
    this.#mustBeOpen();
    return session;
  }

  /** `undefined` where it cannot be loaded, and the stored session can be deleted all the same. */
  #sessionIfHad(): Promise<ClientSession | undefined> {
    return this.#load().catch((error: unknown) => {
      if (!this.#ground.forget) throw error;
      return undefined;
    });
  }

  async #forgetAlone(): Promise<void> {
    this.#news += 1;
    this.#memory.drop();
    this.#events.emit("session", { reason: "signed_out" });
    try {
      await this.#ground.forget?.();
    } catch {
      throw new StorageError("unavailable", "The stored session could not be deleted. Sign out again.");
    }
  }

  /** Settles as the work does, or when the client is closed. */
  async #whileOpen<T>(work: Promise<T>): Promise<T> {
    // Not a listener on a signal: a thousand calls at once would make the runtime warn of a leak.
    const closed = new Promise<never>((_, reject) => {
      this.#waiting.add(reject);
      const settled = () => this.#waiting.delete(reject);
      work.then(settled, settled);
    });
    return await Promise.race([work, closed]);
  }

  #mustBeOpen(): void {
    if (this.#closed) throw this.#closed;
  }
}
