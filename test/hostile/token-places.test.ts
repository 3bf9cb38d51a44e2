/** The rows of token validation, in the answers where they are easily forgotten: to a refresh, and to a device code. */
import { expect, test } from "vitest";
import type { Claims, FakeProviderOptions } from "../support/fake-provider.js";
import { startWorld } from "./world.js";

const without = (name: string) => (claims: Claims) => {
  const { [name]: _, ...rest } = claims as Record<string, unknown>;
  return rest as Claims;
};
const now = () => Math.floor(Date.now() / 1000);

/** Another issuer, another client: a refresh that brings these ends the session (PV-06). */
const another: [string, FakeProviderOptions][] = [
  ["TV-02 iss + 1", { editIdToken: (claims) => ({ ...claims, iss: `${String(claims.iss)}1` }) }],
  ["TV-03 aud of another", { editIdToken: (claims) => ({ ...claims, aud: "other" }) }],
];

const faults: [string, FakeProviderOptions][] = [
  ["TV-03 aud missing", { editIdToken: without("aud") }],
  ["TV-06 sub missing", { editIdToken: without("sub") }],
  ["TV-08 iat missing", { editIdToken: without("iat") }],
  ["TV-08 exp missing", { editIdToken: without("exp") }],
  ["TV-09 exp six minutes ago", { editIdToken: (claims) => ({ ...claims, exp: now() - 360 }) }],
  ["TV-12 alg none", { idTokenSigning: { alg: "none" } }],
  ["TV-12 HS256 with a public key", { idTokenSigning: { alg: "HS256" } }],
  ["TV-13 a broken signature", { idTokenSigning: { tamper: "signature" } }],
  ["TV-13 altered claims", { idTokenSigning: { tamper: "payload" } }],
  ["TV-13 a foreign key", { idTokenSigning: { key: "foreign" } }],
  ["TV-13 an access token with a broken signature", { accessTokenSigning: { tamper: "signature" } }],
  ["TV-03 an access token for another", { editAccessToken: (claims) => ({ ...claims, aud: "other" }) }],
];

test.each(faults)("%s in the answer to a refresh: not handed out, and the session is kept", async (_title, wrong) => {
  const world = await startWorld({ rotateRefreshTokens: false });
  await world.signIn();
  const before = world.stored();
  Object.assign(world.provider.settings, wrong);
  const client = world.client({ interaction: "never" });
  const error = await world.failure(client.getAccessToken({ forceRefresh: true }));
  expect(error).toMatchObject({ code: "token_validation", sessionKept: true });
  expect(world.stored()).toEqual(before);
});

test.each([...another, ...faults])(
  "%s in the answer to a device code: nothing is stored, and the polling ends",
  async (_title, wrong) => {
    const world = await startWorld({ deviceIntervalSeconds: 0.1, ...wrong });
    const client = world.client({
      flow: "device_code",
      onDeviceCode: ({ userCode }) => void world.provider.approveDevice(userCode),
    });
    expect(await world.failure(client.getAccessToken())).toMatchObject({ code: "token_validation" });
    expect(world.provider.ledger.count("token")).toBe(1);
    expect(world.stored()).toEqual({});
  },
);

test.each(another)("%s in the answer to a refresh: not handed out, a person has to sign in", async (_title, wrong) => {
  const world = await startWorld();
  await world.signIn();
  Object.assign(world.provider.settings, wrong);
  const client = world.client({ interaction: "never" });
  const error = await world.failure(client.getAccessToken({ forceRefresh: true }));
  expect(error).toMatchObject({ code: "login_required" });
});

test.each([
  ["an earlier auth_time", (claims: Claims) => ({ ...claims, auth_time: 5 })],
  ["a nonce of another login", (claims: Claims) => ({ ...claims, nonce: "other" })],
])("TV-26 TV-27 PV-07 a refreshed ID Token with %s is not taken", async (_title, editIdToken) => {
  const world = await startWorld({ rotateRefreshTokens: false });
  await world.signIn();
  const before = world.stored();
  world.provider.settings.editIdToken = editIdToken;
  const call = world.client({ interaction: "never" }).getAccessToken({ forceRefresh: true });
  expect(await world.failure(call)).toMatchObject({ code: "token_validation" });
  expect(world.stored()).toEqual(before);
});
