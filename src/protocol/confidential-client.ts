/** A client with a secret (RFC 6749 §2.3.1), and what it may do by itself. Node passes it in; no page carries it. */
import { type ClientAuth, ClientSecretPost } from "oauth4webapi";
import type { ClientConfig } from "../options/config.js";
import type { TokenResponse } from "../token-set.js";
import type { AuthorizationServer } from "./authorization-server.js";
import type { ClientAuthentication, ClientWay } from "./client-authentication.js";
import type { ServerMetadata } from "./metadata.js";
import { readTokens, requestTokens } from "./token-endpoint.js";

/**
 * Form encoding as RFC 6749 Appendix B wants it, but with the unreserved characters as they are: several providers
 * refuse `%2D`, which is what oauth4webapi sends.
 */
function formEncode(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, "+");
}

function clientSecretBasic(secret: string): ClientAuth {
  return (_server, client, _body, headers) => {
    const bytes = new TextEncoder().encode(`${formEncode(client.client_id)}:${formEncode(secret)}`);
    headers.set("authorization", `Basic ${btoa(String.fromCharCode(...bytes))}`);
  };
}

export class ConfidentialClient implements ClientAuthentication {
  /** What the server took after it had refused the other one: to try that one first again would send each code twice. */
  #taken: "basic" | "post" | undefined;

  constructor(private readonly config: ClientConfig) {}

  /** As configured; else what was taken before, or what the metadata lists, then the other. Without a list Basic is first (RFC 8414 §2). */
  ways(metadata: ServerMetadata): readonly ClientWay[] {
    const { clientAuthentication, clientSecret = "" } = this.config;
    const basic = { auth: clientSecretBasic(clientSecret), accepted: () => void (this.#taken = "basic") };
    const post = { auth: ClientSecretPost(clientSecret), accepted: () => void (this.#taken = "post") };
    if (clientAuthentication !== "auto") return [clientAuthentication === "basic" ? basic : post];
    // The document is the provider's: it may hold anything here.
    const stated: unknown = metadata.token_endpoint_auth_methods_supported;
    const listed: readonly unknown[] = Array.isArray(stated) ? stated : ["client_secret_basic"];
    const onlyPost = listed.includes("client_secret_post") && !listed.includes("client_secret_basic");
    return (this.#taken ?? (onlyPost ? "post" : "basic")) === "post" ? [post, basic] : [basic, post];
  }

  /** Signs the program in as itself (RFC 6749 §4.4). Its scopes go as they are: there is no person, and no "openid". */
  async clientCredentials(server: AuthorizationServer): Promise<TokenResponse> {
    const { scopes } = this.config;
    await server.prepare();
    const parameters: Record<string, string> = scopes.length > 0 ? { scope: scopes.join(" ") } : {};
    const answer = await requestTokens(server, "client_credentials", parameters);
    return await readTokens(server, answer, { scopes, idToken: "none" });
  }
}
