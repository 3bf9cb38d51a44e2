/** How the client shows who it is at the token endpoint (RFC 6749 §2.3.1). */
import type { ClientAuth } from "oauth4webapi";
import { ClientSecretPost, None } from "oauth4webapi";
import type { ClientConfig } from "../config.js";
import type { ServerMetadata } from "./metadata.js";

export type AuthenticationMethod = "none" | "basic" | "post";

/**
 * Form encoding as RFC 6749 Appendix B wants it, but with the unreserved characters as they are: several providers
 * refuse `%2D`, which is what the engine library sends.
 */
function formEncode(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, "+");
}

function basicAuth(clientSecret: string): ClientAuth {
  return (_server, client, _body, headers) => {
    const bytes = new TextEncoder().encode(`${formEncode(client.client_id)}:${formEncode(clientSecret)}`);
    headers.set("authorization", `Basic ${btoa(String.fromCharCode(...bytes))}`);
  };
}

/** What a provider took after it had refused the other one: who asks it again first would send each code twice. */
const taken = new WeakMap<ClientConfig, AuthenticationMethod>();

/** Remembers, for as long as the client lives, that the provider took this method. */
export function rememberMethod(config: ClientConfig, method: AuthenticationMethod): void {
  taken.set(config, method);
}

/** The method to try first: as configured, else one that was taken before, else what the metadata lists; without a list Basic (RFC 8414 §2). */
export function firstMethod(config: ClientConfig, metadata: ServerMetadata): AuthenticationMethod {
  if (config.clientSecret === undefined) return "none";
  if (config.clientAuthentication !== "auto") return config.clientAuthentication;
  const before = taken.get(config);
  if (before !== undefined) return before;
  // The document is the provider's: it may hold anything here.
  const told: unknown = metadata.token_endpoint_auth_methods_supported;
  const listed: readonly unknown[] = Array.isArray(told) ? told : ["client_secret_basic"];
  return listed.includes("client_secret_post") && !listed.includes("client_secret_basic") ? "post" : "basic";
}

/** The method to try once after `invalid_client`; none where the options say which to use. */
export function otherMethod(config: ClientConfig, tried: AuthenticationMethod): AuthenticationMethod | undefined {
  if (tried === "none" || config.clientAuthentication !== "auto") return undefined;
  return tried === "basic" ? "post" : "basic";
}

export function clientAuth(config: ClientConfig, method: AuthenticationMethod): ClientAuth {
  if (method === "none" || config.clientSecret === undefined) return None();
  return method === "basic" ? basicAuth(config.clientSecret) : ClientSecretPost(config.clientSecret);
}
