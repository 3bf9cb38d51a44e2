/** Shapes that the rules refuse, with the reason. Stand-ins: nothing here asks the products. */
import { visit } from "../../support/fake-provider.js";
import { adding, LASTING, removing, type Shape } from "../shape.js";

const invalid = (claim: string) => ({ name: "TokenValidationError", code: "token_validation", claim });
const response = { name: "ResponseError", code: "response" };
const discovery = { name: "DiscoveryError", code: "discovery" };

export const REFUSED: readonly Shape[] = [
  {
    product: "FusionAuth by default, LINE",
    special: "ID Tokens under the client's secret",
    provider: { idTokenSigning: { alg: "HS256", key: Buffer.from("the client's secret") } },
    metadata: () => ({ id_token_signing_alg_values_supported: ["HS256"] }),
    refused: { error: invalid("alg"), why: "HMAC is never accepted, RFC 8725 §3.1" },
  },
  {
    product: "Entra ID v1 for native programs",
    special: "ID Tokens without a signature",
    provider: { idTokenSigning: { alg: "none" } },
    metadata: () => ({ id_token_signing_alg_values_supported: ["none", "RS256"] }),
    refused: { error: invalid("alg"), why: "unsigned tokens are never accepted, TV-12" },
  },
  {
    product: "LinkedIn, Intuit",
    special: "ID Tokens without the nonce",
    idToken: removing("nonce"),
    refused: { error: invalid("nonce"), why: "OpenID Connect Core §3.1.3.7, TV-11" },
  },
  {
    product: "LinkedIn",
    special: "no token_type",
    answer: removing("token_type"),
    refused: { error: response, why: "RFC 6749 §5.1 requires it" },
  },
  {
    product: "NetSuite",
    special: "aud as a list of two without azp",
    idToken: adding({ aud: ["prizm", "account"] }),
    refused: { error: invalid("aud"), why: "nothing says for whom it was issued, DX-15" },
  },
  {
    product: "Oracle Identity Cloud, asked by the address of its domain",
    special: "the metadata name another issuer than the option",
    metadata: () => ({ issuer: "https://identity.oraclecloud.example/" }),
    refused: { error: discovery, why: "OpenID Connect Discovery §4.3, DJ-01" },
  },
  {
    product: "SAP Cloud Identity Services, an old tenant",
    special: "an issuer without https",
    metadata: () => ({ issuer: "tenant.accounts.ondemand.example" }),
    refused: { error: discovery, why: "an issuer is an https URL, DJ-01" },
  },
  {
    product: "SimpleSAMLphp OIDC, old versions",
    special: "ID Tokens of an http issuer",
    idToken: adding({ iss: "http://id.example" }),
    refused: { error: invalid("iss"), why: "another issuer, TV-02" },
  },
  {
    product: "Keycloak, a client that leaves iss out",
    special: "iss announced and absent",
    metadata: () => ({ authorization_response_iss_parameter_supported: true }),
    refused: { error: { name: "AuthorizationResponseError" }, why: "RFC 9207 §2.4, CB-05" },
  },
  {
    product: "Open Liberty behind a proxy",
    special: "ID Tokens whose iss spells out a port that the metadata leave out",
    idToken: (claims) => (claims.iss = String(claims.iss).replace("127.0.0.1", "127.0.0.1:443")),
    refused: { error: invalid("iss"), why: "an issuer is compared to the letter, TV-02" },
  },
  {
    product: "Spotify, Mastodon",
    special: "OAuth without OpenID Connect: no ID Token",
    answer: removing("id_token"),
    refused: { error: { ...response, retryable: false }, why: "nobody is named, TV-20" },
  },
  {
    product: "GitHub",
    special: "an error in an answer with status 200",
    arrange: (provider) => {
      provider.on("token", () => ({
        status: 200,
        json: { error: "bad_verification_code", error_uri: "https://docs.example" },
      }));
    },
    refused: {
      error: { name: "ProviderError", error: "bad_verification_code" },
      why: "it is told as that error, PV-08",
    },
  },
  {
    product: "Slack",
    special: "ok: false with its own code in an answer with status 200",
    arrange: (provider) => {
      provider.on("token", () => ({ status: 200, json: { ok: false, error: "invalid_code" } }));
    },
    refused: { error: { name: "ProviderError", error: "invalid_code" }, why: "it is told as that error, PV-08" },
  },
  {
    product: "GitHub, asked without Accept",
    special: "tokens as a form",
    arrange: (provider) => {
      const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
      provider.on("token", () => ({ status: 200, headers, body: "access_token=gho_x&token_type=bearer" }));
    },
    refused: { error: response, why: "RFC 6749 §5.1 answers in JSON" },
  },
  {
    product: "Metadata on a file server",
    special: "JSON as application/octet-stream",
    arrange: (provider) => {
      provider.on("discovery", async (exchange) => ({
        ...(await exchange.next()),
        headers: { "content-type": "application/octet-stream" },
      }));
    },
    refused: { error: response, why: "OpenID Connect Discovery §4.2, DX-03" },
  },
  {
    product: "A server that has moved",
    special: "metadata behind a redirect",
    arrange: (provider) => {
      provider.on("discovery", (exchange) =>
        exchange.redirect("https://www.id.example/.well-known/openid-configuration"),
      );
    },
    refused: { error: response, why: "redirects are not followed, I7" },
  },
  {
    product: "Apple with the scopes name and email",
    special: "the response as a form, which a loopback port does not take",
    arrange: (provider) => {
      provider.on("authorize", async (exchange) => {
        const { origin, pathname, searchParams } = new URL(String((await exchange.next()).headers?.location));
        const { status } = await visit(origin + pathname, { form: searchParams });
        return exchange.html(status, "What the page of the person's browser has sent was refused.");
      });
    },
    client: () => ({ extraScopes: ["name", "email"], loginTimeoutSeconds: 0.2 }),
    refused: { error: { name: "TimeoutError" }, why: "the response mode is query, AU-03" },
  },
  {
    product: "A server with ID Tokens in encrypted form",
    special: "five parts",
    answer: (members) => (members.id_token = `${members.id_token}.x.y`),
    refused: { error: invalid("format"), why: "the client has no key to open them" },
  },
  {
    product: "A wallet's server with secp256k1",
    special: "ID Tokens by ES256K",
    provider: { alg: "ES256", idTokenSigning: { shownAlg: "ES256K" } },
    metadata: () => ({ id_token_signing_alg_values_supported: ["ES256K"] }),
    refused: { error: invalid("alg"), why: "Web Crypto has no such curve" },
  },
  {
    product: "A server with old keys",
    special: "RSA keys of 1024 bits",
    keys: ([key = {}]) => (key.n = Buffer.from(String(key.n), "base64url").subarray(0, 128).toString("base64url")),
    refused: { error: invalid("signature"), why: "RFC 7518 §3.3, PV-14" },
  },
  {
    product: "WSO2 Identity Server 5.7",
    special: "a kid that the key set does not hold, twice within a minute",
    provider: { idTokenSigning: { kid: "key_RS256" } },
    refused: {
      at: "refresh",
      error: { ...invalid("signature"), sessionKept: true },
      why: "once a minute at most, PV-19",
    },
  },
  {
    product: "Doorkeeper OpenID Connect until 2026, Gluu until 3.1.6",
    special: "an at_hash of 16 bytes, as by SHA-256, whatever the algorithm",
    provider: { alg: "ES384" },
    idToken: (claims) => (claims.at_hash = String(claims.at_hash).slice(0, 22)),
    refused: { error: invalid("at_hash"), why: "OpenID Connect Core §3.1.3.6 names the algorithm's own hash" },
  },
  {
    product: "A server that repeats its first ID Token",
    special: "the refreshed ID Token belongs to the first access token",
    provider: LASTING,
    idToken: (claims, grantType) => {
      if (grantType === "refresh_token") claims.at_hash = "phqACXkBVvQvMiNNEbcWvQ";
    },
    refused: {
      at: "refresh",
      error: { ...invalid("at_hash"), sessionKept: true },
      why: "it vouches for another token",
    },
  },
];
