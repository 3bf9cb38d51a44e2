/** The browser as the client sees it: the part of a page that does what a stored token does not need. */
import type { Diagnosis } from "../client/diagnosis.js";
import type {
  DiagnosisSubject,
  EarlyPopup,
  LoginAttempt,
  Platform,
  ProviderSessionResult,
} from "../client/platform.js";
import { systemClock } from "../clock.js";
import type { StorageError } from "../errors.js";
import { loadPart } from "../load-part.js";
import type { BrowserConfig } from "../options/config.js";
import type { OpenedStore } from "../ports.js";
import type { AuthorizationServer } from "../protocol/authorization-server.js";
import type { EndSessionRequest } from "../protocol/sign-out.js";
import type { SessionRecord } from "../token-set.js";
import { AddressResponse, removeState } from "./address-response.js";
import { answerWaitingWindow, broadcastAnswer } from "./callback-window.js";
import { openPopup } from "./early-popup.js";
import { whenIdle } from "./idle.js";
import { endSessionInPage } from "./logout.js";
import { PageStores } from "./page-stores.js";
import { hasPage, whenShown } from "./page.js";
import { noteAnswer } from "./page-turns.js";
import { PendingLogins } from "./pending-logins.js";
import { ProviderCache } from "./provider-cache.js";
import { isRefusal, RedirectLogin } from "./redirect-login.js";
import type { FirstStoredToken } from "./stored-token.js";
import { WayBack } from "./way-back.js";
import { endSessionInPopup, popupLogin, silentLogin } from "./window-login.js";

export class BrowserPlatform implements Platform {
  readonly clock = systemClock;
  readonly isPage = true;
  readonly endsProviderSession = true;
  readonly networkHint = () =>
    "Try again when the network is back. In a browser this may also be CORS: the provider must allow this page's origin at its metadata, key set and token endpoint.";
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
  /** Pending while it is not known whether this window is only there to bring a response to another one. */
  #visit: Promise<void> | undefined;

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
    if (this.#isPopupMode) {
      this.openPopup = openPopup;
      whenIdle(() => void this.prepareLogin().catch(() => {}));
    }
    if (config.silentLogin) {
      this.silentLogin = async (attempt) => await this.#keep(attempt, silentLogin(config, attempt));
    }
    if (first !== undefined && hasPage()) this.#visit = this.#lookAtState(new URL(first));
  }

  openStore(onTrouble: (error: StorageError) => void, onChange: () => void): Promise<OpenedStore> {
    return this.#stores.open(onTrouble, onChange);
  }

  hasResponse(): boolean {
    return this.#visit !== undefined || (!this.#isPopupMode && this.#address.found !== undefined);
  }

  async resume(attempt: LoginAttempt): Promise<SessionRecord | undefined> {
    await this.#visit;
    const record = await this.#redirect.resume(attempt);
    if (record) await this.keepProvider(attempt.server);
    return record;
  }

  endResponse(key: string): Promise<void> {
    return this.#redirect.end(key);
  }

  readonly noteAnswer = noteAnswer;

  /** Loads the windows, so that a login in a click waits for nothing. */
  async prepareLogin(): Promise<void> {
    if (this.#isPopupMode) await loadPart(() => import("./popup.js"));
  }

  isHidden(): boolean {
    return hasPage() && document.visibilityState === "hidden";
  }

  async login(attempt: LoginAttempt, popup: EarlyPopup | undefined): Promise<SessionRecord> {
    // A tab that nobody sees does not leave: another one may sign in for all.
    const adopted = this.isHidden() ? await whenShown(attempt).then(() => attempt.adopt()) : undefined;
    if (adopted) return adopted;
    if (!this.#isPopupMode) return await this.#redirect.login(attempt, () => this.keepProvider(attempt.server));
    return await this.#keep(attempt, popupLogin(this.config, this.#awaited, attempt, popup));
  }

  async endProviderSession(
    request: EndSessionRequest,
    signal: AbortSignal,
    popup: EarlyPopup | undefined,
  ): Promise<ProviderSessionResult> {
    if (!hasPage()) return "skipped";
    if (this.config.loginMode === "redirect")
      return await endSessionInPage(this.config, this.#pending, request, signal);
    return await endSessionInPopup(this.config, this.#awaited, request, signal, popup);
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

  async #keep(attempt: LoginAttempt, login: Promise<SessionRecord>): Promise<SessionRecord> {
    const record = await login;
    await this.keepProvider(attempt.server);
    return record;
  }

  /**
   * A window that only brings a response hands it over and closes; what is called there waits for that, and for ever.
   * `undefined` where nothing in the address speaks of a window.
   */
  #lookAtState(url: URL): Promise<void> | undefined {
    const state = url.searchParams.get("state");
    if (state === null) return undefined;
    const visit = this.#bringResponse(url, state)
      .catch(() => {})
      .finally(() => {
        this.#visit = undefined;
      });
    return visit;
  }

  /** Resolves when the page is an ordinary one; stays pending in a window that was only there to bring a response. */
  async #bringResponse(url: URL, state: string): Promise<void> {
    const pending = () => new Promise<never>(() => {});
    if (answerWaitingWindow(url)) return await pending();
    if (window.opener !== null || window.parent !== window) return;
    if (this.config.loginMode === "popup" && (await this.#awaited.find([state]))?.kind === "window") {
      broadcastAnswer(url);
      return await pending();
    }
    if (url.searchParams.has("code") || url.searchParams.has("error")) return;
    if ((await this.#pending.find([state]))?.kind !== "logout") return;
    await this.#pending.drop(state);
    removeState(state);
  }
}
