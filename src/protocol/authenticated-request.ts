/** Requests that the client makes as itself: to the token, device authorization, PAR and revocation endpoints. */
import type { ClientAuth } from "oauth4webapi";
import type { ClientConfig } from "../config.js";
import { ProviderError } from "../errors.js";
import type { Fetch } from "./bounded-fetch.js";
import { clientAuth, firstMethod, otherMethod, rememberMethod } from "./client-authentication.js";
import { engineOptions } from "./engine-options.js";
import type { ServerMetadata } from "./metadata.js";
import { errorOfResponse } from "./provider-error.js";

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
  const attempt = async (method: "none" | "basic" | "post") => {
    const response = await send(clientAuth(config, method), options);
    if (response.ok) return response;
    return await errorOfResponse(what, response, [...secrets, config.clientSecret ?? ""]);
  };
  const first = firstMethod(config, metadata);
  let outcome = await attempt(first);
  const other = otherMethod(config, first);
  if (other !== undefined && outcome instanceof ProviderError && outcome.error === "invalid_client") {
    outcome = await attempt(other);
    if (outcome instanceof Response) rememberMethod(config, other);
  }
  if (outcome instanceof Response) return outcome;
  throw outcome;
}
