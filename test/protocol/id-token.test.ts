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
