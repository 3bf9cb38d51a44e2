/** Ends a session at the provider: revocation (RFC 7009) and RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0). */
import { generateRandomState } from "oauth4webapi";
import { ProviderError } from "../errors.js";
import type { AuthorizationServer } from "./authorization-server.js";
import { endpointOf } from "./metadata.js";

/** A browser refuses what would be more than 64 KiB in all requests that may outlive the page (Fetch Standard §5.6.3). */
const LONGEST_KEPT_ALIVE = 30_000;

/**
 * Revokes one token; `false` where the server has no revocation, or none of such tokens. An unknown token counts as revoked (RFC 7009 §2.2). `onSent`
 * is called in the step that sends the request, which a page that is left does not end.
 */
export async function revokeToken(
  server: AuthorizationServer,
  token: string,
  hint: "refresh_token" | "access_token",
  { signal, onSent }: { readonly signal?: AbortSignal | undefined; readonly onSent?: () => void } = {},
): Promise<boolean> {
  const endpoint = "revocation_endpoint";
  if (endpointOf(await server.metadata(), endpoint, server.config) === undefined) return false;
  const form = new URLSearchParams({ token, token_type_hint: hint });
  const init: RequestInit = token.length < LONGEST_KEPT_ALIVE ? { keepalive: true } : {};
  const sent = server.request(endpoint, form, { signal, bodyIsOptional: true, init, mustSend: onSent });
  return await sent.then(
    () => true,
    (error: unknown) => {
      // RFC 7009 §2.2.1: a self-contained access token, for instance, is good until it expires.
      if (error instanceof ProviderError && error.error === "unsupported_token_type") return false;
      throw error;
    },
  );
}

/** The provider's page that ends its own session, as parameters, so that a long request can go by form POST. */
export interface EndSessionRequest {
  readonly endpoint: string;
  readonly parameters: URLSearchParams;
  readonly state: string;
}

/** Makes the logout request; `undefined` where the provider has no such page. */
export async function endSessionRequest(
  server: AuthorizationServer,
  idToken: string | undefined,
  postLogoutRedirectUri: string | undefined,
  params: Readonly<Record<string, string>>,
): Promise<EndSessionRequest | undefined> {
  const endpoint = endpointOf(await server.metadata(), "end_session_endpoint", server.config);
  if (endpoint === undefined) return undefined;
  const state = generateRandomState();
  const parameters = new URLSearchParams({ ...params, client_id: server.config.clientId });
  if (idToken !== undefined) parameters.set("id_token_hint", idToken);
  if (postLogoutRedirectUri !== undefined) {
    parameters.set("post_logout_redirect_uri", postLogoutRedirectUri);
    parameters.set("state", state);
  }
  return { endpoint, parameters, state };
}

/** Longer addresses do not pass every server, proxy and opener; the ID Token in the request can be that long. */
export const LONGEST_ADDRESS = 2000;

/** The request as one address, the endpoint's own query kept. */
export function endSessionUrl({ endpoint, parameters }: EndSessionRequest): string {
  const url = new URL(endpoint);
  for (const [name, value] of parameters) url.searchParams.set(name, value);
  return url.href;
}

/** The request without the ID Token, which can make an address too long: the provider may ask the person then. */
export function withoutHint(request: EndSessionRequest): EndSessionRequest {
  const parameters = new URLSearchParams(request.parameters);
  parameters.delete("id_token_hint");
  return { ...request, parameters };
}
