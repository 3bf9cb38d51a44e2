/**
 * The way of `getAccessToken()` past memory: a response in the address bar, the store, a renewal, a login. The protocol
 * is loaded when a call gets as far as the network.
 */
import type { ClientConfig } from "./config.js";
import { isKeystoneAuthError, type KeystoneAuthError, LoginRequiredError } from "./errors.js";
import type { LoginDesk } from "./login/login-desk.js";
import type { EarlyWindow, Platform } from "./platform.js";
import type { ProtocolEngine } from "./protocol/engine.js";
import type { RenewRequest, SessionKeeper } from "./session/session-keeper.js";
import type { SessionView } from "./session/session-view.js";
import { accessTokenOf, type SessionRecord } from "./session/token-set.js";
import { isUsable, type TokenRequest } from "./token-request.js";

/** The parts that are loaded when a call needs more than a stored token. */
export interface Machinery {
  readonly engine: ProtocolEngine;
  readonly keeper: SessionKeeper;
  readonly desk: LoginDesk;
  readonly mayLoginHelp: (error: KeystoneAuthError) => boolean;
}

export class TokenSource {
  #machinery: Promise<Machinery> | undefined;
  #loaded: Machinery | undefined;

  constructor(
    private readonly config: ClientConfig,
    private readonly platform: Platform,
    private readonly view: SessionView,
  ) {}

  /** The machinery if it is loaded: where it is not, no login is pending. */
  get loaded(): Machinery | undefined {
    return this.#loaded;
  }

  load(): Promise<Machinery> {
    this.#machinery ??= import("./machinery.js")
      .then(({ createMachinery }) => createMachinery(this.config, this.platform, this.view))
      .then((machinery) => {
        this.#loaded = machinery;
        return machinery;
      })
      .catch((error: unknown) => {
        // A part that could not be loaded may be there the next time.
        this.#machinery = undefined;
        throw error;
      });
    return this.#machinery;
  }

  /** Whether the record's token will do. `before` is the token that a forced call must not get again. */
  fits(record: SessionRecord | undefined, request: TokenRequest, before?: string): boolean {
    return isUsable(record, request, this.view.timeLeft(record), before);
  }

  /** A session whose token satisfies the request. `early` is a popup that was opened in the user's click. */
  async find(request: TokenRequest, early: EarlyWindow | undefined): Promise<SessionRecord> {
    if (this.platform.mayResume?.()) await (await this.load()).desk.resume(request.signal);
    const record = await this.view.look();
    const before = accessTokenOf(record)?.token;
    if (record && this.fits(record, request, before)) return record;
    const renewed = await this.#tryRenewal(request, record, before);
    return isKeystoneAuthError(renewed) ? await this.#logIn(request, renewed, early) : renewed;
  }

  /** Renews now, whatever is stored: how a program that signs in as itself "signs in". */
  async renewNow(request: TokenRequest): Promise<void> {
    const { keeper } = await this.load();
    const before = accessTokenOf(await this.view.look())?.token;
    await keeper.renew(this.#renewal({ ...request, force: true }, before));
  }

  /** The renewed session, or the failure that a login could mend. Throws what a login could not mend. */
  async #tryRenewal(
    request: TokenRequest,
    record: SessionRecord | undefined,
    before: string | undefined,
  ): Promise<SessionRecord | KeystoneAuthError> {
    const program = this.config.flow === "client_credentials";
    if (record?.refreshToken === undefined && !program) return this.view.whyNoSession();
    const { keeper, engine, mayLoginHelp } = await this.load();
    try {
      const renewed = await keeper.renew(this.#renewal(request, before));
      // Who joined a renewal that others began may get the very token that it must not get.
      const unfit = accessTokenOf(renewed)?.token;
      const again = unfit === request.rejectedToken || (request.force && unfit === before);
      return again ? await keeper.renew(this.#renewal(request, before)) : renewed;
    } catch (error) {
      // Found empty behind the lock: somebody else ended the session meanwhile. Memory and listeners have to learn it.
      if (isNobodySignedIn(error)) {
        await this.view.look().catch(() => {});
        return this.view.whyNoSession();
      }
      const fallback = this.#fallback(error, request, record);
      if (fallback) return fallback;
      if (!isKeystoneAuthError(error) || program || !mayLoginHelp(error)) throw error;
      // A page that is no OAuth error may be a captive portal's: a login helps only where the provider itself answers.
      if (error.code === "response" && (request.interaction === "never" || !(await engine.isReachable()))) throw error;
      return error;
    }
  }

  async #logIn(
    request: TokenRequest,
    failure: KeystoneAuthError,
    early: EarlyWindow | undefined,
  ): Promise<SessionRecord> {
    const silent = this.platform.silentLogin !== undefined;
    const mayAsk = request.interaction !== "never";
    if (!mayAsk && !silent) throw failure;
    const { desk } = await this.load();
    try {
      if (silent && (await desk.silentLogin(request.signal))) return await this.view.mustHave();
    } catch (error) {
      // Whatever kept the silent login, a person may get further; an abort or a sign-out ends the call.
      const mayGoOn = isKeystoneAuthError(error) && error.code !== "aborted" && !isSignOut(error);
      if (!mayAsk || !mayGoOn) throw error;
      this.config.log.info(`the silent sign-in did not work: ${error.message}`);
    }
    if (!mayAsk) throw failure;
    return await desk.login(early, request.signal);
  }

  /** A token that truly has time left serves while the provider, the network or the lock is in trouble. */
  #fallback(error: unknown, request: TokenRequest, record: SessionRecord | undefined): SessionRecord | undefined {
    const passing = isKeystoneAuthError(error) && error.retryable && error.code !== "provider";
    const token = accessTokenOf(record);
    if (!passing || request.force || token === undefined || token.token === request.rejectedToken) return undefined;
    if (this.view.timeLeft(record) <= 0) return undefined;
    this.config.log.warn(`the token could not be renewed and is used while it has time left: ${error.message}`);
    return record;
  }

  #renewal(request: TokenRequest, before: string | undefined): RenewRequest {
    return { isUsable: (record) => this.fits(record, request, before), signal: request.signal };
  }
}

function isNobodySignedIn(error: unknown): boolean {
  return error instanceof LoginRequiredError && error.reason !== "refresh_rejected";
}

function isSignOut(error: KeystoneAuthError): boolean {
  return error instanceof LoginRequiredError && error.reason === "signed_out";
}
