/** The grants of the token endpoint that a person's session needs: authorization code, refresh token. */
import {
  authorizationCodeGrantRequest,
  type ClientAuth,
  processAuthorizationCodeResponse,
  processRefreshTokenResponse,
  refreshTokenGrantRequest,
} from "oauth4webapi";
import { ProviderError } from "../errors.js";
import { claimsOf } from "../session/public-view.js";
import type { Grant, SessionRecord } from "../session/token-set.js";
import type { Transaction } from "../session/transaction.js";
import { checkAuthorizationResponse } from "./authorization.js";
import type { Fetch } from "./bounded-fetch.js";
import { clientAuths } from "./client-authentication.js";
import { engineOptions } from "./engine-options.js";
import type { ServerMetadata } from "./metadata.js";
import { errorOfResponse } from "./provider-error.js";
import { engineClient, readGrant } from "./token-response.js";
import type { TokenChecks } from "./token-validation.js";

export interface GrantTools extends TokenChecks {
  readonly fetch: Fetch;
}

type Send = (
  auth: ClientAuth,
  options: ReturnType<typeof engineOptions> & { additionalParameters: URLSearchParams },
) => Promise<Response>;

/**
 * Sends one token request. On `invalid_client` the other way of authentication is tried once: the request was refused
 * before the code or refresh token was looked at (RFC 6749 §5.2).
 */
export async function tokenRequest(
  tools: GrantTools,
  metadata: ServerMetadata,
  secrets: readonly string[],
  send: Send,
): Promise<Response> {
  const { config, fetch } = tools;
  const what = "The token endpoint";
  const options = {
    ...engineOptions(fetch(what)),
    additionalParameters: new URLSearchParams(
      config.resources.map((resource): [string, string] => ["resource", resource]),
    ),
  };
  const known = [...secrets, config.clientSecret ?? ""];
  let refusal: unknown;
  for (const auth of await clientAuths(config, metadata)) {
    const response = await send(auth, options);
    if (response.status === 200) return response;
    refusal = await errorOfResponse(what, response, known);
    if (!(refusal instanceof ProviderError) || refusal.error !== "invalid_client") break;
  }
  throw refusal;
}

/** Exchanges the code of a response, after checking the response (RFC 6749 §4.1.3). The code is sent once. */
export async function exchangeCode(
  tools: GrantTools,
  parameters: URLSearchParams,
  transaction: Transaction,
): Promise<Grant> {
  const { config, provider } = tools;
  const metadata = await provider.metadata();
  const checked = checkAuthorizationResponse(metadata, config, parameters, transaction);
  // Keys first: once the code has been spent, nothing else may stand between the answer and the store.
  await provider.prepare();
  const { redirectUri, codeVerifier, nonce, maxAgeSeconds } = transaction;
  const response = await tokenRequest(tools, metadata, [checked.get("code") ?? "", codeVerifier], (auth, options) =>
    authorizationCodeGrantRequest(
      metadata,
      engineClient(config, tools.clock),
      auth,
      checked,
      redirectUri,
      codeVerifier,
      options,
    ),
  );
  return await readGrant(
    response,
    (server, client, answer) =>
      processAuthorizationCodeResponse(server, client, answer, {
        expectedNonce: nonce,
        requireIdToken: true,
        ...(maxAgeSeconds !== undefined && { maxAge: maxAgeSeconds }),
      }),
    metadata,
    { scopes: config.scopes, idToken: "required" },
    tools,
  );
}

/** Everything that a refresh needs besides the token endpoint; called before the one-time token is sent. */
export async function refreshSession(tools: GrantTools, record: SessionRecord, refreshToken: string): Promise<Grant> {
  const { config, provider } = tools;
  const metadata = await provider.prepare();
  const response = await tokenRequest(tools, metadata, [refreshToken], (auth, options) =>
    refreshTokenGrantRequest(metadata, engineClient(config, tools.clock), auth, refreshToken, options),
  );
  const granted = Object.values(record.accessTokens)[0]?.scopes ?? config.scopes;
  return await readGrant(
    response,
    processRefreshTokenResponse,
    metadata,
    { scopes: granted, idToken: "optional", first: claimsOf(record.idToken) },
    tools,
  );
}
