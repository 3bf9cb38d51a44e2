/** Authentication with a client secret (RFC 6749 §2.3.1). Loaded where there is one. */
import { type ClientAuth, ClientSecretPost } from "oauth4webapi";
import type { ClientConfig } from "../options/config.js";
import type { ClientWay } from "./client-authentication.js";
import type { ServerMetadata } from "./metadata.js";

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
const taken = new WeakMap<ClientConfig, "basic" | "post">();

/** As configured; else what was taken before, or what the metadata lists, then the other. Without a list Basic is first (RFC 8414 §2). */
export function secretAuths(
  config: ClientConfig,
  clientSecret: string,
  metadata: ServerMetadata,
): readonly ClientWay[] {
  const basic = { auth: basicAuth(clientSecret), remember: () => void taken.set(config, "basic") };
  const post = { auth: ClientSecretPost(clientSecret), remember: () => void taken.set(config, "post") };
  const { clientAuthentication } = config;
  if (clientAuthentication !== "auto") return [clientAuthentication === "basic" ? basic : post];
  // The document is the provider's: it may hold anything here.
  const told: unknown = metadata.token_endpoint_auth_methods_supported;
  const listed: readonly unknown[] = Array.isArray(told) ? told : ["client_secret_basic"];
  const onlyPost = listed.includes("client_secret_post") && !listed.includes("client_secret_basic");
  return (taken.get(config) ?? (onlyPost ? "post" : "basic")) === "post" ? [post, basic] : [basic, post];
}
