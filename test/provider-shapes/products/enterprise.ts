/** Servers that an enterprise runs, or rents with its business software. Stand-ins: nothing here asks the products. */
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

const bytes = (text: unknown) => Buffer.from(String(text), "base64url");
const withZero = (text: unknown) => Buffer.concat([Buffer.alloc(1), bytes(text)]);

export const ENTERPRISE: readonly Shape[] = [
  {
    product: "Duende IdentityServer, Keystone",
    special: "validated at+jwt, aud from the scopes, no ID Token at a refresh",
    answer: whenRefreshed(removing("id_token")),
    idToken: adding({ idp: "local", amr: ["pwd"] }),
    accessToken: adding({ scope: ["openid", "offline_access", "hub_connector_api"], nbf: 1_700_000_000 }),
    client: () => ({ extraScopes: ["offline_access", "hub_connector_api"], audiences: ["hub_connector_api"] }),
  },
  {
    product: "IdentityServer4",
    special: "identity scopes alone: an access token without aud, a reused refresh token",
    provider: { ...LASTING, audience: undefined, accessTokenSigning: { typ: "JWT" } },
    client: () => ({ extraScopes: ["offline_access", "profile"] }),
  },
  {
    product: "Salesforce",
    special: "no expires_in, issued_at as a text, a signature beside the tokens, no new refresh token",
    provider: { ...LASTING, issuerPath: "", accessTokenFormat: "opaque" },
    answer: both(
      adding({
        issued_at: "1708058728442",
        signature: "HfBA",
        instance_url: "https://my.example",
        id: "https://login.example/id",
      }),
      removing("expires_in"),
      whenRefreshed(removing("id_token")),
    ),
    idToken: removing("auth_time"),
  },
  {
    product: "ServiceNow",
    special: "no revocation and no logout page, the refresh token comes back as it is",
    provider: { ...LASTING, issuerPath: "", accessTokenFormat: "opaque" },
    metadata: lacking("end_session_endpoint", "revocation_endpoint"),
    answer: whenRefreshed(both(adding({ scope: "useraccount" }), removing("id_token"))),
    idToken: removing("at_hash", "auth_time"),
    signOut: NO_SIGN_OUT,
  },
  {
    product: "ForgeRock AM",
    special: "one RSA key for several algorithms under one kid, its numbers padded, iss and client_id in the response",
    provider: { issuerPath: "/am/oauth2/realms/root/realms/alpha", accessTokenFormat: "opaque" },
    iss: "sent",
    response: { client_id: "prizm" },
    keys: (keys) => {
      const [key = {}] = keys;
      key.n = withZero(key.n).toString("base64");
      keys.unshift({ ...key, alg: "RS512" }, { ...key, alg: "RS384" });
    },
    answer: both(removing("scope"), whenRefreshed(adding({ scope: "openid" }))),
    idToken: adding({
      realm: "/alpha",
      tokenType: "JWTToken",
      tokenName: "id_token",
      subname: "alice",
      auditTrackingId: "1",
    }),
  },
  {
    product: "NetIQ Access Manager",
    special: "one RSA key in plain base64, without a kid anywhere",
    provider: { issuerPath: "/nidp/oauth/nam", accessTokenFormat: "jwe", idTokenSigning: { kid: null } },
    keys: ([key = {}]) => {
      key.n = withZero(key.n).toString("base64");
      delete key.kid;
    },
    metadata: lacking("end_session_endpoint"),
    signOut: REVOCATION_ONLY,
  },
  {
    product: "Gluu",
    special: "EC coordinates with a leading zero byte, empty members in the keys",
    provider: { issuerPath: "", alg: "ES256", accessTokenFormat: "opaque" },
    keys: ([key = {}]) => {
      key.x = withZero(key.x).toString("base64url");
      key.y = withZero(key.y).toString("base64url");
      Object.assign(key, { x5c: [""], exp: "", key_ops_type: [] });
    },
    idToken: adding({
      oxOpenIDConnectVersion: "openidconnect-1.0",
      jansOpenIDConnectVersion: "openidconnect-1.0",
      acr: "basic",
    }),
  },
  {
    product: "WSO2 Identity Server",
    special: "aud as a list with azp, a token that lives for ever, an issuer that is the token endpoint",
    provider: { issuerPath: "/oauth2/token" },
    answer: adding({ expires_in: Number.MAX_SAFE_INTEGER }),
    response: { session_state: "a.b" },
    idToken: adding({ aud: ["prizm"], azp: "prizm", isk: "isk", amr: ["BasicAuthenticator"] }),
    accessToken: adding({ aut: "APPLICATION_USER", exp: Number.MAX_SAFE_INTEGER }),
  },
  {
    product: "Curity",
    special: "PS256, iss announced, reference tokens, pushed requests",
    provider: {
      issuerPath: "/oauth/v2/oauth-anonymous",
      alg: "PS256",
      accessTokenFormat: "opaque",
      requirePushedAuthorizationRequests: true,
    },
    iss: "announced",
    idToken: adding({ delegation_id: "d", s_hash: "hash", purpose: "id", c_hash: "c" }),
  },
  {
    product: "Shibboleth OP",
    special: "encrypted refresh tokens, no end of session",
    provider: { issuerPath: "", accessTokenFormat: "jwe" },
    metadata: lacking("end_session_endpoint"),
    answer: both(removing("scope"), whenRefreshed(removing("id_token"))),
    idToken: adding({ acr: "https://refeds.org/profile/mfa" }),
    signOut: REVOCATION_ONLY,
  },
  {
    product: "Apereo CAS",
    special: "nbf in the ID Token, RS512, a later auth_time at a refresh, no new refresh token",
    provider: { ...LASTING, issuerPath: "/cas/oidc", alg: "RS512", accessTokenFormat: "opaque" },
    idToken: both(
      (claims) => Object.assign(claims, { nbf: Number(claims.iat) + 5, client_id: "prizm", state: "s", jti: "TGT-1" }),
      whenRefreshed((claims) => (claims.auth_time = Number(claims.auth_time) + 3)),
    ),
  },
  {
    product: "FusionAuth",
    special: "the user's id beside the tokens, no revocation by RFC 7009",
    provider: { issuerPath: "", ...LASTING },
    metadata: lacking("revocation_endpoint"),
    response: { locale: "en", userState: "Authenticated" },
    answer: adding({ userId: "alice", refresh_token_id: "id" }),
    accessToken: adding({ aud: "prizm", applicationId: "prizm", authenticationType: "PASSWORD" }),
    signOut: PAGE_ONLY,
  },
];
