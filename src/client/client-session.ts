/**
 * What a client does when the token is not at hand: the store, a renewal, a login, a sign-out. In a page it is loaded
 * then; only what the stored session needs is imported here, the protocol comes when a call needs the network.
 */
import type { ClientConfig } from "../options/config.js";
import type { KeystoneAuthError } from "../errors.js";
import type { EventHub } from "../events.js";
import { loadPart, notRevoked } from "../load-part.js";
import type { EarlyWindow, Platform } from "./platform.js";
import { claimsOf, tokenSetOf } from "../session/public-view.js";
import { SessionView } from "../session/session-view.js";
import type { TokenMemory } from "../session/token-memory.js";
import type { IdTokenClaims, SessionRecord, TokenSet } from "../token-set.js";
import { untilAborted } from "../settle.js";
import type { SignOutOptions, SignOutResult } from "./sign-out.js";
import { signOutSignal } from "./sign-out-signal.js";
import type { TokenRequest } from "../options/call.js";
import { TokenSource } from "./token-source.js";

export class ClientSession {
  readonly #config: ClientConfig;
  readonly #platform: Platform;
  readonly #view: SessionView;
  readonly #source: TokenSource;
  #wasReady = false;
  /** The popup of the last click, and how many calls count on it. */
  #early: EarlyWindow | undefined;
  #earlyUsers = 0;
  /** What `close()` calls. */
  readonly #ending = new Set<() => void>();
  #closed = false;

  constructor(config: ClientConfig, platform: Platform, memory: TokenMemory, events: EventHub) {
    this.#config = config;
    this.#platform = platform;
    this.#view = new SessionView(config, platform, memory, events);
    this.#source = new TokenSource(config, platform, this.#view);
  }

  /** Resolves when other tabs and processes are listened to, and the store can be asked. */
  async open(): Promise<void> {
    await this.#view.open();
  }

  /** A session whose token satisfies the request. Where a popup will be needed it opens in the call, before any await. */
  async obtain(request: TokenRequest): Promise<SessionRecord> {
    const held = this.#view.fromMemory();
    if (held && this.#source.fits(held, request)) return held;
    const early = request.interaction === "allowed" ? this.#openEarly() : undefined;
    return await this.#withEarly(early, this.#source.find(request, early), request.signal);
  }

  async claims(): Promise<IdTokenClaims | undefined> {
    return claimsOf((await this.look())?.idToken);
  }

  tokenSetOf(record: SessionRecord): TokenSet {
    return tokenSetOf(record);
  }

  /** Looks into the store: whatever has changed there is told to the listeners. */
  look(): Promise<SessionRecord | undefined> {
    return this.#view.look();
  }

  async signIn(request: TokenRequest): Promise<void> {
    const early = this.#openEarly();
    if (this.#config.flow === "client_credentials") {
      const { renewNow } = await loadPart(() => import("./token-renewal.js"));
      return await renewNow(this.#source, request);
    }
    const login = this.#source.load().then(({ desk }) => desk.login(early, request.signal));
    await this.#withEarly(early, login, request.signal);
  }

  /** `signal` and `close()` end what is left to do at the provider. */
  async signOut(options: SignOutOptions, signal: AbortSignal | undefined): Promise<SignOutResult> {
    const rest = signOutSignal(signal, this.#ending);
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
      const providerSession = wantsPage ? "failed" : "skipped";
      return { revocation: "failed", providerSession, errors: [...here.errors, notRevoked()] };
    } finally {
      rest.end();
      early?.discard();
    }
  }

  async handleFrontchannelLogout(url: string | undefined): Promise<boolean> {
    const { frontchannelLogout } = await loadPart(() => import("./frontchannel-logout.js"));
    return await frontchannelLogout(url ?? this.#platform.address?.() ?? "", this.#view);
  }

  async destroyTokens(): Promise<void> {
    this.#source.loaded?.desk.cancel();
    await this.#view.forget();
  }

  async destroyAccessToken(): Promise<void> {
    const { dropAccessTokens } = await loadPart(() => import("../session/drop-access-tokens.js"));
    await dropAccessTokens(this.#view);
  }

  /** Finds out what a login in a click would have to wait for. Never rejects. */
  async prepare(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#view.look();
      if (!this.#view.memory.held) await (await this.#source.load()).server.prepareLogin();
    } catch {
      this.#config.log.debug("not everything could be made ready; the next call tries again");
    }
    this.#wasReady = true;
  }

  close(): void {
    this.#closed = true;
    for (const end of this.#ending) end();
    this.#early?.discard();
    this.#view.close();
    this.#source.loaded?.desk.cancel();
    this.#platform.close?.();
  }

  /** With nothing that would have to be loaded: a page that is offline can sign out, too. */
  async #signOutHere(): Promise<{ record: SessionRecord | undefined; errors: KeystoneAuthError[] }> {
    // What will be revoked must be read before it is deleted; a store that cannot be read is deleted all the same.
    const record = await this.#view.look().catch(() => this.#view.memory.held?.record);
    const errors: KeystoneAuthError[] = [];
    await this.destroyTokens().catch((error: KeystoneAuthError) => errors.push(error));
    return { record, errors };
  }

  /** Settles as the work does, or when the caller aborts; a window that no login took over closes. */
  async #withEarly<T>(early: EarlyWindow | undefined, work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    try {
      return await untilAborted(work, signal);
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
}
