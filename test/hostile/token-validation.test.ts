import { expect, test } from "vitest";
import type { Claims } from "../support/fake-provider.js";
import { startWorld } from "./world.js";

const without = (name: string) => (claims: Claims) => {
  const { [name]: _, ...rest } = claims as Record<string, unknown>;
  return rest as Claims;
};
const now = () => Math.floor(Date.now() / 1000);

test.each(["RS256", "PS256", "ES256", "EdDSA"] as const)("TV-01 a good %s ID Token is accepted", async (alg) => {
  const world = await startWorld({ alg });
  await world.client().getAccessToken();
});

test.each<[string, string, (claims: Claims) => Claims]>([
  ["TV-02 iss + 1", "iss", (claims) => ({ ...claims, iss: `${String(claims.iss)}1` })],
  ["TV-02 iss missing", "iss", without("iss")],
  ["TV-03 aud + 1", "aud", (claims) => ({ ...claims, aud: "prizm1" })],
  ["TV-03 aud missing", "aud", without("aud")],
  ["TV-03 a second aud without azp", "aud", (claims) => ({ ...claims, aud: ["prizm", "other"] })],
  ["TV-03 a second aud with another's azp", "azp", (claims) => ({ ...claims, aud: ["prizm", "other"], azp: "other" })],
  ["TV-03 another's azp beside our aud alone", "azp", (claims) => ({ ...claims, azp: "other" })],
  ["TV-03 an azp that is no text", "azp", (claims) => ({ ...claims, azp: ["prizm"] })],
  ["TV-06 sub missing", "sub", without("sub")],
  ["TV-06 sub empty", "sub", (claims) => ({ ...claims, sub: "" })],
  ["TV-06 sub a number", "sub", (claims) => ({ ...claims, sub: 5 })],
  ["TV-08 iat missing", "iat", without("iat")],
  ["TV-08 exp missing", "exp", without("exp")],
  ["TV-08 exp a string", "exp", (claims) => ({ ...claims, exp: "soon" })],
  ["TV-09 exp six minutes ago", "exp", (claims) => ({ ...claims, exp: now() - 360 })],
  ["nbf in ten minutes", "nbf", (claims) => ({ ...claims, nbf: now() + 600 })],
  ["TV-11 nonce + 1", "nonce", (claims) => ({ ...claims, nonce: `${String(claims.nonce)}1` })],
  ["TV-11 nonce missing", "nonce", without("nonce")],
  ["at_hash of another token", "at_hash", (claims) => ({ ...claims, at_hash: "AAAAAAAAAAAAAAAAAAAAAA" })],
])("%s in the ID Token is refused, and nothing is stored", async (_title, claim, edit) => {
  const world = await startWorld({ editIdToken: edit });
  const error = await world.failure(world.client().getAccessToken());
  expect(error).toMatchObject({ code: "token_validation", claim, sessionKept: true });
  await expect(world.client({ interaction: "never" }).getAccessToken()).rejects.toMatchObject({
    code: "login_required",
  });
});

test.each<[string, (claims: Claims) => Claims]>([
  ["TV-04 aud as a list of one", (claims) => ({ ...claims, aud: ["prizm"] })],
  ["our azp beside our aud alone", (claims) => ({ ...claims, azp: "prizm" })],
  ["a second aud with our azp", (claims) => ({ ...claims, aud: ["prizm", "other"], azp: "prizm" })],
  ["TV-09 exp ten seconds ago, within the tolerance", (claims) => ({ ...claims, exp: now() - 10 })],
])("%s is accepted", async (_title, editIdToken) => {
  const world = await startWorld({ editIdToken });
  await world.client({ clockToleranceSeconds: 30 }).getAccessToken();
});

test.each([
  ["TV-12 alg none", { alg: "none" }],
  ["TV-12 HS256 with a public key", { alg: "HS256" }],
  ["TV-13 a broken signature", { tamper: "signature" }],
  ["TV-13 altered claims", { tamper: "payload" }],
  ["TV-13 a foreign key under our kid", { key: "foreign" }],
] as const)("%s is refused for the ID Token and for the access token", async (_title, signing) => {
  const world = await startWorld({ idTokenSigning: signing });
  expect(await world.failure(world.client().getAccessToken())).toMatchObject({ code: "token_validation" });
  world.provider.settings.idTokenSigning = {};
  world.provider.settings.accessTokenSigning = signing;
  // An access token without a signature is no JWT, which audiences ask for.
  expect(await world.failure(world.client().getAccessToken())).toMatchObject({ code: "token_validation" });
});

test.each<[string, string, (claims: Claims) => Claims]>([
  ["iss", "iss", (claims) => ({ ...claims, iss: "https://other.example" })],
  ["exp", "exp", (claims) => ({ ...claims, exp: now() - 360 })],
  ["aud", "aud", (claims) => ({ ...claims, aud: "another_api" })],
  ["aud", "aud", without("aud")],
  ["aud", "aud", (claims) => ({ ...claims, aud: { hub_connector_api: true } })],
])("a wrong %s in the access token is refused", async (_title, claim, editAccessToken) => {
  const world = await startWorld({ editAccessToken });
  expect(await world.failure(world.client().getAccessToken())).toMatchObject({ code: "token_validation", claim });
});

test("audiences with an opaque access token is TokenValidationError aud; without audiences it serves", async () => {
  const world = await startWorld({ accessTokenFormat: "opaque" });
  expect(await world.failure(world.client().getAccessToken())).toMatchObject({
    code: "token_validation",
    claim: "aud",
  });
  const set = await world.client({ audiences: [] }).getTokenSet();
  expect(set).toMatchObject({ tokenType: "Bearer", audiences: [] });
});

test("several audiences must each be there", async () => {
  const world = await startWorld({ audience: ["hub_connector_api", "second"] });
  await world.client({ audiences: ["hub_connector_api", "second"] }).getAccessToken();
  expect(await world.failure(world.client({ audiences: ["third", "second"] }).getAccessToken())).toMatchObject({
    claim: "aud",
  });
});

test("TV-17 without a kid and with one key, the key is used", async () => {
  const world = await startWorld({ idTokenSigning: { kid: null }, accessTokenSigning: { kid: null } });
  for (const key of world.provider.jwks.keys) delete (key as Record<string, unknown>).kid;
  await world.client().getAccessToken();
});

test("TV-18 without a kid and with many keys, all that fit are tried", async () => {
  const world = await startWorld({ idTokenSigning: { kid: null }, accessTokenSigning: { kid: null } });
  await world.provider.rotateKeys({ keep: 5 });
  await world.provider.rotateKeys({ keep: 5 });
  for (const key of world.provider.jwks.keys) delete (key as Record<string, unknown>).kid;
  await world.client().getAccessToken();
});

test("TV-20 DX-13 an answer without an ID Token is ResponseError, and not retryable", async () => {
  const world = await startWorld();
  world.provider.once("token", async (exchange) => {
    const answer = await exchange.next();
    delete answer.json.id_token;
    return answer;
  });
  expect(await world.failure(world.client().getAccessToken())).toMatchObject({ code: "response", retryable: false });
});

test.each([
  ["missing", without("auth_time")],
  ["too old", (claims: Claims) => ({ ...claims, auth_time: now() - 4000 })],
])("TV-22 with max_age an auth_time that is %s is refused", async (_title, editIdToken) => {
  const world = await startWorld({ editIdToken });
  const client = world.client({ authorizationParams: { max_age: "60" } });
  expect(await world.failure(client.getAccessToken())).toMatchObject({ code: "token_validation", claim: "auth_time" });
});

test.each<[string, (claims: Claims) => Claims]>([
  ["TV-26 PV-06 iss + 1", (claims) => ({ ...claims, iss: `${String(claims.iss)}1` })],
  ["PV-06 another's azp", (claims) => ({ ...claims, azp: "other" })],
  ["TV-27 PV-06 sub + 1", (claims) => ({ ...claims, sub: `${String(claims.sub)}1` })],
])("%s in a refreshed ID Token: its access token is not handed out, a person has to sign in", async (_title, edit) => {
  const world = await startWorld({ rotateRefreshTokens: false });
  await world.signIn();
  world.provider.settings.editIdToken = edit;
  const client = world.client({ interaction: "never" });
  const error = await world.failure(client.getAccessToken({ forceRefresh: true }));
  expect(error).toMatchObject({ code: "login_required" });
});

test("TV-29 a refresh without id_token, refresh_token and scope keeps what there was", async () => {
  const world = await startWorld({ rotateRefreshTokens: false });
  await world.signIn();
  world.provider.on("token", async (exchange) => {
    const answer = await exchange.next();
    for (const name of ["id_token", "refresh_token", "scope"]) delete answer.json[name];
    return answer;
  });
  const client = world.client({ interaction: "never" });
  const before = await client.getTokenSet();
  const after = await client.getTokenSet({ forceRefresh: true });
  expect(after.accessToken).not.toBe(before.accessToken);
  expect(after).toMatchObject({ idToken: before.idToken, scopes: before.scopes });
});

test.each([
  ["TV-30 bEARER", { token_type: "bEARER" }, { tokenType: "Bearer" }],
  ["TV-39 no scope", { scope: undefined }, { scopes: ["openid", "offline_access", "hub_connector_api"] }],
  ["fewer scopes", { scope: "openid" }, { scopes: ["openid"] }],
  ["a list of scopes", { scope: ["openid", "a"] }, { scopes: ["openid", "a"] }],
  ["TV-31 no expires_in", { expires_in: undefined }, {}],
  ["expires_in null", { expires_in: null }, {}],
  ["expires_in a numeric string", { expires_in: "300" }, {}],
  ["TV-33 a lifetime of 40 days", { expires_in: 3_456_000 }, {}],
  ["a lifetime beyond all dates", { expires_in: 1e300 }, {}],
])("%s in the token response is taken", async (_title, change, expected) => {
  const world = await startWorld();
  world.provider.once("token", async (exchange) => {
    const answer = await exchange.next();
    Object.assign(answer.json, change);
    return answer;
  });
  const client = world.client();
  expect(await client.getTokenSet()).toMatchObject(expected);
  await client.getAccessToken();
  await world.client({ interaction: "never" }).getAccessToken();
  expect(world.provider.ledger.count("token")).toBe(1);
});

test.each([
  ["TV-30 token_type mac", { token_type: "mac" }],
  ["token_type missing", { token_type: undefined }],
  ["access_token missing", { access_token: undefined }],
  ["access_token empty", { access_token: "" }],
  ["expires_in junk", { expires_in: "soon" }],
  ["expires_in negative", { expires_in: -5 }],
  ["id_token a number", { id_token: 5 }],
])("%s in the token response is ResponseError", async (_title, change) => {
  const world = await startWorld();
  world.provider.once("token", async (exchange) => {
    const answer = await exchange.next();
    Object.assign(answer.json, change);
    return answer;
  });
  expect(await world.failure(world.client().getAccessToken())).toMatchObject({ code: "response", retryable: true });
});
