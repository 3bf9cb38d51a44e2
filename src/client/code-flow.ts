/** The interactive authorization code flow (RFC 6749 §4.1) over whatever carries the request to a person. */
import { EnvironmentError, isKeystoneAuthError, type KeystoneAuthError } from "../errors.js";
import type { LoginTools } from "./platform.js";
import type { AuthorizationAgent } from "../ports.js";
import { createAuthorizationRequest } from "../protocol/authorization.js";
import { exchangeCode } from "../protocol/token-endpoint.js";

/** Any failure as an error of ours, so that the person's page can be told of it. */
export function loginFailure(error: unknown): KeystoneAuthError {
  if (isKeystoneAuthError(error)) return error;
  const code = (error as { code?: unknown } | undefined)?.code;
  return new EnvironmentError(
    "The sign-in could not be finished because of a fault on this machine. The session is as it was; try again.",
    {
      ...(typeof code === "string" && { causeCode: code }),
    },
  );
}

/**
 * Runs one login. The transaction lives in this call alone, so that a code is used once; the person's page is settled
 * when the tokens are stored, and tells the truth.
 */
export async function authorizationCodeLogin(
  agent: AuthorizationAgent,
  tools: LoginTools,
  silent = false,
): Promise<void> {
  const { server, signal } = tools;
  try {
    const { redirectUri } = await agent.prepare(signal);
    const { url, transaction } = await createAuthorizationRequest(server, { redirectUri, silent, signal });
    signal.throwIfAborted();
    const response = await agent.authorize({ url, state: transaction.state, silent }, signal);
    const grant = await exchangeCode(server, response, transaction);
    const accessToken = await tools.accept(grant);
    await agent.settle({ ok: true, getAccessToken: () => Promise.resolve(accessToken) });
  } catch (error) {
    const failure = loginFailure(error);
    await agent.settle({ ok: false, error: failure });
    throw failure;
  } finally {
    await agent.close();
  }
}
