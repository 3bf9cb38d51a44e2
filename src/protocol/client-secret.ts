/** Authentication with a client secret (RFC 6749 §2.3.1). Loaded where there is one. */
import { type ClientAuth, ClientSecretPost } from "oauth4webapi";
import type { ClientConfig } from "../config.js";
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

/** As configured; else what the metadata lists first, then the other. Without a list Basic is first (RFC 8414 §2). */
export function secretAuths(
  clientSecret: string,
  configured: ClientConfig["clientAuthentication"],
  metadata: ServerMetadata,
): readonly [ClientAuth, ...ClientAuth[]] {
  const basic = basicAuth(clientSecret);
  const post = ClientSecretPost(clientSecret);
  if (configured !== "auto") return [configured === "basic" ? basic : post];
  const listed = metadata.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  const onlyPost = listed.includes("client_secret_post") && !listed.includes("client_secret_basic");
  return onlyPost ? [post, basic] : [basic, post];
}
