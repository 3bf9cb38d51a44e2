/** A client with a secret (RFC 6749 §2.3.1), and what it may do by itself. Node passes it in; no page carries it. */
import { type ClientAuth, ClientSecretPost } from "oauth4webapi";
import { ProviderError } from "../errors.js";
import type { ClientConfig } from "../options/config.js";
import type { TokenResponse } from "../token-set.js";
import type { AuthorizationServer, ClientAuthentication } from "./authorization-server.js";
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

  /**
   * As configured; else what was taken before, or what the metadata lists (Basic without a list, RFC 8414 §2). On
   * `invalid_client` then the other one: the request was refused before the code or token in it was read (RFC 6749 §5.2),
   * so that a one-time token is still good. Any other refusal is final.
   */
  async send<T>(metadata: ServerMetadata, attempt: (auth: ClientAuth) => Promise<T>): Promise<T> {
    const { clientAuthentication: asked, clientSecret = "" } = this.config;
    const auths = { basic: clientSecretBasic(clientSecret), post: ClientSecretPost(clientSecret) };
    // The document is the provider's: it may hold anything here.
    const stated: unknown = metadata.token_endpoint_auth_methods_supported;
    const listed: readonly unknown[] = Array.isArray(stated) ? stated : ["client_secret_basic"];
    const onlyPost = listed.includes("client_secret_post") && !listed.includes("client_secret_basic");
    const first = asked === "auto" ? (this.#taken ?? (onlyPost ? "post" : "basic")) : asked;
    try {
      return await attempt(auths[first]);
    } catch (error) {
      if (asked !== "auto" || !(error instanceof ProviderError) || error.error !== "invalid_client") throw error;
      const other = first === "post" ? "basic" : "post";
      const answer = await attempt(auths[other]);
      this.#taken = other;
      return answer;
    }
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
