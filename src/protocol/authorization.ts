/** The authorization request (RFC 6749 §4.1.1, PKCE RFC 7636, PAR RFC 9126), and the check of its response (RFC 9207). */
import {
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomNonce,
  generateRandomState,
} from "oauth4webapi";
import { AuthorizationResponseError, ResponseError } from "../errors.js";
import { quoted } from "../options/log.js";
import type { AuthorizationServer } from "./authorization-server.js";
import { mayBeIssuer, requireEndpoint } from "./metadata.js";
import { providerError, redact } from "./protocol-errors.js";

/** How long a response is waited for at the most; at most 50 requests are pending at once. */
export const TRANSACTION_LIFETIME_MS = 15 * 60_000;
export const MOST_TRANSACTIONS = 50;

/** Longer addresses do not pass every server and proxy. */
const LONGEST_ADDRESS = 2000;

/** A pending authorization request: what must still be known when its response comes. */
export interface Transaction {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
  /** Wall time in milliseconds. */
  readonly createdAt: number;
  /** What `max_age` was sent, in seconds: the ID Token's `auth_time` is compared with it. */
  readonly maxAgeSeconds?: number;
}

/** Whether the response came too late, or the clock has gone so far back that this cannot be known. */
export function isExpired(transaction: { readonly createdAt: number }, now: number): boolean {
  return Math.abs(now - transaction.createdAt) > TRANSACTION_LIFETIME_MS;
}

/**
 * Makes the request and what must be remembered of it. Nothing is sent but a pushed request. `silent` asks without a
 * person (`prompt=none`).
 */
export async function createAuthorizationRequest(
  server: AuthorizationServer,
  details: {
    readonly redirectUri: string;
    readonly silent?: boolean | undefined;
    /** The ID Token of the person who is to be signed in; left out where the address would become too long. */
    readonly idTokenHint?: string | undefined;
    /** Parameters of this login alone; they take the place of the client's. */
    readonly params?: Readonly<Record<string, string>> | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<{ url: string; transaction: Transaction }> {
  const { redirectUri, silent, idTokenHint, signal, params } = details;
  const { config, clock } = server;
  const metadata = await server.metadata();
  const url = new URL(requireEndpoint(metadata, "authorization_endpoint", config));
  // Named before anybody leaves for a login that could not be finished.
  requireEndpoint(metadata, "token_endpoint", config);
  requireEndpoint(metadata, "jwks_uri", config);
  const asked = { ...config.authorizationParams, ...params };
  const maxAge = asked.max_age;
  const transaction: Transaction = {
    state: generateRandomState(),
    nonce: generateRandomNonce(),
    codeVerifier: generateRandomCodeVerifier(),
    redirectUri,
    createdAt: clock.now(),
    ...(maxAge !== undefined && !silent && { maxAgeSeconds: Number(maxAge) }),
  };
  const parameters: Record<string, string> = {
    ...(idTokenHint !== undefined && { id_token_hint: idTokenHint }),
    ...asked,
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
      ? { client_id: config.clientId, request_uri: await push(server, new URLSearchParams(parameters), signal) }
      : parameters;
  // The endpoint's own query stays; a name that is there already is replaced, never doubled.
  for (const [name, value] of Object.entries(sent)) url.searchParams.set(name, value);
  if (idTokenHint !== undefined && url.href.length > LONGEST_ADDRESS) url.searchParams.delete("id_token_hint");
  return { url: url.href, transaction };
}

async function push(server: AuthorizationServer, form: URLSearchParams, signal?: AbortSignal): Promise<string> {
  const { request_uri } = await server.request("pushed_authorization_request_endpoint", form, { signal });
  if (typeof request_uri === "string" && request_uri !== "") return request_uri;
  throw new ResponseError(
    'The pushed authorization request endpoint\'s answer cannot be used: its "request_uri" is missing or unusable. Try again.',
  );
}

/** Parameters of which a response must not hold two, and tokens that no code response may hold (RFC 9700 §4.6). */
const SINGLE = ["code", "state", "iss", "error", "error_description", "session_state"];
const FOREIGN = ["access_token", "id_token", "token", "token_type", "refresh_token", "response"];

function refuse(problem: string): never {
  throw new AuthorizationResponseError(
    `The answer to the sign-in was refused: ${problem}. Its code was not used; start the sign-in again.`,
  );
}

/** Checks a response that carries the transaction's state: `iss` first, then `state`, then `error`. Gives its code. */
export async function codeOfResponse(
  server: AuthorizationServer,
  parameters: URLSearchParams,
  { state, nonce, codeVerifier, redirectUri }: Transaction,
): Promise<string> {
  const doubled = SINGLE.find((name) => parameters.getAll(name).length > 1);
  if (doubled !== undefined) refuse(`it holds "${doubled}" twice`);
  const foreign = FOREIGN.find((name) => parameters.has(name));
  if (foreign !== undefined) refuse(`it holds "${foreign}", which no code response has`);
  const metadata = await server.metadata();
  const iss = parameters.get("iss") || undefined;
  const code = parameters.get("code") ?? "";
  const exchange = { config: server.config, secrets: [state, nonce, codeVerifier, code], redirectUri };
  if (iss === undefined ? metadata.authorization_response_iss_parameter_supported : !mayBeIssuer(metadata, iss))
    refuse(
      `its "iss" is ${quoted(iss && redact(iss, exchange))}, and must be ${quoted(metadata.issuer)} (RFC 9207 §2.4)`,
    );
  if (parameters.get("state") !== state) refuse('its "state" is not the one sent');
  const error = parameters.get("error");
  if (error === null) return code || refuse('it holds neither "code" nor "error"');
  const answer = { error, error_description: parameters.get("error_description") };
  throw providerError("The provider", answer, exchange);
}
