/** Microsoft's products. Stand-ins: nothing here asks Microsoft. */
import {
  adding,
  both,
  lacking,
  LASTING,
  PAGE_ONLY,
  removing,
  type Shape,
  TENANT,
  UNVERIFIABLE,
  whenRefreshed,
} from "../shape.js";

const GRAPH = "00000003-0000-0000-c000-000000000000";

const WITHOUT_REVOCATION = lacking(
  "revocation_endpoint",
  "code_challenge_methods_supported",
  "pushed_authorization_request_endpoint",
);

const ofTenant = both(
  adding({ tid: TENANT, oid: "oid", ver: "2.0", rh: "rh", uti: "uti" }),
  removing("at_hash", "auth_time"),
);

const GRAPH_TOKEN = adding({ iss: `https://sts.windows.net/${TENANT}/`, aud: GRAPH, ver: "1.0" });

export const MICROSOFT: readonly Shape[] = [
  {
    product: "Entra ID v2",
    special: "a Graph token over a hashed nonce, no at_hash, scopes without openid, no revocation",
    provider: { ...UNVERIFIABLE, issuerPath: `/${TENANT}/v2.0`, host: "localhost" },
    metadata: WITHOUT_REVOCATION,
    response: { session_state: "a-session" },
    answer: adding({ scope: "User.Read profile email", ext_expires_in: 300, client_info: "eyJ1aWQiOiIifQ", foci: "1" }),
    idToken: ofTenant,
    accessToken: GRAPH_TOKEN,
    keys: (keys) =>
      Object.assign(keys[0] as object, { x5t: "x5t", x5c: ["MII"], issuer: "https://login.example/{tenantid}/v2.0" }),
    client: () => ({ extraScopes: ["offline_access", "User.Read"], loopback: { host: "localhost" } }),
    signOut: PAGE_ONLY,
    claims: { tid: TENANT },
  },
  {
    product: "Entra ID v2, organizations",
    special: "the metadata's issuer is {tenantid}, each token names its own tenant",
    provider: { ...UNVERIFIABLE, issuerPath: "/organizations/v2.0" },
    metadata: (provider) => ({ ...WITHOUT_REVOCATION(), issuer: `${provider.origin}/{tenantid}/v2.0` }),
    idToken: both(ofTenant, (claims) => {
      claims.iss = String(claims.iss).replace("organizations", TENANT);
    }),
    accessToken: GRAPH_TOKEN,
    signOut: PAGE_ONLY,
    claims: { tid: TENANT },
  },
  {
    product: "Entra ID v1",
    special: "another issuer than the address, times as texts, resource, no scope, a lasting ID Token",
    provider: { ...LASTING, issuerPath: `/${TENANT}` },
    issuer: ({ origin }) => `${origin}/sts/${TENANT}/`,
    metadata: WITHOUT_REVOCATION,
    answer: both(
      adding({ expires_in: "300", ext_expires_in: "300", expires_on: "1700000000", not_before: "1" }),
      removing("scope"),
    ),
    idToken: both(adding({ tid: TENANT, ver: "1.0", upn: "alice@example.com" }), removing("at_hash", "auth_time")),
    accessToken: adding({ ver: "1.0", aud: "https://graph.windows.net" }),
    client: (provider) => ({
      discoveryUrl: provider.url("discovery"),
      authorizationParams: { resource: "https://graph.windows.net" },
    }),
    signOut: PAGE_ONLY,
  },
  {
    product: "Entra External ID",
    special: "the tenant stands in the host's and in the path's place, discovery is elsewhere",
    provider: { issuerPath: `/${TENANT}/v2.0` },
    issuer: ({ origin }) => `${origin}/ciam-${TENANT}/v2.0`,
    metadata: WITHOUT_REVOCATION,
    idToken: ofTenant,
    client: (provider) => ({ discoveryUrl: provider.url("discovery") }),
    signOut: PAGE_ONLY,
  },
  {
    product: "Azure AD B2C",
    special: "the policy is in the query of every endpoint, a later auth_time at each refresh",
    provider: { issuerPath: "/tenant.example/v2.0" },
    issuer: ({ origin }) => `${origin}/tfp/${TENANT}/b2c_1_signin/v2.0/`,
    metadata: (provider) => ({
      ...WITHOUT_REVOCATION(),
      authorization_endpoint: `${provider.url("authorize")}?p=b2c_1_signin`,
      token_endpoint: `${provider.url("token")}?p=b2c_1_signin`,
      jwks_uri: `${provider.url("jwks")}?p=b2c_1_signin`,
      end_session_endpoint: `${provider.url("end_session")}?p=b2c_1_signin`,
    }),
    answer: adding({
      not_before: 1,
      expires_on: 2,
      id_token_expires_in: 300,
      profile_info: "e30",
      refresh_token_expires_in: 86_400,
    }),
    idToken: both(
      adding({ tfp: "B2C_1_signin", ver: "1.0" }),
      removing("at_hash"),
      whenRefreshed((claims) => (claims.auth_time = Number(claims.auth_time) + 10)),
    ),
    client: (provider) => ({
      discoveryUrl: `${provider.url("discovery")}?p=b2c_1_signin`,
      extraScopes: ["offline_access", "https://tenant.example/api/read"],
    }),
    signOut: PAGE_ONLY,
    claims: { tfp: "B2C_1_signin" },
  },
  {
    product: "Azure AD B2C, default issuer",
    special: "the issuer names no policy",
    provider: { issuerPath: "/tenant.example/b2c_1_signin/v2.0" },
    issuer: ({ origin }) => `${origin}/${TENANT}/v2.0/`,
    metadata: WITHOUT_REVOCATION,
    idToken: removing("at_hash"),
    client: (provider) => ({ discoveryUrl: provider.url("discovery") }),
    signOut: PAGE_ONLY,
  },
  {
    product: "AD FS",
    special: "validated access tokens of an http access_token_issuer, a lasting refresh token",
    provider: { ...LASTING, issuerPath: "/adfs", audience: "urn:api", accessTokenSigning: { typ: "JWT" } },
    metadata: () => ({ ...WITHOUT_REVOCATION(), access_token_issuer: "http://adfs.example/adfs/services/trust" }),
    answer: both(adding({ resource: "urn:api", refresh_token_expires_in: 28_799 }), removing("scope")),
    idToken: both(adding({ upn: "alice@example.com", unique_name: "EXAMPLE\\alice" }), removing("at_hash")),
    accessToken: adding({ iss: "http://adfs.example/adfs/services/trust", apptype: "Public", scp: "openid" }),
    client: () => ({ audiences: ["urn:api"], authorizationParams: { resource: "urn:api" } }),
    signOut: PAGE_ONLY,
  },
];
