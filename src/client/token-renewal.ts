/** What `getAccessToken()` does when the stored token will not do: a renewal, then a login. Loaded with the first such call. */
import { isKeystoneAuthError, type KeystoneAuthError, LoginRequiredError } from "../errors.js";
import type { EarlyWindow } from "./platform.js";
import { mustHave, whyNoSession } from "../session/login-required.js";
import type { RenewRequest } from "../session/session-keeper.js";
import { accessTokenOf, type SessionRecord } from "../token-set.js";
import type { TokenRequest } from "../options/call.js";
import type { TokenSource } from "./token-source.js";

/** A session whose token satisfies the request, although that of `record` does not. */
export async function renewOrLogIn(
  source: TokenSource,
  request: TokenRequest,
  record: SessionRecord | undefined,
  early: EarlyWindow | undefined,
): Promise<SessionRecord> {
  const renewed = await tryRenewal(source, request, record);
  return isKeystoneAuthError(renewed) ? await logIn(source, request, renewed, early) : renewed;
}

/** Renews now, whatever is stored: how a program that signs in as itself "signs in". */
export async function renewNow(source: TokenSource, request: TokenRequest): Promise<void> {
  const { keeper } = await source.load();
  const before = accessTokenOf(await source.view.look())?.token;
  await keeper.renew(renewal(source, { ...request, forceRefresh: true }, before));
}

/** The renewed session, or the failure that a login could mend. Throws what a login could not mend. */
async function tryRenewal(
  source: TokenSource,
  request: TokenRequest,
  record: SessionRecord | undefined,
): Promise<SessionRecord | KeystoneAuthError> {
  const program = source.config.flow === "client_credentials";
  if (record?.refreshToken === undefined && !program) return whyNoSession(source.view);
  const before = accessTokenOf(record)?.token;
  const { keeper, server, mayLoginHelp } = await source.load();
  try {
    const renewed = await keeper.renew(renewal(source, request, before));
    // Who joined a renewal that others began may get the very token that it must not get.
    const unfit = accessTokenOf(renewed)?.token;
    const again = unfit === request.rejectedToken || (request.forceRefresh && unfit === before);
    return again ? await keeper.renew(renewal(source, request, before)) : renewed;
  } catch (error) {
    // Found empty behind the lock: somebody else ended the session meanwhile. Memory and listeners have to learn it.
    if (isNobodySignedIn(error)) {
      await source.view.look().catch(() => {});
      return whyNoSession(source.view);
    }
    const stillGood = fallback(source, error, request, record);
    if (stillGood) return stillGood;
    if (!isKeystoneAuthError(error) || program || !mayLoginHelp(error)) throw error;
    // A page that is no OAuth error may be a captive portal's: a login helps only where the provider itself answers.
    if (error.code === "response" && (request.interaction === "never" || !(await server.isReachable()))) throw error;
    return error;
  }
}

async function logIn(
  source: TokenSource,
  request: TokenRequest,
  failure: KeystoneAuthError,
  early: EarlyWindow | undefined,
): Promise<SessionRecord> {
  const silent = source.platform.triesSilently ?? false;
  const mayAsk = request.interaction !== "never";
  if (!mayAsk && !silent) throw failure;
  const { desk } = await source.load();
  try {
    if (silent && (await desk.silentLogin(request.signal))) return await mustHave(source.view);
  } catch (error) {
    // Whatever kept the silent login, a person may get further; an abort or a sign-out ends the call.
    const mayGoOn = isKeystoneAuthError(error) && error.code !== "aborted" && !isSignOut(error);
    if (!mayAsk || !mayGoOn) throw error;
    source.config.log.info(`the silent sign-in did not work: ${error.message}`);
  }
  if (!mayAsk) throw failure;
  return await desk.login(early, request.signal);
}

/** A token that truly has time left serves while the provider, the network or the lock is in trouble. */
function fallback(
  { config, view }: TokenSource,
  error: unknown,
  request: TokenRequest,
  record: SessionRecord | undefined,
): SessionRecord | undefined {
  const passing = isKeystoneAuthError(error) && error.retryable && error.code !== "provider";
  const token = accessTokenOf(record);
  if (!passing || request.forceRefresh || token === undefined || token.token === request.rejectedToken)
    return undefined;
  if (view.timeLeft(record) <= 0) return undefined;
  config.log.warn(`the token could not be renewed and is used while it has time left: ${error.message}`);
  return record;
}

function renewal(source: TokenSource, request: TokenRequest, before: string | undefined): RenewRequest {
  return { isUsable: (record) => source.fits(record, request, before), signal: request.signal };
}

function isNobodySignedIn(error: unknown): boolean {
  return error instanceof LoginRequiredError && error.reason !== "refresh_rejected";
}

function isSignOut(error: KeystoneAuthError): boolean {
  return error instanceof LoginRequiredError && error.reason === "signed_out";
}
