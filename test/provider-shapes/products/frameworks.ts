/** Servers that are made with a framework. Stand-ins. */
import { visit } from "../../support/fake-provider.js";
import {
  adding,
  both,
  lacking,
  LASTING,
  NO_SIGN_OUT,
  PAGE_ONLY,
  removing,
  REVOCATION_ONLY,
  type Shape,
  whenRefreshed,
} from "../shape.js";

export const FRAMEWORKS: readonly Shape[] = [
  {
    product: "Laravel Passport with OpenID Connect",
    special: "access tokens without iss whose aud is the client, a year to live",
    provider: { issuerPath: "", audience: "prizm", accessTokenLifetimeSeconds: 31_536_000 },
    metadata: lacking("end_session_endpoint", "revocation_endpoint"),
    answer: both(removing("scope"), whenRefreshed(removing("id_token"))),
    idToken: removing("at_hash", "auth_time"),
    accessToken: both(adding({ scopes: ["openid"], nbf: 1_700_000_000.5 }), removing("iss", "client_id", "scope")),
    signOut: NO_SIGN_OUT,
  },
  {
    product: "Doorkeeper OpenID Connect",
    special: "created_at, a later auth_time at a refresh, answers with status 201",
    provider: { ...LASTING, issuerPath: "", accessTokenFormat: "opaque" },
    answer: adding({ created_at: 1_700_000_000 }),
    idToken: whenRefreshed((claims) => (claims.auth_time = Number(claims.auth_time) + 60)),
    arrange: (provider) => {
      provider.on("token", async (exchange) => ({ ...(await exchange.next()), status: 201 }));
    },
  },
  {
    product: "Spring Authorization Server",
    special: "azp, a validated access token for the client itself, a reused refresh token",
    provider: { ...LASTING, issuerPath: "", audience: "prizm", accessTokenSigning: { typ: null } },
    accessToken: both(adding({ nbf: 1_700_000_000, scope: ["openid", "offline_access"] }), removing("client_id")),
    idToken: adding({ azp: "prizm", jti: "jti" }),
    client: () => ({ audiences: ["prizm"] }),
  },
  {
    product: "OpenIddict",
    special: "encrypted access tokens, claims of its own, iss announced",
    provider: { issuerPath: "/", accessTokenFormat: "jwe" },
    iss: "announced",
    idToken: adding({ oi_au_id: "id", azp: "prizm", oi_tkn_id: "token" }),
    keys: ([key = {}]) => Object.assign(key, { x5t: "x5t", x5c: ["MII"], "x5t#S256": "hash" }),
  },
  {
    product: "A server on .NET's own JsonWebKey",
    special: "empty members and lists in its keys",
    provider: { issuerPath: "" },
    keys: ([key = {}]) => Object.assign(key, { key_ops: [], x5c: [], oth: null, crv: "", x: "", k: null }),
  },
  {
    product: "Django OAuth Toolkit",
    special: "a refresh without an ID Token, no logout page",
    provider: { issuerPath: "/o", accessTokenFormat: "opaque" },
    metadata: lacking("end_session_endpoint"),
    answer: whenRefreshed(removing("id_token")),
    signOut: REVOCATION_ONLY,
  },
  {
    product: "django-oidc-provider",
    special: "the last login of any application as auth_time, no revocation",
    provider: { issuerPath: "/openid", accessTokenFormat: "opaque" },
    metadata: lacking("revocation_endpoint"),
    answer: both(adding({ token_type: "bearer" }), removing("scope")),
    idToken: whenRefreshed((claims) => (claims.auth_time = Number(claims.auth_time) + 100)),
    signOut: PAGE_ONLY,
  },
  {
    product: "pyoidc",
    special: "times in fractions of a second, aud as a list",
    provider: { issuerPath: "" },
    metadata: lacking("revocation_endpoint"),
    idToken: (claims) => {
      Object.assign(claims, { aud: ["prizm"], acr: "password", auth_time: Number(claims.auth_time) + 0.050_872 });
    },
    signOut: PAGE_ONLY,
  },
  {
    product: "node-oidc-provider",
    special: "iss announced, EdDSA, at_hash by SHA-512",
    provider: { issuerPath: "/oidc", alg: "EdDSA" },
    iss: "announced",
  },
  {
    product: "MITREid Connect",
    special: "an issuer that ends in a slash, key algorithms of every kind in the set",
    provider: { issuerPath: "/openid-connect-server-webapp/" },
    metadata: lacking("end_session_endpoint"),
    keys: (keys) => keys.push({ kty: "oct", k: "AAAA", kid: "hmac" }, { kty: "RSA", use: "enc", n: "AQAB", e: "AQAB" }),
    idToken: both(adding({ kid: "rsa1", jti: "jti" }), whenRefreshed(removing("nonce"))),
    signOut: REVOCATION_ONLY,
  },
  {
    product: "A server with the metadata of RFC 8414",
    special: "the well-known path before the issuer's own",
    provider: { issuerPath: "/tenant" },
    arrange: (provider) => {
      // Where a client looks by default there is nothing.
      provider.on("discovery", (exchange) =>
        exchange.query.has("moved") ? undefined : { status: 404, body: "Not found." },
      );
      provider.on("unknown", async () => {
        const { body } = await visit(`${provider.url("discovery")}?moved`);
        return { status: 200, json: JSON.parse(body) };
      });
    },
    client: ({ origin }) => ({ discoveryUrl: `${origin}/.well-known/oauth-authorization-server/tenant` }),
  },
];
