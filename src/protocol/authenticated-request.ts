/** Requests that the client makes as itself: to the token, device authorization, PAR and revocation endpoints. */
import type { ClientAuth } from "oauth4webapi";
import type { ClientConfig } from "../options/config.js";
import { ProviderError } from "../errors.js";
import type { Fetch } from "./fetch.js";
import { clientAuths } from "./client-authentication.js";
import { engineOptions } from "./engine-options.js";
import type { ServerMetadata } from "./metadata.js";
import { errorOfResponse } from "./protocol-errors.js";

export interface ClientRequest {
  /** The endpoint in the words of error messages. */
  readonly what: string;
  /** What the request carries that no message may repeat, beside the client secret. */
  readonly secrets: readonly string[];
  readonly signal?: AbortSignal | undefined;
  readonly send: (auth: ClientAuth, options: ReturnType<typeof engineOptions>) => Promise<Response>;
}

/**
 * Sends it, and gives an answer of 2xx. On `invalid_client` the other way of authentication is tried once: the request was
 * refused before the code or token in it was looked at (RFC 6749 §5.2). Any other answer is thrown as its error.
 */
export async function authenticatedRequest(
  { config, fetch }: { readonly config: ClientConfig; readonly fetch: Fetch },
  metadata: ServerMetadata,
  { what, secrets, signal, send }: ClientRequest,
): Promise<Response> {
  const options = engineOptions(fetch(what, signal));
  const known = [...secrets, config.clientSecret ?? ""];
  let refusal: unknown;
  for (const way of await clientAuths(config, metadata)) {
    const response = await send(way.auth, options);
    if (response.ok) {
      way.remember?.();
      return response;
    }
    refusal = await errorOfResponse(what, response, known);
    if (!(refusal instanceof ProviderError) || refusal.error !== "invalid_client") break;
  }
  throw refusal;
}
