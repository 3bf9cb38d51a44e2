/** Access tokens that a program has asked to be validated (option audiences). Stand-ins: nothing here asks the products. */
import { expect } from "vitest";
import { adding, both, PAGE_ONLY, removing, type Shape, TENANT, UNVERIFIABLE } from "../shape.js";

const API = "https://api.example";
const audiences = [API];
const client = () => ({ audiences });

/** What such a refusal must tell the developer. */
const refusal = (claim: string) => ({
  name: "TokenValidationError",
  claim,
  message: expect.stringContaining("leave the option audiences out"),
});

export const VALIDATED: readonly Shape[] = [
  {
    product: "Keycloak with an audience mapper",
    special: "aud as a list, typ JWT, nbf 0, no sub",
    provider: { issuerPath: "/realms/main", accessTokenSigning: { typ: "JWT" } },
    iss: "announced",
    accessToken: both(adding({ aud: [API, "account"], azp: "prizm", typ: "Bearer", nbf: 0 }), removing("sub")),
    client,
  },
  {
    product: "Auth0, an API with RS256",
    special: "aud as a list with the userinfo endpoint, permissions",
    provider: { issuerPath: "/", accessTokenSigning: { typ: "at+jwt" } },
    accessToken: adding({ aud: [API, "https://tenant.auth0.example/userinfo"], permissions: [] }),
    client: () => ({ audiences, authorizationParams: { audience: API } }),
  },
  {
    product: "Entra ID v2, an API of one's own",
    special: "the API's client id as aud, version 2 of its tokens",
    provider: { issuerPath: `/${TENANT}/v2.0`, accessTokenSigning: { typ: "JWT" } },
    metadata: () => ({ revocation_endpoint: undefined }),
    accessToken: both(adding({ aud: TENANT, ver: "2.0", tid: TENANT, scp: "read" }), removing("scope", "client_id")),
    client: () => ({ audiences: [TENANT] }),
    signOut: PAGE_ONLY,
  },
  {
    product: "Entra ID v2, organizations, an API of one's own",
    special: "the access token names its tenant too",
    provider: { issuerPath: "/organizations/v2.0", accessTokenSigning: { typ: "JWT" } },
    metadata: ({ origin }) => ({ issuer: `${origin}/{tenantid}/v2.0`, revocation_endpoint: undefined }),
    idToken: (claims) => {
      Object.assign(claims, { tid: TENANT, iss: String(claims.iss).replace("organizations", TENANT) });
    },
    accessToken: (claims) => {
      Object.assign(claims, { aud: API, tid: TENANT, iss: String(claims.iss).replace("organizations", TENANT) });
    },
    client,
    signOut: PAGE_ONLY,
  },
  {
    product: "Zitadel with JWT access tokens",
    special: "aud lists the project and its applications",
    provider: { issuerPath: "" },
    accessToken: adding({ aud: ["prizm", API, "project"], nbf: 1_700_000_000 }),
    client,
  },
  {
    product: "Authelia with JWT access tokens",
    special: "typ at+jwt, iss announced, scp as a list",
    provider: { issuerPath: "", alg: "ES256" },
    iss: "announced",
    accessToken: both(adding({ aud: [API], scp: ["openid"] }), removing("scope")),
    client,
  },
  {
    product: "Amazon Cognito",
    special: "access tokens without aud",
    provider: { audience: undefined },
    client,
    refused: { error: refusal("aud"), why: "nothing says for which API it is, PV-03" },
  },
  {
    product: "OpenIddict",
    special: "encrypted access tokens",
    provider: { accessTokenFormat: "jwe" },
    client,
    refused: { error: refusal("aud"), why: "its audience cannot be read, PV-03" },
  },
  {
    product: "Auth0, an API with HS256",
    special: "access tokens under the API's secret",
    provider: { audience: API, accessTokenSigning: { alg: "HS256", key: Buffer.from("the API's secret") } },
    client,
    refused: { error: refusal("alg"), why: "only the API can verify it, PV-03" },
  },
  {
    product: "Okta, org server",
    special: "access tokens with a key outside the key set",
    provider: { ...UNVERIFIABLE, audience: API },
    client,
    refused: { error: refusal("signature"), why: "only the API can verify it, PV-03" },
  },
  {
    product: "Entra ID, an API with version 1 of its tokens",
    special: "access tokens of another issuer",
    provider: { audience: API },
    accessToken: adding({ iss: `https://sts.windows.example/${TENANT}/`, ver: "1.0" }),
    client,
    refused: { error: refusal("iss"), why: "neither the issuer nor access_token_issuer, PV-04" },
  },
];
