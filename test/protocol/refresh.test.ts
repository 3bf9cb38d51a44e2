/** A refresh: a new refresh token is never thrown away, and tokens of another are never taken. */
import { describe, expect, test } from "vitest";
import type { Hook, SignOptions } from "../support/fake-provider.js";
import { changeNextAnswer, connect, failureOf, tokensOf, withClaims } from "./connection.js";

test("PV-05 keys that cannot be had after the answer has come: the new refresh token is kept, and the next refresh works with it", async () => {
  const { provider, session, refresh } = await connect();
  const record = await session();
  await provider.rotateKeys({ keep: 0 });
  provider.once("jwks", () => ({ status: 503, json: {} }));
  const { refreshToken, failure } = failureOf(await refresh(record));
  expect(failure).toMatchObject({ code: "network", status: 503, sessionKept: true });
  expect(refreshToken).not.toBe(record.refreshToken);
  expect(tokensOf(await refresh({ ...record, refreshToken })).refreshToken).toBeDefined();
  expect(provider.sessionAlive(record.refreshToken)).toBe(true);
});

const SPOILT: [string, object][] = [
  ["exp before iat", { editIdToken: (claims: { iat: number }) => ({ ...claims, exp: claims.iat - 3600 }) }],
  ["no sub", { editIdToken: withClaims({ sub: undefined }) }],
  ["no aud", { editIdToken: withClaims({ aud: undefined }) }],
  ["an earlier auth_time", { editIdToken: withClaims({ auth_time: 5 }) }],
  ["another nonce", { editIdToken: withClaims({ nonce: "other" }) }],
  ["a signature by a foreign key", { idTokenSigning: { key: "foreign" } satisfies SignOptions }],
];

test.each(SPOILT)("PV-06 an ID Token with %s is refused, and the new refresh token is kept", async (_title, spoilt) => {
  const { provider, session, refresh } = await connect();
  const record = await session();
  Object.assign(provider.settings, spoilt);
  const { refreshToken, failure } = failureOf(await refresh(record));
  expect(failure).toMatchObject({ code: "token_validation", sessionKept: true });
  provider.reset();
  Object.assign(provider.settings, { idTokenSigning: {}, editIdToken: undefined });
  tokensOf(await refresh({ ...record, refreshToken }));
});

test.each<[string, object]>([
  ["an access token that no header can carry", { access_token: "a b" }],
  ["no access token", { access_token: undefined }],
  ["another token_type", { token_type: "mac" }],
  ["an ID Token that is no JWT", { id_token: "x.y.z" }],
  ["an ID Token that is a number", { id_token: 5 }],
  ["a lifetime that is no number", { expires_in: "soon" }],
])("PV-06 an answer with %s: the new refresh token is kept", async (_title, change) => {
  const { provider, session, refresh } = await connect();
  const record = await session();
  changeNextAnswer(provider, change);
  const { refreshToken, failure } = failureOf(await refresh(record));
  expect(failure).toMatchObject({ sessionKept: true });
  tokensOf(await refresh({ ...record, refreshToken }));
});

test("an answer that fails and brings no new refresh token is thrown", async () => {
  const { provider, session, refresh } = await connect({ rotateRefreshTokens: false });
  const record = await session();
  changeNextAnswer(provider, { refresh_token: "", access_token: "a b" });
  await expect(refresh(record)).rejects.toMatchObject({ code: "response", sessionKept: true });
});

describe.each<[string, SignOptions]>([
  ["with a good signature", {}],
  ["with the signature of a foreign key", { key: "foreign" }],
  ["without a signature", { alg: "none" }],
])("PV-06 an ID Token %s", (_title, idTokenSigning) => {
  test.each<[string, object, string]>([
    ["another sub", { sub: "mallory" }, "user_changed"],
    ["another iss", { iss: "https://other.example" }, "user_changed"],
    ["another aud", { aud: "other" }, "refresh_rejected"],
    ["a list of other aud", { aud: ["other", "third"] }, "refresh_rejected"],
    ["another azp", { azp: "other" }, "refresh_rejected"],
  ])("with %s ends the session, and nothing of it is taken", async (_name, change, reason) => {
    const { provider, session, refresh } = await connect();
    const record = await session();
    Object.assign(provider.settings, { editIdToken: withClaims(change), idTokenSigning });
    await expect(refresh(record)).rejects.toMatchObject({ code: "login_required", reason, sessionKept: false });
  });
});

test("PV-06 a session without an ID Token knows its person by the subject", async () => {
  const { provider, session, refresh } = await connect();
  const { idToken: _none, ...record } = await session();
  provider.settings.editIdToken = withClaims({ sub: "mallory" });
  const message = expect.stringMatching(/The session here is gone\.$/);
  await expect(refresh(record)).rejects.toMatchObject({ reason: "user_changed", sessionKept: false, message });
});

test.each<[string, object]>([
  ["a later auth_time", { auth_time: Date.UTC(2026, 0, 2) / 1000 }],
  ["no auth_time", { auth_time: undefined }],
  ["an auth_time that is null", { auth_time: null }],
])("PV-07 a refreshed ID Token with %s is taken, each time", async (_title, change) => {
  const { provider, session, refresh } = await connect({ rotateRefreshTokens: false });
  const record = await session();
  provider.settings.editIdToken = withClaims(change);
  for (let call = 0; call < 3; call += 1) tokensOf(await refresh(record));
});

test.each<[string, object | undefined, string | undefined]>([
  ["the nonce of the login", undefined, undefined],
  ["no nonce", { nonce: undefined }, undefined],
  ["another nonce", { nonce: "other" }, "nonce"],
])("PV-07 a refreshed ID Token with %s", async (_title, change, claim) => {
  const { provider, session, refresh } = await connect();
  const record = await session();
  const { nonce } = JSON.parse(Buffer.from(String(record.idToken?.split(".")[1]), "base64url").toString());
  provider.settings.editIdToken = withClaims(change ?? { nonce });
  const refreshed = await refresh(record);
  if (claim === undefined) tokensOf(refreshed);
  else expect(failureOf(refreshed).failure).toMatchObject({ claim });
});

test("PV-06 where an ID Token is owed, an answer without one gives no access token, and one with it does", async () => {
  const { provider, session, refresh } = await connect();
  const record = { ...(await session()), idTokenOwed: true };
  changeNextAnswer(provider, { id_token: undefined });
  const { refreshToken, failure } = failureOf(await refresh(record));
  expect(failure).toMatchObject({ code: "response", sessionKept: true });
  tokensOf(await refresh({ ...record, refreshToken }));
});

test.each<[string, Hook, object]>([
  ["200", () => ({ status: 200, json: { error: "invalid_grant" } }), { code: "provider", error: "invalid_grant" }],
  ["201", () => ({ status: 201, json: { error: "invalid_grant" } }), { code: "provider", error: "invalid_grant" }],
  [
    "200 and nulls beside it",
    () => ({ status: 200, json: { error: "invalid_grant", access_token: null, refresh_token: "" } }),
    { code: "provider", error: "invalid_grant" },
  ],
])("PV-08 an error with status %s is that OAuth error", async (_title, hook, expected) => {
  const { provider, session, refresh } = await connect();
  const record = await session();
  provider.once("token", hook);
  await expect(refresh(record)).rejects.toMatchObject(expected);
});

test("PV-08 an error beside an access token is no error", async () => {
  const { provider, session, refresh } = await connect();
  const record = await session();
  changeNextAnswer(provider, { error: "none" });
  tokensOf(await refresh(record));
});

test("PV-08 a new refresh token beside an error is kept", async () => {
  const { provider, session, refresh } = await connect();
  const record = await session();
  changeNextAnswer(provider, { error: "server_error", access_token: undefined });
  const { refreshToken } = failureOf(await refresh(record));
  tokensOf(await refresh({ ...record, refreshToken }));
});

test.each(["temporarily_unavailable", "server_error"])(
  "SE-19 400 %s is trouble of the provider, and Retry-After is kept",
  async (error) => {
    const { provider, session, refresh } = await connect();
    const record = await session();
    provider.once("token", () => ({ status: 400, headers: { "retry-after": "7" }, json: { error } }));
    await expect(refresh(record)).rejects.toMatchObject({
      code: "network",
      status: 400,
      retryable: true,
      retryAfterSeconds: 7,
      sessionKept: true,
      // What became of the session is said once.
      message: expect.not.stringMatching(/kept.*kept/),
    });
  },
);

test("SE-25 a refresh token with a lone surrogate is sent, and refused as any other", async () => {
  const { session, refresh } = await connect();
  const record = { ...(await session()), refreshToken: "abc\ud800defghijkl" };
  await expect(refresh(record)).rejects.toMatchObject({ code: "provider", error: "invalid_grant" });
});

test("authorizationParams.audience goes with each refresh, and not with the code", async () => {
  const { provider, session, refresh } = await connect(
    {},
    { authorizationParams: { audience: "https://api.example" } },
  );
  const record = await session();
  await refresh(record);
  const audiences = provider.requests
    .filter(({ endpoint }) => endpoint === "token")
    .map(({ form }) => form.getAll("audience"));
  expect(audiences).toEqual([[], ["https://api.example"]]);
});

test("authorizationParams.audience goes with client credentials", async () => {
  const { provider, server } = await connect(
    {},
    {
      flow: "client_credentials",
      clientId: "service",
      clientSecret: "secret",
      authorizationParams: { audience: "https://api.example" },
    },
  );
  const { ConfidentialClient } = await import("../../src/protocol/confidential-client.js");
  provider.on("token", () => ({ status: 200, json: { access_token: "x", token_type: "Bearer", expires_in: 60 } }));
  await new ConfidentialClient(server.config).clientCredentials(server);
  expect(provider.requests.at(-1)?.form.getAll("audience")).toEqual(["https://api.example"]);
});
