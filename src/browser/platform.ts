/** The browser as the client sees it: the part of a page that does what a stored token does not need. */
import type { Diagnosis } from "../client/diagnosis.js";
import type { DiagnosisSubject, EarlyPopup, LoginAttempt, Platform } from "../client/platform.js";
import type { ProviderSessionResult } from "../client/sign-out-result.js";
import { systemClock } from "../clock.js";
import type { StorageError } from "../errors.js";
import { loadPart } from "../load-part.js";
import type { BrowserConfig } from "../options/config.js";
import type { OpenedStore } from "../ports.js";
import type { AuthorizationServer } from "../protocol/authorization-server.js";
import type { NetworkHint } from "../protocol/fetch.js";
import type { EndSessionRequest } from "../protocol/sign-out.js";
import type { SessionRecord } from "../token-set.js";
import { AddressResponse } from "./address-response.js";
import { forgetDeparture } from "./departure.js";
import { type OpenedPopup, openPopup } from "./early-popup.js";
import { whenIdle } from "./idle.js";
import { endSessionInPage } from "./logout.js";
import { type LogoutTarget, sendLogoutRequest } from "./logout-request.js";
import { PageStores } from "./page-stores.js";
import { hasPage, requireLoginPage, whenShown } from "./page.js";
import { noteAnswer } from "./page-turns.js";
import { PendingLogins } from "./pending-logins.js";
import { ProviderCache } from "./provider-cache.js";
import { isRefusal, RedirectLogin } from "./redirect-login.js";
import { SilentRefusals } from "./silent-refusal.js";
import type { FirstStoredToken } from "./stored-token.js";
import { WayBack } from "./way-back.js";
import { loadFor, popupLogin, silentLogin } from "./window-login.js";
import { WindowReturn } from "./window-return.js";

export class BrowserPlatform implements Platform {
  readonly clock = systemClock;
  readonly isPage = true;
  readonly endsProviderSession = true;
  readonly networkHint: NetworkHint = ({ isLate }) =>
    isLate
      ? undefined
      : "Try again when the network is back. In a browser this may also be CORS: the provider must allow this page's origin at its metadata, key set and token endpoint.";
  readonly postLogoutRedirectUri: string | undefined;
  readonly openPopup?: () => EarlyPopup;
  readonly silentLogin?: (attempt: LoginAttempt) => Promise<SessionRecord>;
  readonly #address: AddressResponse;
  readonly #pending: PendingLogins;
  /** States that a page waits for, where every window of this origin can read: for popups that have lost their way back. */
  readonly #awaited: PendingLogins;
  readonly #redirect: RedirectLogin;
  readonly #wayBack: WayBack;
  readonly #stores: PageStores;
  readonly #cache: ProviderCache;
  readonly #refusals: SilentRefusals;
  readonly #return: WindowReturn | undefined;

  /** `first` is where the page was when the client was made. */
  constructor(
    private readonly config: BrowserConfig,
    first: string | undefined,
    storedToken: FirstStoredToken | undefined,
  ) {
    this.#stores = new PageStores(config, storedToken);
    this.#address = new AddressResponse(first, (url) => isRefusal(url, config));
    this.#pending = new PendingLogins(this.#stores.loginNotes, systemClock);
    this.#awaited = new PendingLogins([this.#stores.profileNotes], systemClock);
    this.#wayBack = new WayBack(config);
    this.#redirect = new RedirectLogin(config, this.#pending, this.#stores.lock, this.#address, this.#wayBack);
    this.#cache = new ProviderCache(config, this.#stores.notes);
    this.postLogoutRedirectUri = config.postLogoutRedirectUri;
    this.#refusals = new SilentRefusals(this.#stores.notes, systemClock);
    if (this.#isPopupMode) {
      this.openPopup = openPopup;
      whenIdle(() => void this.prepareLogin().catch(() => {}));
    }
    if (config.silentLogin) {
      this.silentLogin = async (attempt) => await this.#keep(attempt, silentLogin(config, this.#refusals, attempt));
    }
    // A page that comes without an answer has given up the login that it had left for.
    if (first !== undefined && !/[?&](state|error)=/.test(first)) forgetDeparture();
    if (first !== undefined && hasPage())
      this.#return = new WindowReturn(new URL(first), config, this.#pending, this.#awaited, (attempt) =>
        this.#began(attempt),
      );
  }

  openStore(onTrouble: (error: StorageError) => void, onChange: () => void): Promise<OpenedStore> {
    return this.#stores.open(onTrouble, onChange);
  }

  hasResponse(): boolean {
    return this.#return?.isPending === true || this.#address.found !== undefined;
  }

  async resume(attempt: LoginAttempt): Promise<SessionRecord | undefined> {
    await this.#return?.settle(attempt);
    const record = await this.#redirect.resume(attempt);
    if (record) await this.#began(attempt);
    return record;
  }

  endResponse(key: string): Promise<void> {
    return this.#redirect.end(key);
  }

  readonly noteAnswer = noteAnswer;

  /** Loads the windows, so that a login in a click waits for nothing. */
  async prepareLogin(): Promise<void> {
    if (this.#isPopupMode) await loadPart(() => import("./popup-login.js"));
  }

  isHidden(): boolean {
    return hasPage() && document.visibilityState === "hidden";
  }

  async login(attempt: LoginAttempt, popup: EarlyPopup | undefined): Promise<SessionRecord> {
    // A tab that nobody sees does not leave: another one may sign in for all. A popup may be what hides it.
    const isUnseen = popup === undefined && this.isHidden();
    const adopted = isUnseen ? await whenShown(attempt).then(() => attempt.adopt()) : undefined;
    if (adopted) return adopted;
    const { loginMode = this.config.loginMode } = attempt.request;
    if (loginMode === "popup") requireLoginPage(this.config);
    const opened = loginMode === "popup" ? this.#openedPopup(popup) : undefined;
    if (opened) return await this.#keep(attempt, popupLogin(this.config, this.#awaited, attempt, opened));
    popup?.discard();
    return await this.#redirect.login(attempt, () => this.keepProvider(attempt.server));
  }

  async endProviderSession(
    request: EndSessionRequest,
    signal: AbortSignal,
    popup: EarlyPopup | undefined,
  ): Promise<ProviderSessionResult> {
    if (!hasPage()) return "skipped";
    const opened = this.#isPopupMode ? this.#openedPopup(popup) : undefined;
    if (opened === undefined) return await endSessionInPage(this.config, this.#pending, request, signal);
    const { endSessionInPopup } = await loadFor(opened, () => import("./logout-popup.js"));
    const send = (target: LogoutTarget) => sendLogoutRequest(request, target);
    return await endSessionInPopup(this.config, this.#awaited, { state: request.state, send }, signal, opened);
  }

  restoreProvider(server: AuthorizationServer): Promise<void> {
    return this.#cache.restore(server);
  }

  keepProvider(server: AuthorizationServer): Promise<void> {
    return this.#cache.keep(server);
  }

  async diagnose(subject: DiagnosisSubject): Promise<Diagnosis> {
    const { diagnosePage } = await loadPart(() => import("./diagnosis/page.js"));
    return await diagnosePage(this.config, subject);
  }

  address(): string {
    return hasPage() ? location.href : "";
  }

  close(): void {
    this.#wayBack.close();
  }

  get #isPopupMode(): boolean {
    return this.config.loginMode === "popup" && hasPage();
  }

  /** The popup of the click, or one that opens now; `undefined` where it is blocked and the page is to be left instead. */
  #openedPopup(popup: EarlyPopup | undefined): OpenedPopup | undefined {
    const opened = (popup as OpenedPopup | undefined) ?? openPopup();
    return opened.window === null && this.config.popupBlocked === "redirect" ? undefined : opened;
  }

  async #keep(attempt: LoginAttempt, login: Promise<SessionRecord>): Promise<SessionRecord> {
    const record = await login;
    await this.#began(attempt);
    return record;
  }

  /** A login has begun a session. */
  async #began({ server, key }: LoginAttempt): Promise<void> {
    await Promise.all([this.keepProvider(server), this.config.silentLogin && this.#refusals.forget(key)]);
  }
}
