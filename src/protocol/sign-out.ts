/** Ending a session at the provider: revocation (RFC 7009) and RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0). */
import { generateRandomState, revocationRequest } from "oauth4webapi";
import { authenticatedRequest } from "./authenticated-request.js";
import type { GrantTools } from "./token-endpoint.js";
import { engineClient } from "./token-response.js";

/** Revokes one token; `false` where the provider has no revocation. An unknown token counts as revoked (RFC 7009 §2.2). */
export async function revokeToken(
  tools: GrantTools,
  token: string,
  hint: "refresh_token" | "access_token",
  signal?: AbortSignal,
): Promise<boolean> {
  const { config, clock, provider } = tools;
  const metadata = await provider.metadata();
  if (typeof metadata.revocation_endpoint !== "string") return false;
  const additionalParameters = { token_type_hint: hint };
  // Any 2xx will do: some providers answer 204.
  await authenticatedRequest(tools, metadata, {
    what: "The revocation endpoint",
    secrets: [token],
    signal,
    send: (auth, options) =>
      revocationRequest(metadata, engineClient(config, clock), auth, token, { ...options, additionalParameters }),
  });
  return true;
}

/** The provider's page that ends its own session, as parameters, so that a long request can go by form POST. */
export interface EndSessionRequest {
  readonly endpoint: string;
  readonly parameters: URLSearchParams;
  readonly state: string;
}

/** Makes the logout request; `undefined` where the provider has no such page. */
export async function endSessionRequest(
  { config, provider }: GrantTools,
  idToken: string | undefined,
  postLogoutRedirectUri: string | undefined,
): Promise<EndSessionRequest | undefined> {
  const metadata = await provider.metadata();
  if (typeof metadata.end_session_endpoint !== "string") return undefined;
  const state = generateRandomState();
  const parameters = new URLSearchParams({ client_id: config.clientId });
  if (idToken !== undefined) parameters.set("id_token_hint", idToken);
  if (postLogoutRedirectUri !== undefined) {
    parameters.set("post_logout_redirect_uri", postLogoutRedirectUri);
    parameters.set("state", state);
  }
  return { endpoint: metadata.end_session_endpoint, parameters, state };
}

/** The request as one address, the endpoint's own query kept. */
export function endSessionUrl({ endpoint, parameters }: EndSessionRequest): string {
  const url = new URL(endpoint);
  for (const [name, value] of parameters) url.searchParams.set(name, value);
  return url.href;
}
