/** A login that leaves the page (RFC 6749 §4.1), and what the page does when it is back. */
import type { LoginAttempt } from "../client/platform.js";
import { systemClock } from "../clock.js";
import { AbortedError, AuthorizationResponseError } from "../errors.js";
import type { BrowserConfig } from "../options/config.js";
import type { Lock } from "../ports.js";
import { createAuthorizationRequest, isExpired } from "../protocol/authorization.js";
import { exchangeCode } from "../protocol/token-endpoint.js";
import type { SessionRecord } from "../token-set.js";
import { type AddressResponse, type FoundResponse, restoreAddress } from "./address-response.js";
import { digest } from "./digest.js";
import { countRedirect, redirectSucceeded } from "./loop-breaker.js";
import { cameBack, pageAddress, requireLoginPage } from "./page.js";
import type { PendingLogin, PendingLogins } from "./pending-logins.js";

export class RedirectLogin {
  constructor(
    private readonly config: BrowserConfig,
    private readonly pending: PendingLogins,
    private readonly lock: Lock,
    private readonly address: AddressResponse,
  ) {}

  /**
   * Leaves for the provider, after `beforeLeaving`. Resolves only where the page comes out of the back/forward cache and
   * somebody is signed in by then.
   */
  async login(attempt: LoginAttempt, beforeLeaving: () => Promise<void>): Promise<SessionRecord> {
    const { redirectUri } = requireLoginPage(this.config);
    // An app that asks for a login on each load must not leave again with the response in its address.
    const resumed = await this.resume(attempt);
    if (resumed) return resumed;
    const { key, server, signal } = attempt;
    const returnTo = pageAddress();
    const { url, transaction } = await createAuthorizationRequest(server, {
      redirectUri,
      signal,
      params: attempt.request.params,
    });
    await attempt.confirm();
    signal.throwIfAborted();
    countRedirect(systemClock);
    await this.pending.add(transaction.state, {
      kind: "redirect",
      owner: key,
      returnTo,
      transaction,
      signOuts: attempt.signOuts(),
    });
    await beforeLeaving();
    signal.throwIfAborted();
    attempt.leaves();
    const back = cameBack(signal);
    location.assign(url);
    await back;
    // The person pressed "back": another tab may have signed in meanwhile.
    const adopted = await attempt.adopt();
    if (adopted) return adopted;
    throw new AbortedError("The person came back from the sign-in without finishing it. Call again to start over.");
  }

  /** Finishes the login whose response stands in the address, and gives the session that this very call began. */
  async resume(attempt: LoginAttempt): Promise<SessionRecord | undefined> {
    const { found } = this.address;
    if (found === undefined) return undefined;
    const name = `resume.${await digest(found.states[0] ?? "")}`;
    const options = { timeoutMs: this.config.loginTimeoutMs, signal: attempt.signal };
    // Held over the exchange: a second client, or a second tab with the same address, waits and finds the session.
    return await this.lock.run(name, options, async () => {
      const login = await this.pending.take(found.states, attempt.key);
      if (login === undefined) {
        // Nobody here waits for it: the address is the app's own business.
        this.address.done(found);
        return undefined;
      }
      try {
        return await finish(attempt, found, login);
      } finally {
        this.address.done(found);
        restoreAddress(found, login.returnTo);
        for (const state of found.states) await this.pending.drop(state).catch(() => {});
      }
    });
  }
}

async function finish(
  attempt: LoginAttempt,
  { url }: FoundResponse,
  login: PendingLogin,
): Promise<SessionRecord | undefined> {
  const { transaction } = login;
  if (isExpired(login, systemClock.now())) {
    throw new AuthorizationResponseError(
      "The answer to the sign-in came more than 15 minutes after it was asked for and was not used. Start the sign-in again.",
    );
  }
  // The page died while it exchanged the code: the code is spent, and only a new login helps.
  if (transaction === undefined) return undefined;
  const exchange = () => exchangeCode(attempt.server, responseParameters(url), transaction, attempt.signal);
  const record = await attempt.finish(exchange, login.signOuts);
  redirectSucceeded();
  return record;
}

/** Also the fragment's: a response that brings tokens there is refused as one that brings them in the query. */
function responseParameters({ searchParams, hash }: URL): URLSearchParams {
  return new URLSearchParams([...searchParams, ...new URLSearchParams(hash.slice(1))]);
}
