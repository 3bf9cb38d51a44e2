/** The authorization request (RFC 6749 §4.1.1, PKCE RFC 7636, PAR RFC 9126) and the check of its response (RFC 9207). */
import {
  type AuthorizationServer,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomNonce,
  generateRandomState,
  processPushedAuthorizationResponse,
  pushedAuthorizationRequest,
  validateAuthResponse,
} from "oauth4webapi";
import type { ClientConfig } from "../options/config.js";
import { AuthorizationResponseError, isKeystoneAuthError, type KeystoneAuthError, ResponseError } from "../errors.js";
import type { Transaction } from "./transaction.js";
import { authenticatedRequest } from "./authenticated-request.js";
import type { Fetch } from "./fetch.js";
import { requireEndpoint, type ServerMetadata } from "./metadata.js";
import { providerError } from "./protocol-errors.js";

/** What a platform adds to one request: `prompt=none` for a silent one. */
export interface RequestDetails {
  readonly redirectUri: string;
  readonly silent?: boolean;
  readonly now: number;
}

/** Makes the request and what must be remembered of it. Nothing is sent but a pushed request. */
export async function createAuthorizationRequest(
  metadata: ServerMetadata,
  config: ClientConfig,
  details: RequestDetails,
  fetch: Fetch,
  signal?: AbortSignal,
): Promise<{ url: string; transaction: Transaction }> {
  const url = new URL(requireEndpoint(metadata, "authorization_endpoint"));
  // Named before anybody leaves for a login whose ID Token could not be verified.
  requireEndpoint(metadata, "jwks_uri");
  const { redirectUri, silent, now } = details;
  const maxAge = config.authorizationParams.max_age;
  const transaction: Transaction = {
    state: generateRandomState(),
    nonce: generateRandomNonce(),
    codeVerifier: generateRandomCodeVerifier(),
    redirectUri,
    createdAt: now,
    ...(maxAge !== undefined && !silent && { maxAgeSeconds: Number(maxAge) }),
  };
  const parameters: Record<string, string> = {
    ...config.authorizationParams,
    ...(silent && { prompt: "none" }),
    response_type: "code",
    client_id: config.clientId,
    redirect_uri: redirectUri,
    scope: config.scopes.join(" "),
    state: transaction.state,
    nonce: transaction.nonce,
    code_challenge: await calculatePKCECodeChallenge(transaction.codeVerifier),
    code_challenge_method: "S256",
  };
  const sent =
    metadata.require_pushed_authorization_requests === true
      ? { client_id: config.clientId, request_uri: await push(metadata, config, parameters, fetch, signal) }
      : parameters;
  // The endpoint's own query stays; a name that is there already is replaced, never doubled.
  for (const [name, value] of Object.entries(sent)) url.searchParams.set(name, value);
  return { url: url.href, transaction };
}

async function push(
  metadata: ServerMetadata,
  config: ClientConfig,
  parameters: Record<string, string>,
  fetch: Fetch,
  signal?: AbortSignal,
): Promise<string> {
  const what = "The pushed authorization request endpoint";
  requireEndpoint(metadata, "pushed_authorization_request_endpoint");
  const client = { client_id: config.clientId };
  const response = await authenticatedRequest({ config, fetch }, metadata, {
    what,
    secrets: [parameters.state ?? "", parameters.nonce ?? ""],
    signal,
    send: (auth, options) => pushedAuthorizationRequest(metadata, client, auth, parameters, options),
  });
  try {
    return (await processPushedAuthorizationResponse(metadata, client, response)).request_uri;
  } catch {
    throw new ResponseError(`${what}'s answer cannot be used (RFC 9126 §2.2). The session is kept; try again.`);
  }
}

/** Parameters of which a response must not hold two, and tokens that no code response may hold (RFC 9700 §4.6). */
const SINGLE = ["code", "state", "iss", "error", "error_description", "session_state"];
const FOREIGN = ["access_token", "id_token", "token", "token_type", "refresh_token", "response"];

function unfit(problem: string): AuthorizationResponseError {
  return new AuthorizationResponseError(
    `The answer to the sign-in was refused: ${problem}. Its code was not used and the session is as it was; start the sign-in again.`,
  );
}

/**
 * Checks a response that carries the transaction's state: `iss` first, then `state`, then `error`. Gives the parameters
 * in the form that the code grant takes.
 */
export function checkAuthorizationResponse(
  metadata: AuthorizationServer,
  config: ClientConfig,
  parameters: URLSearchParams,
  transaction: Transaction,
): URLSearchParams {
  const doubled = SINGLE.find((name) => parameters.getAll(name).length > 1);
  if (doubled !== undefined) throw unfit(`it holds "${doubled}" twice`);
  const foreign = FOREIGN.find((name) => parameters.has(name));
  if (foreign !== undefined) throw unfit(`it holds "${foreign}", which no code response has`);
  const checked = new URLSearchParams([...parameters].filter(([name]) => SINGLE.includes(name)));
  // An error is looked at after iss and state, and by ourselves: the engine's error holds the whole response.
  const error = checked.get("error");
  checked.delete("error");
  let validated: URLSearchParams;
  try {
    validated = validateAuthResponse(metadata, { client_id: config.clientId }, checked, transaction.state);
  } catch (fault) {
    const message = fault instanceof Error ? fault.message : "";
    throw unfit(
      message.includes('"iss"')
        ? 'its "iss" is missing or that of another issuer (RFC 9207 §2.4)'
        : 'its "state" is not the one sent',
    );
  }
  if (error !== null) throw refusal(error, parameters, transaction);
  if (!validated.get("code")) throw unfit('it holds neither "code" nor "error"');
  return validated;
}

function refusal(error: string, parameters: URLSearchParams, transaction: Transaction): KeystoneAuthError {
  const secrets = [transaction.state, transaction.nonce, transaction.codeVerifier, parameters.get("code") ?? ""];
  const answer = { error, error_description: parameters.get("error_description") ?? undefined };
  const failure = providerError("The provider", answer, { secrets });
  if (!isKeystoneAuthError(failure)) throw failure;
  return failure;
}
