/** Access tokens: opaque without the option audiences, validated with it. */
import { describe, expect, test } from "vitest";
import type { FakeProviderOptions } from "../support/fake-provider.js";
import { changeNextAnswer, connect, withClaims } from "./connection.js";

const NOW = Date.UTC(2026, 0, 1) / 1000;
const lifetime = ({ obtainedAt, expiresAt }: { obtainedAt: number; expiresAt: number }) =>
  (expiresAt - obtainedAt) / 1000;

const UNREADABLE: [string, string, FakeProviderOptions][] = [
  ["PV-01 a foreign key", "signature", { accessTokenSigning: { key: "foreign" } }],
  ["PV-01 a signature over something else", "signature", { accessTokenSigning: { tamper: "signature" } }],
  ["PV-02 another iss", "iss", { editAccessToken: withClaims({ iss: "https://sts.example" }) }],
  ["PV-02 no iss", "iss", { editAccessToken: withClaims({ iss: undefined }) }],
  ["PV-02 an iss that is null", "iss", { editAccessToken: withClaims({ iss: null }) }],
  ["PV-03 HS256", "alg", { accessTokenSigning: { alg: "HS256" } }],
  ["PV-03 no exp", "exp", { editAccessToken: withClaims({ exp: undefined }) }],
  ["PV-03 an exp that is a text", "exp", { editAccessToken: withClaims({ exp: "soon" }) }],
  ["PV-03 an exp in the past", "exp", { editAccessToken: withClaims({ exp: 5 }) }],
  ["PV-03 an aud that is an object", "aud", { editAccessToken: withClaims({ aud: { api: 1 } }) }],
  ["PV-03 an aud that is null", "aud", { editAccessToken: withClaims({ aud: null }) }],
];

describe.each(UNREADABLE)("%s in an access token", (_title, claim, provider) => {
  test("is no matter without audiences: the token is handed out as it came", async () => {
    const { login } = await connect(provider, { audiences: [] });
    const { accessToken } = await login();
    expect(accessToken.token).toMatch(/^ey/);
    expect(lifetime(accessToken)).toBe(300);
  });

  test("is TokenValidationError with audiences, which says to leave them out", async () => {
    const { login } = await connect(provider, { audiences: ["hub_connector_api"] });
    await expect(login()).rejects.toMatchObject({
      code: "token_validation",
      claim,
      message: expect.stringContaining("leave the option audiences out"),
    });
  });
});

test("PV-03 an nbf that is null is absent", async () => {
  const { login } = await connect({ editAccessToken: withClaims({ nbf: null }) }, { audiences: ["hub_connector_api"] });
  await login();
});

test.each([
  ["ES256K", { alg: "ES256K" }],
  ["an extension that must be understood", { alg: "RS256", crit: ["x"], x: 1 }],
])("PV-03 a header with %s", async (_title, header) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const token = `${part(header)}.${part({ aud: ["api"], exp: NOW + 60 })}.AAAA`;
  const opaque = await connect({ editIdToken: withClaims({ at_hash: undefined }) });
  changeNextAnswer(opaque.provider, { access_token: token });
  const { accessToken } = await opaque.login();
  expect(accessToken).toMatchObject({ token, audiences: ["api"] });
  expect(lifetime(accessToken)).toBe(60);
  const asked = await connect({ editIdToken: withClaims({ at_hash: undefined }) }, { audiences: ["api"] });
  changeNextAnswer(asked.provider, { access_token: token });
  await expect(asked.login()).rejects.toMatchObject({ code: "token_validation" });
});

test.each<[string, unknown, string, boolean]>([
  ["the metadata's access_token_issuer", "http://adfs.example/trust", "http://adfs.example/trust", true],
  ["a third", "http://adfs.example/trust", "http://third.example", false],
  ["null beside an access_token_issuer that is null", null, "", false],
])("PV-04 an access token whose iss is %s", async (_title, issuer, iss, isTaken) => {
  const editAccessToken = withClaims({ iss: iss || null });
  const { provider, login } = await connect({ editAccessToken }, { audiences: ["hub_connector_api"] });
  provider.metadata.access_token_issuer = issuer;
  if (isTaken) await login();
  else await expect(login()).rejects.toMatchObject({ claim: "iss" });
});

test.each([
  [
    "iss",
    { iss: "https://third.example" },
    /its "iss" is "https:\/\/third\.example", and must be "http.*leave the option audiences out/,
  ],
  [
    "aud",
    { aud: ["other", "account"] },
    /its "aud" is \["other","account"\], not "hub_connector_api" \(option audiences\)/,
  ],
])("an access token with another %s: what was found is named", async (claim, change, says) => {
  const options = { audiences: ["hub_connector_api"] };
  const { login } = await connect({ editAccessToken: withClaims(change) }, options);
  await expect(login()).rejects.toMatchObject({ claim, message: expect.stringMatching(says) });
});

test("PV-04 the metadata's access_token_issuer changes nothing of the other checks", async () => {
  const options = { audiences: ["hub_connector_api"] };
  const foreign = await connect({ accessTokenSigning: { key: "foreign" } }, options);
  foreign.provider.metadata.access_token_issuer = foreign.provider.issuer;
  await expect(foreign.login()).rejects.toMatchObject({ claim: "signature" });
  const idToken = await connect({ editIdToken: withClaims({ iss: "http://adfs.example/trust" }) }, options);
  idToken.provider.metadata.access_token_issuer = "http://adfs.example/trust";
  await expect(idToken.login()).rejects.toMatchObject({ claim: "iss" });
});

test.each([
  ["earlier than expires_in", NOW + 2, 32, 2],
  ["later than expires_in", NOW + 100, 32, 32],
  ["in the past", NOW - 60, 32, 32],
  ["alone", NOW + 60, undefined, 60],
  ["in the past, and alone", NOW - 60, undefined, 300],
])("PV-17 the earlier end counts: an exp %s", async (_title, exp, expires_in, expected) => {
  for (const audiences of [[], ["hub_connector_api"]]) {
    const { provider, login } = await connect({ editAccessToken: withClaims({ exp }) }, { audiences });
    changeNextAnswer(provider, { expires_in });
    expect(lifetime((await login()).accessToken)).toBe(expected);
  }
});
