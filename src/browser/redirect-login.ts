/** A login that leaves the page (RFC 6749 §4.1), and what the page does when it is back. */
import type { LoginAttempt } from "../client/platform.js";
import { systemClock } from "../clock.js";
import { AbortedError, ProviderError } from "../errors.js";
import type { BrowserConfig } from "../options/config.js";
import type { Lock } from "../ports.js";
import { createAuthorizationRequest, isExpired } from "../protocol/authorization.js";
import { providerError } from "../protocol/protocol-errors.js";
import { exchangeCode } from "../protocol/token-endpoint.js";
import type { SessionRecord } from "../token-set.js";
import type { AddressResponse, FoundResponse } from "./address-response.js";
import { departedFrom, forgetDeparture, noteDeparture } from "./departure.js";
import { exchangeLock } from "./exchange-lock.js";
import { countRedirect, isFirstRefusal, redirectSucceeded } from "./loop-breaker.js";
import { cameBack, requireLoginPage } from "./page.js";
import { leaveInTurn, noteFailure, throwFailure } from "./page-turns.js";
import type { PendingLogin, PendingLogins } from "./pending-logins.js";
import type { WayBack } from "./way-back.js";

export class RedirectLogin {
  constructor(
    private readonly config: BrowserConfig,
    private readonly pending: PendingLogins,
    private readonly lock: Lock,
    private readonly address: AddressResponse,
    private readonly wayBack: WayBack,
  ) {}

  /**
   * Leaves for the provider, after `beforeLeaving`. Resolves only where the page comes out of the back/forward cache and
   * somebody is signed in by then.
   */
  async login(attempt: LoginAttempt, beforeLeaving: () => Promise<void>): Promise<SessionRecord> {
    requireLoginPage(this.config);
    // Known before it is this client's turn: a slow provider does not hold up the others.
    await attempt.server.metadata();
    await leaveInTurn(attempt, () => this.#leave(attempt, beforeLeaving));
    forgetDeparture();
    // The person pressed "back": another tab may have signed in meanwhile.
    const adopted = await attempt.adopt();
    if (adopted) return adopted;
    throw new AbortedError("The person came back from the sign-in without finishing it. Call again to start over.");
  }

  /** Finishes the login whose response stands in the address, and gives the session that this very call began. */
  async resume(attempt: LoginAttempt): Promise<SessionRecord | undefined> {
    const work = (found: FoundResponse, login: PendingLogin, restore: () => void) =>
      finish(attempt, found, login, restore);
    return await this.#take(attempt.key, work, attempt.signal);
  }

  /** Ends the login whose response stands in the address: the response is used up, and not exchanged. */
  async end(key: string): Promise<void> {
    await this.#take(key, async () => {});
  }

  async #leave(attempt: LoginAttempt, beforeLeaving: () => Promise<void>): Promise<void> {
    const { key, server, signal, request } = attempt;
    const { redirectUri } = requireLoginPage(this.config);
    const returnTo = request.returnTo ?? (await this.#returnTo());
    const { url, transaction } = await createAuthorizationRequest(server, {
      redirectUri,
      signal,
      params: request.params,
    });
    await attempt.confirm();
    signal.throwIfAborted();
    countRedirect(systemClock);
    noteDeparture(this.config, systemClock, returnTo);
    const signOuts = attempt.signOuts();
    await this.pending.add(transaction.state, { kind: "redirect", owner: key, returnTo, transaction, signOuts });
    await beforeLeaving();
    signal.throwIfAborted();
    attempt.leaves();
    const back = cameBack(signal);
    location.assign(url);
    await back;
  }

  /** The page as it is now, but never an address that holds the answer to another client's login. */
  async #returnTo(): Promise<string> {
    const others = this.address.now;
    const login = others && (await this.pending.find(others.states).catch(() => undefined));
    return login?.returnTo ?? this.wayBack.here();
  }

  /** The provider has refused the request itself, and sent no state. */
  #refused(found: FoundResponse): never {
    const { config } = this;
    const parameters = found.url.searchParams;
    const returnTo = departedFrom(config, systemClock) ?? "/";
    this.address.done(found);
    forgetDeparture();
    this.wayBack.restore(found, returnTo);
    const answer = { error: parameters.get("error"), error_description: parameters.get("error_description") };
    throw providerError("The provider", answer, { config, secrets: [], redirectUri: config.redirectUri });
  }

  /** Takes the login up whose response stands in the address, and shows the page again that asked for it. */
  async #take<T>(
    key: string,
    work: (found: FoundResponse, login: PendingLogin, restore: () => void) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    const { found } = this.address;
    if (found === undefined) return undefined;
    if (found.states.length === 0) return this.#refused(found);
    const name = await exchangeLock(found.states[0] ?? "");
    // Held over the exchange: a second client, or a second tab with the same address, waits and finds the session.
    return await this.lock.run(name, { timeoutMs: this.config.loginTimeoutMs, signal }, async () => {
      const login = await this.pending.take(found.states, key);
      // A client like this one has dealt with it.
      if (login?.transaction === undefined) {
        this.address.done(found);
        throwFailure(name + key);
      }
      // Nobody here waits for it: the address is the app's own business.
      if (login === undefined) return undefined;
      let isRestored = false;
      const restore = () => {
        if (isRestored) return;
        isRestored = true;
        this.address.done(found);
        this.wayBack.restore(found, login.returnTo);
      };
      try {
        return await work(found, login, restore);
      } catch (error) {
        noteFailure(name + key, error);
        throw error;
      } finally {
        // What is left of the login stays noted: another tab may show the same answer, and so may the back button.
        restore();
      }
    });
  }
}

/** Whether an error without a state is the answer to a login of this client: this tab has left for one. */
export function isRefusal({ origin, pathname }: URL, config: BrowserConfig): boolean {
  const { redirectUri } = config;
  if (redirectUri === undefined || departedFrom(config, systemClock) === undefined) return false;
  const uri = new URL(redirectUri);
  return uri.origin === origin && uri.pathname === pathname;
}

/** Gives no session where the response is of no use any more, and only a new login helps. */
async function finish(
  attempt: LoginAttempt,
  { url }: FoundResponse,
  login: PendingLogin,
  restore: () => void,
): Promise<SessionRecord | undefined> {
  const { transaction } = login;
  // The page died while it exchanged the code, which is spent; or the person took longer than the code lives.
  if (transaction === undefined || isExpired(login, systemClock.now())) return undefined;
  // Whoever hears that somebody has signed in finds the page that asked.
  const exchange = () =>
    exchangeCode(attempt.server, responseParameters(url), transaction, attempt.signal).finally(restore);
  try {
    const record = await attempt.finish(exchange, login.signOuts);
    redirectSucceeded();
    return record;
  } catch (error) {
    const isRefused = error instanceof ProviderError && error.error === "invalid_grant";
    // Once: a provider that refuses each code does so for another reason than its age.
    if (isRefused && isFirstRefusal(systemClock)) return undefined;
    throw error;
  }
}

/** Also the fragment's: a response that brings tokens there is refused as one that brings them in the query. */
function responseParameters({ searchParams, hash }: URL): URLSearchParams {
  return new URLSearchParams([...searchParams, ...new URLSearchParams(hash.slice(1))]);
}
