/** The authorization code flow (RFC 6749 §4.1) over whatever carries the request to a person. */
import { codeOf, EnvironmentError, isKeystoneAuthError, type KeystoneAuthError } from "../errors.js";
import type { AuthorizationAgent } from "../ports.js";
import { createAuthorizationRequest, type Transaction } from "../protocol/authorization.js";
import { exchangeCode } from "../protocol/token-endpoint.js";
import { claimMissing } from "../session/claim-missing.js";
import { accessTokenOf, type SessionRecord } from "../token-set.js";
import type { LoginAttempt } from "./platform.js";

/** Any failure as an error of ours, so that the person's page can be told of it. */
export function loginFailure(error: unknown): KeystoneAuthError {
  if (isKeystoneAuthError(error)) return error;
  return new EnvironmentError("The sign-in could not be finished because of a fault on this machine. Try again.", {
    causeCode: codeOf(error),
  });
}

/**
 * Runs one login. The transaction lives in this call alone, so that a code is used once; the person's page is settled
 * when the session is stored, and tells the truth: also that the account lacks what the program requires. `keep` is given the transaction before the person is asked.
 */
export async function authorizationCodeLogin(
  agent: AuthorizationAgent,
  attempt: LoginAttempt,
  { silent = false, keep }: { readonly silent?: boolean; readonly keep?: (transaction: Transaction) => void } = {},
): Promise<SessionRecord> {
  const { server, signal } = attempt;
  try {
    const { redirectUri } = await agent.prepare(signal);
    attempt.expectsAt(redirectUri);
    const { url, transaction } = await createAuthorizationRequest(server, {
      redirectUri,
      silent,
      idTokenHint: silent ? attempt.idTokenHint : undefined,
      signal,
      params: attempt.request.params,
    });
    keep?.(transaction);
    await attempt.confirm();
    signal.throwIfAborted();
    const response = await agent.authorize({ url, state: transaction.state, silent }, signal);
    attempt.hasAnswer();
    const record = await attempt.finish(() => exchangeCode(server, response, transaction, signal));
    // The session is stored all the same; whoever asks for its token is told so, too.
    const missing = claimMissing(record, server.config);
    const getAccessToken = async () => accessTokenOf(record)?.token as string;
    await agent.settle(missing ? { ok: false, error: missing } : { ok: true, getAccessToken });
    return record;
  } catch (error) {
    const failure = loginFailure(error);
    await agent.settle({ ok: false, error: failure });
    throw failure;
  } finally {
    await agent.close();
  }
}
