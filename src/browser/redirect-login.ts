/** A login that leaves the page (RFC 6749 §4.1), and what the page does when it is back. */
import { AbortedError, AuthorizationResponseError } from "../errors.js";
import type { LoginTools } from "../client/platform.js";
import { createAuthorizationRequest, isExpired } from "../protocol/authorization.js";
import { exchangeCode } from "../protocol/token-endpoint.js";
import type { BrowserRoom } from "./browser-room.js";
import type { AddressResponse } from "./callback-address.js";
import { digest } from "./digest.js";
import { countRedirect, redirectSucceeded } from "./loop-breaker.js";
import type { PendingLogin, PendingLogins } from "./pending-logins.js";
import { pageAddress, restoreAddress } from "./page-address.js";
import { cameBack, requireLoginPage } from "./surroundings.js";

/** Leaves for the provider. Resolves only where the page comes out of the back/forward cache and is signed in by then. */
export async function redirectLogin(room: BrowserRoom, tools: LoginTools): Promise<void> {
  const { config, clock, pending } = room;
  const { redirectUri } = requireLoginPage(config);
  // An app that asks for a login on each load must not leave again with the answer in its address.
  if (await resumeRedirect(room, tools)) return;
  const returnTo = pageAddress();
  const { url, transaction } = await createAuthorizationRequest(tools.server, { redirectUri, signal: tools.signal });
  tools.signal.throwIfAborted();
  countRedirect(clock);
  await pending.add(transaction.state, { kind: "redirect", owner: tools.key, returnTo, transaction });
  await room.keepWarm(tools.server);
  tools.signal.throwIfAborted();
  const back = cameBack(tools.signal);
  location.assign(url);
  await back;
  // The person pressed "back": another tab may have signed in meanwhile.
  if (await tools.adopt()) return;
  throw new AbortedError(
    "The person came back from the sign-in without finishing it; the session is as it was. Call again to start over.",
  );
}

/** Finishes the login whose response stands in the address. Gives whether this very call signed somebody in. */
export async function resumeRedirect(room: BrowserRoom, tools: LoginTools): Promise<boolean> {
  const { address, lock, config, pending } = room;
  const { response } = address;
  if (response === undefined) return false;
  const name = `resume.${await digest(response.states[0] ?? "")}`;
  // Held over the exchange: a second client, or a second tab with the same address, waits and finds the session.
  return await lock.run(name, { timeoutMs: config.loginTimeoutMs, signal: tools.signal }, async () => {
    const login = await pending.take(response.states, tools.key);
    if (login === undefined) {
      // Nobody here waits for it: the address is the app's own business.
      address.done(response);
      return false;
    }
    try {
      return await finish(room, tools, response, login);
    } finally {
      address.done(response);
      restoreAddress(response, login.returnTo);
      await forget(pending, response);
    }
  });
}

async function finish(
  room: BrowserRoom,
  tools: LoginTools,
  { url }: AddressResponse,
  login: PendingLogin,
): Promise<boolean> {
  if (isExpired(login, room.clock.now())) {
    throw new AuthorizationResponseError(
      "The answer to the sign-in came more than 15 minutes after it was asked for and was not used. The session is as it was; start the sign-in again.",
    );
  }
  // The page died while it exchanged the code: the code is spent, and only a new login helps.
  if (login.transaction === undefined) return false;
  const grant = await exchangeCode(tools.server, responseParameters(url), login.transaction);
  await tools.accept(grant);
  redirectSucceeded();
  await room.keepWarm(tools.server);
  return true;
}

/** Also the fragment's: a response that brings tokens there is refused as one that brings them in the query. */
function responseParameters({ searchParams, hash }: URL): URLSearchParams {
  return new URLSearchParams([...searchParams, ...new URLSearchParams(hash.slice(1))]);
}

async function forget(pending: PendingLogins, { states }: AddressResponse): Promise<void> {
  for (const state of states) await pending.drop(state).catch(() => {});
}
