/** Keys of an issuer: their numbers, their length, and a `kid` that names another key. */
import { webcrypto } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { AuthorizationServer } from "../../src/protocol/authorization-server.js";
import { importLikeChromium } from "../support/import-like-chromium.js";
import { connect } from "./connection.js";

const bytes = (text: unknown) => Buffer.from(String(text), "base64url");
const bare = (text: unknown) =>
  bytes(text)
    .subarray(bytes(text).findIndex((byte) => byte !== 0))
    .toString("base64url");
const withZero = (text: unknown) => Buffer.concat([Buffer.alloc(1), bytes(text)]).toString("base64url");

type Change = (key: Record<string, unknown>) => void;

test.each<[string, "RS256" | "PS256" | "ES256" | "ES384" | "ES512", Change]>([
  ["a leading zero byte in n", "RS256", (key) => (key.n = withZero(key.n))],
  ["several leading zero bytes in n", "PS256", (key) => (key.n = withZero(withZero(key.n)))],
  ["e as AAEAAQ", "RS256", (key) => (key.e = "AAEAAQ")],
  ["n with padding", "RS256", (key) => (key.n = `${String(key.n)}==`)],
  ["n in plain base64", "RS256", (key) => (key.n = bytes(key.n).toString("base64"))],
  ["a leading zero byte in x", "ES256", (key) => (key.x = withZero(key.x))],
  ["several leading zero bytes in y", "ES384", (key) => (key.y = withZero(withZero(key.y)))],
  [
    "x and y without the leading zero bytes of P-521",
    "ES512",
    (key) => {
      key.x = bare(key.x);
      key.y = bare(key.y);
    },
  ],
  [
    "x and y in plain base64",
    "ES256",
    (key) => {
      key.x = bytes(key.x).toString("base64");
      key.y = bytes(key.y).toString("base64");
    },
  ],
])("PV-13 a key with %s is taken where the browser takes no such numbers", async (_title, alg, change) => {
  onTestFinished(importLikeChromium());
  const { provider, login } = await connect({ alg });
  await provider.rotateKeys({ keep: 0 });
  change(provider.jwks.keys[0] as Record<string, unknown>);
  await login();
});

const short = (text: unknown) => bytes(text).subarray(1).toString("base64url");

test("PV-13 a coordinate without its leading zero byte is taken where the browser takes no such numbers", async () => {
  onTestFinished(importLikeChromium());
  const { provider, login } = await connect({ alg: "ES256" });
  // One key of 128 has such a byte in one of its two numbers.
  const beginsWithZero = () => bytes(provider.jwks.keys[0]?.x)[0] === 0 || bytes(provider.jwks.keys[0]?.y)[0] === 0;
  while (!beginsWithZero()) await provider.rotateKeys({ keep: 0 });
  const key = provider.jwks.keys[0] as Record<string, unknown>;
  if (bytes(key.x)[0] === 0) key.x = short(key.x);
  else key.y = short(key.y);
  await login();
});

test.each(["x", "y"])("PV-13 a key whose %s is longer than its curve verifies nothing", async (name) => {
  const { provider, login } = await connect({ alg: "ES256" });
  const key = provider.jwks.keys[0] as Record<string, unknown>;
  key[name] = Buffer.concat([Buffer.from([1]), bytes(key[name])]).toString("base64url");
  await expect(login()).rejects.toMatchObject({ code: "token_validation", claim: "signature" });
});

test.each<[string, Record<string, unknown>, boolean]>([
  ["an empty use, alg, kid and crv", { use: "", alg: "", kid: "", crv: "" }, true],
  ["an empty list of operations", { key_ops: [] }, true],
  ["the use of encryption", { use: "enc" }, false],
  ["another algorithm", { alg: "RS512" }, false],
  ["operations without verify", { key_ops: ["sign"] }, false],
])("PV-10 a key with %s: a member that is empty is absent, any other counts", async (_title, members, isTaken) => {
  const { provider, login } = await connect();
  Object.assign(provider.jwks.keys[0] as object, members);
  if (isTaken) await login();
  else await expect(login()).rejects.toMatchObject({ code: "token_validation", claim: "signature" });
});

test("PV-10 an ID Token whose kid is empty has none, however often", async () => {
  const { login } = await connect({ idTokenSigning: { kid: "" } });
  for (let call = 0; call < 3; call += 1) await login();
});

async function rsaKeyOf(modulusLength: number) {
  const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: "SHA-256",
  };
  const pair = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  return { key: pair.privateKey, jwk: (await webcrypto.subtle.exportKey("jwk", pair.publicKey)) as object };
}

test.each([
  [512, false],
  [1024, false],
  [2040, false],
  [2048, true],
  [3072, true],
])("PV-14 an ID Token that is signed with an RSA key of %i bits", async (length, isTaken) => {
  const { key, jwk } = await rsaKeyOf(length);
  const { provider, login } = await connect({ idTokenSigning: { key } });
  provider.jwks.keys = [{ ...jwk, kid: "own" }];
  provider.settings.idTokenSigning = { key, kid: "own" };
  if (isTaken) await login();
  else await expect(login()).rejects.toMatchObject({ code: "token_validation", claim: "signature" });
});

test("PV-14 zero bytes before a short n make it no longer", async () => {
  const { key, jwk } = await rsaKeyOf(1024);
  const { provider, login } = await connect();
  const n = Buffer.concat([Buffer.alloc(128), bytes((jwk as { n: string }).n)]).toString("base64url");
  provider.jwks.keys = [{ ...jwk, n, kid: "own" }];
  provider.settings.idTokenSigning = { key, kid: "own" };
  await expect(login()).rejects.toMatchObject({ claim: "signature" });
});

test.each([
  ["ID Token", "idTokenSigning", []],
  ["access token that is validated", "accessTokenSigning", ["hub_connector_api"]],
] as const)(
  "PV-19 an %s whose kid names an older key of the set is verified by the other key",
  async (_title, signing, audiences) => {
    const { provider, login } = await connect({}, { audiences });
    await login();
    const older = String(provider.jwks.keys[0]?.kid);
    await provider.rotateKeys({ keep: 1 });
    provider.settings[signing] = { kid: older };
    for (let call = 0; call < 3; call += 1) await login();
  },
);

test("PV-19 where the keys cannot be fetched anew, the other known keys are tried all the same", async () => {
  const { provider, server, login } = await connect();
  await login();
  const older = String(provider.jwks.keys[0]?.kid);
  await provider.rotateKeys({ keep: 1 });
  await server.freshKeys();
  provider.settings.idTokenSigning = { kid: older };
  provider.on("jwks", () => ({ status: 503, json: {} }));
  await login();
});

test("PV-19 a kid outside the set is passed over once a minute at most", async () => {
  const { clock, login } = await connect({ idTokenSigning: { kid: "outside" } });
  await login();
  await expect(login()).rejects.toMatchObject({ code: "token_validation", claim: "signature" });
  await clock.advance(60_000);
  await login();
});

test("PV-19 at most eight other keys are tried", async () => {
  const { provider, login } = await connect();
  await login();
  const [own] = provider.jwks.keys;
  const { jwk } = await rsaKeyOf(2048);
  const foreign = Array.from({ length: 8 }, (_, index) => ({ ...jwk, kid: `foreign ${index}` }));
  provider.settings.idTokenSigning = { kid: "foreign 0" };
  provider.jwks.keys = [...foreign.slice(0, 8), own as object] as never;
  await login();
  provider.jwks.keys = [...foreign, { ...jwk, kid: "ninth" }, own as object] as never;
  await expect(login()).rejects.toMatchObject({ claim: "signature" });
});

test("PV-19 a refresh of a server that names an older key: the tokens are taken", async () => {
  const { provider, session, refresh } = await connect();
  const record = await session();
  const older = String(provider.jwks.keys[0]?.kid);
  await provider.rotateKeys({ keep: 1 });
  provider.settings.idTokenSigning = { kid: older };
  expect(await refresh(record)).toHaveProperty("tokens");
});

test("keys are not fetched anew more than five times a minute, whatever the tokens say", async () => {
  const { provider, login } = await connect({ idTokenSigning: { key: "foreign" } });
  for (let call = 0; call < 8; call += 1) await expect(login()).rejects.toMatchObject({ claim: "signature" });
  expect(provider.ledger.count("jwks")).toBe(6);
});

test("a snapshot of one server object serves another", async () => {
  const { provider, server, clock, login } = await connect();
  await login();
  const other = new AuthorizationServer(server.config, clock);
  const snapshot = server.snapshot();
  if (snapshot === undefined) throw new Error("there is no snapshot");
  other.restore(JSON.parse(JSON.stringify(snapshot)));
  provider.ledger.clear();
  await other.prepare();
  expect(provider.ledger.count("discovery") + provider.ledger.count("jwks")).toBe(0);
});
