/** Accounts that people bring along. Stand-ins: nothing here asks the products. */
import type { FakeProvider } from "../../support/fake-provider.js";
import {
  adding,
  both,
  lacking,
  LASTING,
  NO_SIGN_OUT,
  removing,
  REVOCATION_ONLY,
  type Shape,
  whenRefreshed,
} from "../shape.js";

/** They give a secret to programs as well. */
const SECRET = "not-so-secret";
const withSecret = (method: "client_secret_basic" | "client_secret_post") => ({
  clientSecrets: { prizm: SECRET },
  clientAuthMethods: [method],
});
const secret = () => ({ clientSecret: SECRET });

/** Some give a refresh token at the first sign-in alone, some never. */
const nothingToRefreshWith = { refreshTokens: "never" } as const;

/** Codes in which every letter counts, and longer than a kilobyte. */
const withLongCodes = (provider: FakeProvider) => {
  const issued = new Map<string, string>();
  provider.on("authorize", async (exchange) => {
    const location = new URL(String((await exchange.next()).headers?.location));
    const code = String(location.searchParams.get("code"));
    const shown = `4/0A+b=&%20/${code}/${"c".repeat(2500)}`;
    issued.set(shown, code);
    location.searchParams.set("code", shown);
    return exchange.redirect(location.href);
  });
  provider.on("token", ({ form }) => {
    if (form.has("code")) form.set("code", issued.get(String(form.get("code"))) ?? "another");
  });
};

export const CONSUMER: readonly Shape[] = [
  {
    product: "Google",
    special: "a secret for desktop programs, long codes of odd letters, iss not announced, no logout page",
    arrange: withLongCodes,
    provider: { ...LASTING, ...withSecret("client_secret_post"), issuerPath: "", accessTokenFormat: "opaque" },
    metadata: lacking("end_session_endpoint", "pushed_authorization_request_endpoint"),
    iss: "sent",
    response: { scope: "openid email", authuser: "0", hd: "example.com", prompt: "consent" },
    answer: both(
      adding({ refresh_token_expires_in: 604_799 }),
      (members) => (members.scope = "openid https://mail.example/"),
    ),
    idToken: both(
      adding({ azp: "prizm", hd: "example.com", email_verified: true }),
      whenRefreshed(removing("nonce", "auth_time")),
    ),
    client: () => ({
      ...secret(),
      extraScopes: ["email"],
      authorizationParams: { access_type: "offline", prompt: "consent" },
    }),
    signOut: REVOCATION_ONLY,
  },
  {
    product: "Google, a later sign-in",
    special: "no refresh token: each renewal is a sign-in",
    provider: { ...nothingToRefreshWith, issuerPath: "", accessTokenFormat: "opaque" },
    metadata: lacking("end_session_endpoint"),
    renewal: "login",
    signOut: REVOCATION_ONLY,
  },
  {
    product: "Apple",
    special:
      "a JWT as secret, booleans as texts, no userinfo and no logout page, a refresh without a new refresh token",
    provider: { ...LASTING, ...withSecret("client_secret_post"), issuerPath: "", accessTokenFormat: "opaque" },
    metadata: lacking("end_session_endpoint", "userinfo_endpoint"),
    answer: removing("scope"),
    idToken: both(
      adding({ nonce_supported: true, email_verified: "true", is_private_email: "true", c_hash: "hash" }),
      whenRefreshed(removing("nonce")),
    ),
    client: secret,
    signOut: REVOCATION_ONLY,
  },
  {
    product: "Twitch",
    special: "scope as a list, bearer in small letters, a secret by form, no ID Token at a refresh",
    provider: { ...withSecret("client_secret_post"), issuerPath: "/oauth2", accessTokenFormat: "opaque" },
    metadata: lacking("end_session_endpoint", "revocation_endpoint", "code_challenge_methods_supported"),
    answer: both(adding({ scope: ["openid"], token_type: "bearer" }), whenRefreshed(removing("id_token"))),
    idToken: both(adding({ azp: "prizm", preferred_username: "alice" }), removing("auth_time")),
    client: secret,
    signOut: NO_SIGN_OUT,
  },
  {
    product: "Slack",
    special: "ok beside the tokens, neither expires_in nor a refresh token",
    provider: { ...nothingToRefreshWith, issuerPath: "", accessTokenFormat: "opaque" },
    metadata: lacking("end_session_endpoint", "revocation_endpoint"),
    answer: both(adding({ ok: true }), removing("expires_in", "scope")),
    idToken: adding({ "https://slack.example/team_id": "T0", date_email_verified: 1_622_128_723 }),
    renewal: "login",
    signOut: NO_SIGN_OUT,
  },
  {
    product: "Yahoo",
    special: "ES256, its own id beside the tokens, no new refresh token",
    provider: { ...LASTING, issuerPath: "", alg: "ES256", accessTokenFormat: "opaque" },
    metadata: lacking("end_session_endpoint"),
    answer: both(adding({ xoauth_yahoo_guid: "guid" }), removing("scope")),
    idToken: whenRefreshed(removing("nonce")),
    signOut: REVOCATION_ONLY,
  },
  {
    product: "Supabase",
    special: "ES256, an aud of its own in the access token, expires_at beside expires_in",
    provider: { issuerPath: "/auth/v1", alg: "ES256", audience: "authenticated" },
    metadata: lacking("end_session_endpoint", "revocation_endpoint"),
    answer: adding({ expires_at: 1_700_000_000, user: { id: "alice" }, weak_password: null }),
    accessToken: adding({ role: "authenticated", aal: "aal1", session_id: "id" }),
    signOut: NO_SIGN_OUT,
  },
  {
    product: "PayPal",
    special: "commas between scopes, a secret by Basic alone, an app id and a nonce beside the tokens",
    provider: { ...LASTING, ...withSecret("client_secret_basic"), issuerPath: "", accessTokenFormat: "opaque" },
    metadata: lacking("end_session_endpoint", "revocation_endpoint"),
    answer: adding({ scope: "openid,email", app_id: "APP-1", nonce: "2026-11-30" }),
    client: secret,
    signOut: NO_SIGN_OUT,
  },
  {
    product: "ID-porten",
    special: "pushed requests, iss announced, amr as a text, a refresh without an ID Token",
    provider: { issuerPath: "", requirePushedAuthorizationRequests: true, accessTokenFormat: "opaque" },
    iss: "announced",
    answer: whenRefreshed(removing("id_token")),
    idToken: adding({ amr: "BankID", acr: "idporten-loa-high", pid: "23079410918", locale: "nb", sid: "sid" }),
  },
];
