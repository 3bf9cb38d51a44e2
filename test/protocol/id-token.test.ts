/** ID Tokens: what is absent, what is refused, and what max_age asks for. */
import { expect, test } from "vitest";
import { startDeviceFlow } from "../../src/protocol/device.js";
import { connect, withClaims } from "./connection.js";

test.each(["azp", "at_hash", "nbf", "auth_time"])("PV-10 an ID Token whose %s is null has none", async (claim) => {
  const { login } = await connect({ editIdToken: withClaims({ [claim]: null }) });
  expect((await login()).idTokenClaims).not.toHaveProperty(claim);
});

test.each(["iss", "sub", "aud", "exp", "iat", "nonce"])(
  "PV-10 an ID Token must have its %s: null is none",
  async (claim) => {
    const { login } = await connect({ editIdToken: withClaims({ [claim]: null }) });
    await expect(login()).rejects.toMatchObject({ code: "token_validation", claim });
  },
);

test.each(["at+jwt", "application/at+jwt", "AT+JWT"])("PV-15 an ID Token of the type %s is refused", async (typ) => {
  const { login } = await connect({ idTokenSigning: { typ } });
  await expect(login()).rejects.toMatchObject({ code: "token_validation", claim: "typ" });
});

test.each(["JWT", "jwt", "id_token+jwt", null])("PV-15 an ID Token of the type %s is taken", async (typ) => {
  const { login } = await connect({ idTokenSigning: { typ } });
  await login();
});

test.each([
  ["a day old", -86_400, "auth_time"],
  ["missing", undefined, "auth_time"],
  ["half a minute old", -30, undefined],
])("PV-15 max_age in the device flow, and an auth_time that is %s", async (_title, seconds, claim) => {
  const { provider, server, clock } = await connect({}, { authorizationParams: { max_age: "60" } });
  provider.settings.editIdToken = withClaims({
    auth_time: seconds === undefined ? undefined : clock.now() / 1000 + seconds,
  });
  const { signal } = new AbortController();
  const device = await startDeviceFlow(server, signal);
  provider.approveDevice();
  const polled = device.poll(signal);
  await clock.advance(5000);
  if (claim === undefined) await polled;
  else await expect(polled).rejects.toMatchObject({ code: "token_validation", claim });
});

const ISSUER = "PROVIDER";
test.each<[string, object, object, RegExp]>([
  [
    "another iss",
    {},
    { iss: "https://other.example/" },
    /its "iss" is "https:\/\/other\.example\/", and must be "PROVIDER"\. Tell/,
  ],
  ["no iss", {}, { iss: null }, /its "iss" is missing, and must be "PROVIDER"/],
  ["another aud", {}, { aud: "other" }, /its "aud" is "other", and must be "prizm" \(option clientId\)/],
  [
    "two audiences",
    {},
    { aud: ["prizm", "api"] },
    /its "aud" is \["prizm","api"\], and must be "prizm" .*, with "azp" beside others\. Tell/,
  ],
  ["an aud that is a list of lists", {}, { aud: [[["prizm"]]] }, /its "aud" is no text, and must be "prizm"/],
  ["an iss that is an object", {}, { iss: { a: 1 } }, /its "iss" is no text, and must be "PROVIDER"/],
  ["another azp", {}, { azp: "other" }, /its "azp" is "other", and must be "prizm"/],
  [
    "an iss that drives a terminal",
    {},
    { iss: `\u202ex\u001b[2J${"y".repeat(300)}` },
    /its "iss" is "\S* ?x\S*\[2Jy+…, and/,
  ],
  [
    "no auth_time",
    { authorizationParams: { max_age: "10" } },
    { auth_time: null },
    /it has no "auth_time", which max_age asks for\. Leave that out/,
  ],
])("DX-04 what was found and what was expected: %s", async (_title, options, claims, says) => {
  const { provider, login } = await connect({ editIdToken: withClaims(claims) }, options);
  const error = (await login().catch((reason: unknown) => reason)) as Error;
  expect(error).toMatchObject({ code: "token_validation" });
  expect(error.message.replace(provider.issuer, ISSUER)).toMatch(says);
  expect(error.message.replace("A stored session is kept.", "")).not.toMatch(/clock|[\p{Cc}\p{Cf}]/u);
});

test("an ID Token signed with HS256: its algorithm is named, and what to do", async () => {
  const { login } = await connect({ idTokenSigning: { alg: "HS256", key: new Uint8Array(32) } });
  await expect(login()).rejects.toMatchObject({
    claim: "alg",
    message: expect.stringMatching(/its "alg" is "HS256", and must be that of a public key, .*such as RS256\. Tell/),
  });
});

test.each([
  ["that the metadata does not list", ["ES256"], "alg"],
  ["that the metadata lists", ["none", "RS256"], undefined],
  ["where the metadata lists none", null, undefined],
])("an algorithm %s", async (_title, algorithms, claim) => {
  const { provider, login } = await connect();
  provider.metadata.id_token_signing_alg_values_supported = algorithms;
  if (claim === undefined) await login();
  else await expect(login()).rejects.toMatchObject({ code: "token_validation", claim });
});

test.each([
  ["EdDSA", "Ed25519"],
  ["Ed25519", "EdDSA"],
  ["Ed25519", "Ed25519"],
])("an algorithm with two names: the metadata list %s, the header says %s", async (listed, shownAlg) => {
  const { provider, login } = await connect({ alg: "EdDSA", idTokenSigning: { shownAlg } });
  provider.metadata.id_token_signing_alg_values_supported = [listed];
  await login();
});
