import { createPublicKey, verify } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { decodeJwt, type FakeProvider, startFakeProvider } from "../support/fake-provider.js";
import { PlainEngine } from "./plain-engine.js";

let provider: FakeProvider;
let engine: PlainEngine;
const walk = async (url: URL) => (await provider.authorize(url, { follow: false })).callbackUrl;
const header = (jwt: string) => JSON.parse(Buffer.from(jwt.split(".")[0] ?? "", "base64url").toString());

beforeEach(async () => {
  provider = await startFakeProvider({ alg: "ES256" });
  engine = await PlainEngine.discover(provider.issuer);
});
afterEach(() => provider.close());

// By another implementation than the one that signs.
function signatureHolds(jwt: string): boolean {
  const [head = "", claims = "", signature = ""] = jwt.split(".");
  const jwk = provider.jwks.keys.find((key) => key.kid === header(jwt).kid);
  const key = createPublicKey({ key: jwk as never, format: "jwk" });
  const encoded = { key, dsaEncoding: "ieee-p1363" } as const;
  return verify("sha256", Buffer.from(`${head}.${claims}`), encoded, Buffer.from(signature, "base64url"));
}

it("signs what it is given, and tampers with signature or claims on demand", async () => {
  expect(signatureHolds(await provider.signJwt({ a: 1 }))).toBe(true);
  expect(signatureHolds(await provider.signJwt({ a: 1 }, { tamper: "signature" }))).toBe(false);
  const altered = await provider.signJwt({ a: 1 }, { tamper: "payload" });
  expect(decodeJwt(altered)).toEqual({ a: 1, tampered: true });
  expect(signatureHolds(altered)).toBe(false);
  expect(signatureHolds(await provider.signJwt({ a: 1 }, { key: "foreign" }))).toBe(false);
});

it("sets or leaves out kid and typ, and signs with none, HS256 or another alg", async () => {
  expect(header(await provider.signJwt({}, { kid: null, typ: null }))).toEqual({ alg: "ES256" });
  expect(header(await provider.signJwt({}, { kid: "k", typ: "t" }))).toEqual({ alg: "ES256", kid: "k", typ: "t" });
  expect(await provider.signJwt({}, { alg: "none" })).toMatch(/^[\w-]+\.[\w-]+\.$/);
  expect(header(await provider.signJwt({}, { alg: "HS256" })).alg).toBe("HS256");
  const rsa = await provider.signJwt({}, { alg: "RS256" });
  expect(provider.jwks.keys.find((key) => key.kid === header(rsa).kid)).toMatchObject({ kty: "RSA", alg: "RS256" });
});

it("edits claims and signing of the tokens that the flows give, until reset", async () => {
  provider.settings.editIdToken = (claims) => void delete claims.sub;
  await expect(engine.signIn("openid", walk)).rejects.toThrow(/sub/);
  provider.settings.editIdToken = undefined;
  provider.settings.idTokenSigning = { tamper: "signature" };
  await expect(engine.signIn("openid", walk)).rejects.toThrow(/signature/);
  provider.settings.editAccessToken = (claims) => ({ ...claims, aud: "elsewhere" });
  provider.reset();
  const tokens = await engine.signIn("openid", walk);
  await engine.accessTokenClaims(tokens.access_token, "hub_connector_api");
});

it("rotates keys, keeping as many old ones as asked", async () => {
  const before = provider.jwks.keys[0]?.kid;
  await provider.rotateKeys();
  expect(provider.jwks.keys.map((key) => key.kid)[1]).toBe(before);
  await provider.rotateKeys({ keep: 0 });
  expect(provider.jwks.keys).toHaveLength(1);
  await engine.signIn("openid", walk);
});

it("publishes the JWKS as a test edits it, at another address on each run", async () => {
  provider.jwks.keys = [{ kty: "oct", use: "enc" }];
  expect(await (await fetch(engine.as.jwks_uri ?? "")).json()).toEqual({ keys: [{ kty: "oct", use: "enc" }] });
  await using other = await startFakeProvider({ alg: "ES256" });
  expect(new URL(other.url("jwks")).pathname).not.toBe(new URL(provider.url("jwks")).pathname);
});
