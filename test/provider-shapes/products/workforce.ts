/** Sign-in as a service for a workforce. Stand-ins: nothing here asks the products. */
import {
  adding,
  both,
  lacking,
  LASTING,
  NO_SIGN_OUT,
  removing,
  REVOCATION_ONLY,
  type Shape,
  UNVERIFIABLE,
  whenRefreshed,
} from "../shape.js";

export const WORKFORCE: readonly Shape[] = [
  {
    product: "Okta, org server",
    special: "access tokens with a key outside the key set",
    provider: { ...UNVERIFIABLE, issuerPath: "", ...LASTING },
    accessToken: adding({ ver: 1, aud: "https://tenant.okta.example", scp: ["openid", "offline_access"] }),
    idToken: adding({ ver: 1, amr: ["pwd"], idp: "00o", jti: "ID.1" }),
  },
  {
    product: "Okta, custom server",
    special: "validated access tokens, iss announced, scp as a list",
    provider: { issuerPath: "/oauth2/default", audience: "api://default", accessTokenSigning: { typ: null } },
    iss: "announced",
    accessToken: both(adding({ ver: 1, cid: "prizm", uid: "00u", scp: ["openid"] }), removing("scope", "client_id")),
    client: () => ({ audiences: ["api://default"] }),
  },
  {
    product: "Auth0",
    special: "an issuer that ends in a slash, an encrypted access token, no logout page in the metadata",
    provider: { issuerPath: "/", accessTokenFormat: "jwe" },
    metadata: lacking("end_session_endpoint"),
    idToken: removing("at_hash", "auth_time"),
    signOut: REVOCATION_ONLY,
  },
  {
    product: "Auth0, an API with HS256",
    special: "the parameter audience, access tokens under the API's own secret",
    provider: { issuerPath: "/", accessTokenSigning: { alg: "HS256", key: Buffer.from("the API's secret") } },
    accessToken: adding({ aud: ["https://api.example", "https://tenant.auth0.example/userinfo"], azp: "prizm" }),
    client: () => ({ authorizationParams: { audience: "https://api.example" } }),
  },
  {
    product: "PingFederate",
    special: "reference tokens of a token manager, no scope in any answer, each key under two names",
    provider: { issuerPath: "", accessTokenFormat: "opaque" },
    answer: removing("scope"),
    keys: (keys) => keys.unshift({ ...keys[0], kid: `${keys[0]?.kid}_RS256` }, { ...keys[0], alg: undefined }),
    idToken: both(adding({ "pi.sri": "sri", jti: "jti" }), whenRefreshed(removing("nonce", "auth_time"))),
  },
  {
    product: "PingFederate, JWT token manager",
    special: "an access token of another issuer, with a key of its own, without aud",
    provider: { ...UNVERIFIABLE, issuerPath: "", audience: undefined },
    accessToken: both(adding({ iss: "token-manager", client_id: "prizm" }), removing("sub", "iat")),
  },
  {
    product: "PingOne",
    special: "a path per environment, sid and env in the tokens",
    provider: { issuerPath: "/7a1bb6d2/as" },
    iss: "sent",
    idToken: adding({ env: "7a1bb6d2", "p1.region": "EU", acr: "Single_Factor" }),
    accessToken: adding({ aud: ["https://api.pingone.example"], env: "7a1bb6d2" }),
  },
  {
    product: "OneLogin",
    special: "no ID Token at a refresh, bearer in small letters",
    provider: { issuerPath: "/oidc/2", accessTokenFormat: "jwe" },
    answer: both(adding({ token_type: "bearer" }), whenRefreshed(removing("id_token"))),
  },
  {
    product: "JumpCloud",
    special: "an issuer that ends in a slash, opaque tokens, aud as a list of one",
    provider: { issuerPath: "/", accessTokenFormat: "opaque" },
    iss: "announced",
    idToken: adding({ aud: ["prizm"], rat: 1_700_000_000 }),
  },
  {
    product: "IBM Verify",
    special: "a path of endpoints, a grant id beside the tokens",
    provider: { issuerPath: "/oidc/endpoint/default", accessTokenFormat: "opaque" },
    answer: adding({ grant_id: "grant" }),
    idToken: adding({ realmName: "cloudIdentityRealm", displayName: "Alice", acr: "urn:ibm:security" }),
  },
  {
    product: "Amazon Cognito",
    special: "logout_uri, an access token without aud, a refresh without a new refresh token",
    provider: { ...LASTING, issuerPath: "/eu-west-1_abc", audience: undefined },
    answer: removing("scope"),
    idToken: both(adding({ token_use: "id", "cognito:username": "alice" }), whenRefreshed(removing("nonce"))),
    accessToken: adding({ token_use: "access", version: 2 }),
    arrange: (provider) => {
      provider.on("end_session", (exchange) =>
        exchange.query.has("logout_uri") ? undefined : exchange.error("invalid_request"),
      );
      // What revokes the refresh token ends its access tokens.
      provider.on("revocation", (exchange) =>
        exchange.form.get("token_type_hint") === "access_token" ? exchange.error("unsupported_token_type") : undefined,
      );
    },
    signOut: { params: { logout_uri: "https://app.example/bye" } },
  },
  {
    product: "Amazon Cognito, its plain metadata",
    special: "neither logout nor revocation",
    provider: { ...LASTING, issuerPath: "/eu-west-1_abc", audience: undefined },
    metadata: lacking("end_session_endpoint", "revocation_endpoint", "device_authorization_endpoint"),
    signOut: NO_SIGN_OUT,
  },
  {
    product: "SAP Cloud Identity Services",
    special: "aud as a list with azp, no scope in the answer",
    provider: { issuerPath: "", ...LASTING },
    answer: removing("scope"),
    idToken: adding({ aud: ["prizm", "another-application"], azp: "prizm", zone_uuid: "zone", user_uuid: "user" }),
  },
  {
    product: "Oracle Identity Cloud",
    special: "one issuer for all, at another address than the metadata",
    provider: { issuerPath: "/idcs" },
    issuer: ({ origin }) => `${origin}/identity/`,
    idToken: adding({ aud: ["prizm", "https://identity.example/"], azp: "prizm", tok_type: "IT" }),
    client: (provider) => ({ discoveryUrl: provider.url("discovery") }),
  },
];
