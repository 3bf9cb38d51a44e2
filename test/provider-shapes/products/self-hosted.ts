/** Servers that people host themselves. Stand-ins: nothing here asks the products. */
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

const NULLS = { at_hash: null, azp: null, nbf: null, c_hash: null };

/** Every second coordinate of P-521 begins with a zero byte, which some serializers of numbers leave out. */
const withoutLeadingZeros = (text: unknown) => {
  const bytes = Buffer.from(String(text), "base64url");
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0)).toString("base64url");
};

export const SELF_HOSTED: readonly Shape[] = [
  {
    product: "Keycloak",
    special: "iss announced, session_state, one-time refresh tokens, lifetimes of its own beside the tokens",
    provider: { issuerPath: "/realms/main", audience: "account", accessTokenSigning: { typ: "JWT" } },
    iss: "announced",
    response: { session_state: "a-session" },
    answer: adding({ "not-before-policy": 0, session_state: "a-session", refresh_expires_in: 0 }),
    idToken: adding({ typ: "ID", azp: "prizm", acr: "1", jti: "jti", session_state: "a-session" }),
    accessToken: adding({ typ: "Bearer", azp: "prizm", "allowed-origins": ["*"] }),
  },
  {
    product: "Keycloak up to 16",
    special: "the path /auth, nbf 0, auth_time 0, then a later one",
    provider: { ...LASTING, issuerPath: "/auth/realms/main" },
    answer: adding({ token_type: "bearer", "not-before-policy": 1_700_000_000 }),
    idToken: both(
      adding({ typ: "ID", azp: "prizm", nbf: 0, auth_time: 0 }),
      whenRefreshed(adding({ auth_time: 1_700_000_000 })),
    ),
  },
  {
    product: "Keycloak, ES512",
    special: "EC coordinates without their leading zero bytes",
    provider: { issuerPath: "/realms/main", alg: "ES512" },
    iss: "announced",
    keys: ([key = {}]) => {
      key.x = withoutLeadingZeros(key.x);
      key.y = withoutLeadingZeros(key.y);
    },
  },
  {
    product: "authentik",
    special: "members that are null, an issuer that ends in a slash",
    provider: { issuerPath: "/application/o/app/" },
    metadata: () => ({ claims_parameter_supported: null, mtls_endpoint_aliases: null }),
    keys: ([key = {}]) => Object.assign(key, { x5c: null, key_ops: null }),
    answer: adding({ error: null }),
    idToken: both(adding(NULLS), whenRefreshed(adding({ nonce: null, auth_time: null }))),
    accessToken: adding({ aud: "prizm", nbf: null }),
  },
  {
    product: "Authelia",
    special: "iss announced, opaque tokens, revocation and no logout page",
    provider: { issuerPath: "", accessTokenFormat: "opaque" },
    iss: "announced",
    metadata: lacking("end_session_endpoint"),
    idToken: adding({ aud: ["prizm"], azp: "prizm", amr: ["pwd", "otp", "mfa"], alt_sub: "alice", rat: 1_700_000_000 }),
    signOut: REVOCATION_ONLY,
  },
  {
    product: "Dex",
    special: "neither revocation nor logout page, the access token is an ID Token of the client",
    provider: {
      issuerPath: "/dex",
      audience: "prizm",
      accessTokenSigning: { typ: null },
      idTokenSigning: { typ: null },
    },
    metadata: lacking("end_session_endpoint", "revocation_endpoint", "pushed_authorization_request_endpoint"),
    answer: both(adding({ token_type: "bearer" }), removing("scope")),
    idToken: both(adding({ c_hash: "hash", federated_claims: { connector_id: "ldap" } }), removing("auth_time")),
    signOut: NO_SIGN_OUT,
  },
  {
    product: "Zitadel",
    special: "aud lists all applications of a project with azp, claims with colons",
    provider: { issuerPath: "", accessTokenFormat: "opaque" },
    response: { id: "1" },
    idToken: adding({
      aud: ["prizm", "another", "project"],
      azp: "prizm",
      "urn:zitadel:iam:org:id": "1",
      amr: ["pwd"],
    }),
    client: () => ({ extraScopes: ["offline_access", "urn:zitadel:iam:org:project:id:123:aud"] }),
  },
  {
    product: "Ory Hydra",
    special: "an issuer that ends in a slash, and a kid of an older key at each refresh",
    provider: { issuerPath: "/", accessTokenFormat: "opaque" },
    arrange: (provider) => {
      const older = String(provider.jwks.keys[0]?.kid);
      provider.on("token", async (exchange) => {
        if (exchange.form.get("grant_type") !== "refresh_token") return;
        if (provider.jwks.keys.length === 1) await provider.rotateKeys();
        provider.settings.idTokenSigning = { kid: older };
      });
    },
    idToken: adding({ aud: ["prizm"], rat: 1_700_000_000, jti: "jti" }),
  },
  {
    product: "Logto",
    special: "ES384, opaque tokens, a refresh answer without an ID Token",
    provider: { issuerPath: "/oidc", alg: "ES384", accessTokenFormat: "opaque" },
    iss: "announced",
    answer: whenRefreshed(removing("id_token")),
  },
  {
    product: "GitLab",
    special: "created_at, two hours to live, opaque tokens, no logout page",
    provider: { issuerPath: "", accessTokenFormat: "opaque" },
    metadata: lacking("end_session_endpoint", "code_challenge_methods_supported"),
    answer: adding({ created_at: 1_700_000_000, expires_in: 7200 }),
    idToken: both(adding({ sub_legacy: "legacy", groups_direct: [] }), whenRefreshed(removing("nonce"))),
    signOut: REVOCATION_ONLY,
  },
  {
    product: "Gitea, Forgejo",
    special: "an access token without iss, no at_hash, nothing to sign out with",
    provider: { issuerPath: "" },
    metadata: lacking("end_session_endpoint", "revocation_endpoint", "grant_types_supported"),
    answer: both(adding({ token_type: "bearer" }), removing("scope")),
    idToken: removing("at_hash", "auth_time"),
    accessToken: both(adding({ gnt: 1, tt: 0 }), removing("iss", "aud", "sub")),
    signOut: NO_SIGN_OUT,
  },
  {
    product: "Kanidm",
    special: "ES256 alone, an encrypted access token, empty members",
    provider: { issuerPath: "/oauth2/openid/app", alg: "ES256", accessTokenFormat: "jwe" },
    metadata: () => ({ end_session_endpoint: "" }),
    idToken: adding({ azp: "prizm", jti: null, s_hash: null, amr: null }),
    signOut: REVOCATION_ONLY,
  },
  {
    product: "Rauthy",
    special: "EdDSA with key and metadata under that name, the header under Ed25519 (RFC 9864)",
    provider: { issuerPath: "/auth/v1/", alg: "EdDSA", idTokenSigning: { shownAlg: "Ed25519" } },
    idToken: adding({ azp: "prizm", typ: "Id", amr: ["pwd"] }),
  },
  {
    product: "Pocket ID",
    special: "the metadata lists Ed25519 (RFC 9864), the header says EdDSA",
    provider: { issuerPath: "", alg: "EdDSA" },
    metadata: () => ({ id_token_signing_alg_values_supported: ["Ed25519"] }),
    iss: "announced",
    keys: ([key = {}]) => (key.alg = "Ed25519"),
  },
  {
    product: "Nextcloud as provider",
    special: "no revocation, a token type in capitals, an int as a text",
    provider: { issuerPath: "/index.php", accessTokenFormat: "opaque" },
    metadata: lacking("revocation_endpoint"),
    answer: adding({ token_type: "BEARER", expires_in: "900", refresh_expires_in: "never" }),
    idToken: adding({ azp: "prizm", acr: "0", nbf: 1_700_000_000, scope: "openid" }),
    signOut: PAGE_ONLY,
  },
  {
    product: "JetBrains Hub",
    special: "times with decimals",
    provider: { issuerPath: "/hub" },
    metadata: lacking("end_session_endpoint"),
    idToken: (claims) => {
      for (const name of ["iat", "exp", "auth_time"]) claims[name] = Number(claims[name]) + 0.872;
    },
    signOut: REVOCATION_ONLY,
  },
];
