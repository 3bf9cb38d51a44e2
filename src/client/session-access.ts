/** The session behind a client: what it does when the token in memory does not serve. */
import type { Diagnosis } from "./diagnosis.js";
import { SessionFinder } from "./get-session.js";
import type { Online } from "./online.js";
import type { EarlyPopup, Platform } from "./platform.js";
import { SignOut, type SignOutResult } from "./sign-out.js";
import { ConfigurationError, isKeystoneAuthError, type KeystoneAuthError } from "../errors.js";
import { lazily, loadPart } from "../load-part.js";
import type { LoginRequest, SignInOptions, SignOutRequest, TokenRequest } from "../options/call.js";
import type { ClientConfig } from "../options/config.js";
import { signedOut, withoutSession } from "../session/login-required.js";
import { claimsOf, tokenSetOf } from "../session/record.js";
import type { Session } from "../session/session.js";
import { abortedError, untilAborted } from "../settle.js";
import type { UserInfo } from "../protocol/user-info.js";
import {
  accessTokenOf,
  type IdTokenClaims,
  type SessionRecord,
  type StoredAccessToken,
  type TokenSet,
} from "../token-set.js";

/** So long is a token not renewed again for an endpoint that refused the renewed one, too. */
const REFUSED_MS = 30_000;

export class SessionAccess {
  readonly #load: () => Promise<Online>;
  readonly #finder: SessionFinder;
  readonly #signOut: SignOut;
  readonly #popup: ClickPopup;
  #online: Online | undefined;
  #isReady = false;
  #refusedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly config: ClientConfig,
    private readonly platform: Platform,
    readonly session: Session,
  ) {
    this.#load = lazily(async () => {
      const { goOnline } = await import("./online.js");
      this.#online = await goOnline(config, platform, session);
      return this.#online;
    });
    this.#finder = new SessionFinder(config, platform, session, this.#load);
    this.#signOut = new SignOut(platform, session, this.#load, () => this.#online);
    this.#popup = new ClickPopup(() => platform.openPopup?.());
  }

  /** A session whose access token satisfies the request. Where a popup will be needed it opens in the call, before any await. */
  async get(request: TokenRequest): Promise<SessionRecord> {
    const { session } = this;
    const held = session.fromMemory();
    if (held && session.satisfies(held, request)) return held;
    const isAsked = this.platform.isAsked?.() ?? false;
    const mayLogIn = request.interaction === "allowed" && (isAsked || !session.known.isSignedOut);
    const popup = mayLogIn ? this.#openPopup() : undefined;
    const call = { ...request, isAsked, popup, since: session.signOuts.now() };
    return await this.#withPopup(popup, this.#finder.find(call), request.signal);
  }

  /** Asks the provider for a login now, whatever is stored. */
  async signIn({ signal, ...request }: LoginRequest & Pick<SignInOptions, "signal">): Promise<void> {
    const popup = this.#openPopup();
    const since = this.session.signOuts.now();
    const signIn = async () => {
      const { login, refresher } = await this.#load();
      if (this.session.isClosed) throw abortedError();
      if (this.session.signOuts.isSince(since)) throw signedOut();
      if (!this.#isProgram) return await login.signIn(popup, { own: since.own }, signal, request);
      const present = accessTokenOf(await this.session.read().catch(() => undefined))?.token;
      const { interaction, minValidityMs } = this.config;
      const refused = present === undefined ? [] : [present];
      return await refresher.refresh({ interaction, minValidityMs, forceRefresh: false, refused, signal });
    };
    await this.#withPopup(popup, signIn(), signal);
  }

  /** Finishes a login whose response stands in the address. It throws what that login throws. */
  async resume(): Promise<void> {
    await (await this.#load()).login.resume();
  }

  /** Finds out what a login in a click would have to wait for. Never rejects. */
  async prepare(): Promise<void> {
    if (this.session.isClosed) return;
    try {
      await Promise.all([this.session.read(), this.platform.prepareLogin?.()]);
      if (!this.session.memory.held) await (await this.#load()).server.prepareLogin();
    } catch {
      this.config.log.debug("not everything could be made ready; the next call tries again");
    }
    this.#isReady = true;
  }

  /** Ends the session: here at once, then at the provider. */
  async signOut(request: SignOutRequest): Promise<SignOutResult> {
    this.#online?.login.cancel(signedOut());
    return await this.#signOut.run(request);
  }

  /** Deletes the session without telling the provider. @throws StorageError (`storage`) */
  async destroyTokens(isSignOut = false): Promise<void> {
    this.#online?.login.cancel(signedOut());
    const { error } = await this.session.forget(isSignOut);
    if (error) throw error;
  }

  /** Ends pending logins, waits for what was sent, for its write and for the `endings`, and gives everything back. */
  async close(reason: KeystoneAuthError, endings?: Promise<unknown>): Promise<void> {
    this.#popup.discard();
    this.#online?.login.cancel(reason);
    this.#signOut.close();
    const sent = async () => {
      await this.#online?.refresher.close(reason);
      await this.#online?.login.settled();
      await endings;
    };
    const settled = sent();
    this.platform.close?.();
    await this.session.close(settled);
    await this.#online?.refresher.released();
  }

  /** Drops the access tokens alone. @throws StorageError (`storage`) where the store cannot be read */
  async destroyAccessToken(): Promise<void> {
    await this.#truthfully(this.session.dropAccessTokens());
  }

  async claims(): Promise<IdTokenClaims | undefined> {
    return claimsOf((await this.#truthfully(this.session.readStored()))?.idToken);
  }

  /**
   * What the provider says of the person. A token that is refused is renewed once by `renew`; when that does not help, not
   * again for a while, so that a wrong scope does not cost a refresh a call.
   */
  async userInfo(
    record: SessionRecord,
    signal: AbortSignal | undefined,
    renew: (refused: string) => Promise<SessionRecord>,
  ): Promise<UserInfo> {
    if (this.#isProgram)
      throw new ConfigurationError("flow", "getUserInfo() needs a person: client_credentials has none.");
    const [{ server }, part] = await Promise.all([this.#load(), loadPart(() => import("../protocol/user-info.js"))]);
    const ask = (of: SessionRecord) =>
      part.requestUserInfo(
        server,
        accessTokenOf(of) as StoredAccessToken,
        claimsOf(of.idToken)?.sub ?? of.subject,
        signal,
      );
    const info = await ask(record);
    if (!(info instanceof Error)) return info;
    const { clock } = this.platform;
    if (clock.monotonic() - this.#refusedAt < REFUSED_MS) throw info;
    const again = await ask(await renew(accessTokenOf(record)?.token as string));
    if (!(again instanceof Error)) return again;
    this.#refusedAt = clock.monotonic();
    throw again;
  }

  tokenSetOf(record: SessionRecord): TokenSet {
    return tokenSetOf(record);
  }

  /** What stands in the way of a login, as the platform finds it. */
  async diagnose(): Promise<Diagnosis> {
    const { server } = await this.#load();
    return await this.platform.diagnose({ server, session: this.session });
  }

  /** Clears the session where a front-channel logout speaks of it (OpenID Connect Front-Channel Logout 1.0 §2). */
  async handleFrontchannelLogout(url: unknown = this.platform.address?.() ?? ""): Promise<boolean> {
    if (typeof url !== "string")
      throw new ConfigurationError("url", "The address of the logout request must be a string.");
    const parameters = URL.canParse(url) ? new URL(url).searchParams : new URLSearchParams();
    const [iss, sid] = [parameters.get("iss"), parameters.get("sid")];
    const claims = await this.claims();
    if (!claims && iss && sid)
      this.config.log.debug(
        "a front-channel logout came, and the storage of this page holds no session: a browser keeps the storage of a frame apart where the page around it is of another site",
      );
    if (!claims || !iss || !sid || claims.iss !== iss || claims.sid !== sid) return false;
    await this.destroyTokens(true);
    return true;
  }

  get #isProgram(): boolean {
    return this.config.flow === "client_credentials";
  }

  /** Only where it is already known that nobody is signed in. */
  #openPopup(): EarlyPopup | undefined {
    return this.#isReady && this.session.known.isEmpty ? this.#popup.open() : undefined;
  }

  /** Settles as the work does, or when the caller aborts; a popup that no login took over closes. */
  async #withPopup<T>(popup: EarlyPopup | undefined, work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    try {
      return await this.#truthfully(untilAborted(work, signal));
    } finally {
      if (popup) this.#popup.leave();
    }
  }

  /** The session may end beside a call, whatever the call's own error says of it. */
  async #truthfully<T>(work: Promise<T>): Promise<T> {
    const { known } = this.session;
    const { endings } = known;
    try {
      return await work;
    } catch (error) {
      const isKept = known.record !== undefined || endings === known.endings;
      throw isKept || !isKeystoneAuthError(error) || !error.sessionKept ? error : withoutSession(error);
    }
  }
}

/** Calls of one click share one popup: they will share the login, and a browser opens one popup a click. */
export class ClickPopup {
  readonly #open: () => EarlyPopup | undefined;
  #popup: EarlyPopup | undefined;
  #users = 0;

  constructor(open: () => EarlyPopup | undefined) {
    this.#open = open;
  }

  /** Opens it, or joins the one of this click; `undefined` where a login has it by now, which the call will join. */
  open(): EarlyPopup | undefined {
    if (this.#popup?.isTaken) return undefined;
    this.#popup ??= this.#open();
    if (this.#popup) this.#users += 1;
    return this.#popup;
  }

  /** Closes it with the last call that counts on it, unless a login has taken it over. */
  leave(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.discard();
    this.#popup = undefined;
  }

  discard(): void {
    this.#popup?.discard();
  }
}
