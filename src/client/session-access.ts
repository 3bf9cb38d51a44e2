/** The session behind a client: what it does when the token in memory does not serve. */
import type { Diagnosis } from "./diagnosis.js";
import type { ClickPopup } from "./click-popup.js";
import { SessionFinder } from "./get-session.js";
import { LoginAnswer } from "./login-answer.js";
import type { Online } from "./online.js";
import type { EarlyPopup, Platform } from "./platform.js";
import { type EndedAhead, SignOut } from "./sign-out.js";
import type { SignOutResult } from "./sign-out-result.js";
import { ConfigurationError, isKeystoneAuthError, type KeystoneAuthError } from "../errors.js";
import { lazily, loadPart } from "../load-part.js";
import type { LoginRequest, SignInOptions, SignOutRequest, TokenRequest } from "../options/call.js";
import type { ClientConfig } from "../options/config.js";
import { mustHaveClaims } from "../session/claim-missing.js";
import { signedOut, withoutSession } from "../session/login-required.js";
import { tokenSetOf } from "../session/record.js";
import type { Session } from "../session/session.js";
import { abortedError, untilAborted } from "../settle.js";
import type { UserInfo } from "../protocol/user-info.js";
import type { IdTokenClaims, SessionRecord, StoredAccessToken, TokenSet } from "../token-set.js";
import { accessTokenOf, claimsOf } from "../token-set.js";

/** So long is a token not renewed again for an endpoint that refused the renewed one, too. */
const REFUSED_MS = 30_000;

export class SessionAccess {
  readonly #load: () => Promise<Online>;
  readonly #answer: LoginAnswer;
  readonly #finder: SessionFinder;
  readonly #signOut: SignOut;
  #online: Online | undefined;
  #isReady = false;
  #refusedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly config: ClientConfig,
    private readonly platform: Platform,
    readonly session: Session,
    private readonly popup: ClickPopup,
  ) {
    this.#load = lazily(async () => {
      const { goOnline } = await import("./online.js");
      this.#online = await goOnline(config, platform, session);
      return this.#online;
    });
    this.#answer = new LoginAnswer(config, platform, session, this.#load);
    this.#finder = new SessionFinder(config, platform, session, this.#answer, this.#load);
    this.#signOut = new SignOut(platform, session, this.#load, () => this.#online);
  }

  /**
   * A session whose access token satisfies the request. Where a popup will be needed it opens in the call, before any await.
   * `askedAt` is when the person has asked for something, in a page.
   */
  async get(request: TokenRequest, askedAt?: number): Promise<SessionRecord> {
    const { session } = this;
    const held = session.known.awaitsLogin ? undefined : session.fromMemory();
    if (held && !session.memory.isLacking && session.satisfies(held, request)) return this.#answer.served(held);
    const isAsked = session.known.isAskedAfterEnd(askedAt);
    const popup = this.#mayOpen(request, isAsked) ? this.popup.open() : undefined;
    const call = { ...request, isAsked, popup, since: session.signOuts.now() };
    return await this.#truthfully(this.popup.during(popup, untilAborted(this.#finder.find(call), request.signal)));
  }

  /** Asks the provider for a login now, whatever is stored. The popup was opened in the program's call, where one is needed. */
  async signIn(
    { signal, ...request }: LoginRequest & Pick<SignInOptions, "signal">,
    popup: EarlyPopup | undefined,
    askedAt?: number,
  ): Promise<void> {
    const since = this.session.signOuts.now();
    const isAsked = this.session.known.isAskedAfterEnd(askedAt);
    const signIn = async () => {
      const answered = await this.#answer.serves({ isAsked, signal });
      if (answered) return answered;
      const { login, refresher } = await this.#load();
      if (this.session.isClosed) throw abortedError();
      if (this.session.signOuts.isSince(since)) throw signedOut();
      if (!this.#isProgram) {
        login.detach();
        return await login.signIn(popup, { own: since.own }, signal, request);
      }
      const present = accessTokenOf(await this.session.read().catch(() => undefined))?.token;
      const { interaction, minValidityMs } = this.config;
      const refused = present === undefined ? [] : [present];
      return await refresher.refresh({ interaction, minValidityMs, forceRefresh: false, refused, signal });
    };
    const record = await this.#truthfully(this.session.known.whileSigningIn(() => untilAborted(signIn(), signal)));
    mustHaveClaims(record, this.config);
  }

  /** Reads the stored session, so that `client.session` knows it. Never rejects. */
  async look(): Promise<void> {
    await this.#answer.settled();
    await this.session.readStored().catch(() => {});
  }

  /** Finds out what a login in a click would have to wait for. Never rejects. */
  async prepare(): Promise<void> {
    if (this.session.isClosed) return;
    await this.#answer.settled();
    try {
      await Promise.all([this.session.read(), this.platform.prepareLogin?.()]);
      if (!this.session.memory.held) await (await this.#load()).server.prepareLogin();
    } catch {
      this.config.log.debug("not everything could be made ready; the next call tries again");
    }
    this.#isReady = true;
  }

  /** Ends the session: here at once, then at the provider. */
  async signOut(request: SignOutRequest, ended?: EndedAhead): Promise<SignOutResult> {
    this.#online?.login.cancel(signedOut());
    return await this.#signOut.run(request, ended);
  }

  /** Deletes the session without telling the provider. @throws StorageError (`storage`) */
  async destroyTokens(isSignOut = false): Promise<void> {
    this.#online?.login.cancel(signedOut());
    const { error } = await this.session.forget(isSignOut);
    if (error) throw error;
  }

  /** Ends pending logins, waits for what was sent, for its write and for the `endings`, and gives everything back. */
  async close(reason: KeystoneAuthError, endings?: Promise<unknown>): Promise<void> {
    this.popup.discard();
    this.#online?.login.cancel(reason);
    this.#signOut.close(reason);
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
    await this.#truthfully(this.#dropAccessTokens());
  }

  async claims(): Promise<IdTokenClaims | undefined> {
    await this.#answer.settled();
    const record = await this.#truthfully(this.session.readStored());
    this.session.known.mustBeOurs(record);
    return claimsOf(record?.idToken);
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
    await this.#answer.settled();
    const record = await this.#truthfully(this.session.readStored());
    const claims = this.session.known.isAnothers(record) ? undefined : claimsOf(record?.idToken);
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

  async #dropAccessTokens(): Promise<void> {
    const { session } = this;
    const { store } = await session.open();
    for (;;) {
      const record = await session.readStored();
      // Another person's goes on.
      if (record === undefined || session.known.isAnothers(record)) return;
      const stored = session.expectChange();
      const { applied, current } = await store.replace(record, { ...record, accessTokens: {} });
      if (applied && current) return stored(current);
    }
  }

  /** Only where it is already known that nobody is signed in: a popup that is of no use would flash. */
  #mayOpen({ interaction }: TokenRequest, isAsked: boolean): boolean {
    const { known, memory } = this.session;
    if (this.platform.openPopup === undefined || interaction === "never" || (known.isSignedOut && !isAsked))
      return false;
    return this.#isReady && known.isEmpty && (interaction === "allowed" || isAsked || !memory.hasServed);
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
