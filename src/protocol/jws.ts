/**
 * Signatures of JWTs (RFC 7515, RFC 7518, RFC 8037) with Web Crypto. The engine library checks signatures of ID Tokens
 * only on request and those of access tokens only in its own profile, with a key cache that fails on rotation; this is
 * the one place for both.
 */
import { TokenValidationError } from "../errors.js";

/** A key as a key set holds it (RFC 7517). */
export interface Jwk {
  readonly kty: string;
  readonly kid?: string;
  readonly use?: string;
  readonly alg?: string;
  readonly crv?: string;
  readonly key_ops?: readonly string[];
  readonly [field: string]: unknown;
}

export interface DecodedJwt {
  readonly header: { readonly alg: string; readonly kid?: string; readonly typ?: string };
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: string;
  readonly signature: Uint8Array<ArrayBuffer>;
}

interface Algorithm {
  readonly kty: string;
  readonly crv?: string;
  readonly key: RsaHashedImportParams | EcKeyImportParams | { name: string };
  readonly verify: { name: string; saltLength?: number; hash?: string };
}
type RsaHashedImportParams = { name: string; hash: string };
type EcKeyImportParams = { name: string; namedCurve: string };

const rsa = (hash: string): Algorithm => ({
  kty: "RSA",
  key: { name: "RSASSA-PKCS1-v1_5", hash },
  verify: { name: "RSASSA-PKCS1-v1_5" },
});
const pss = (hash: string, saltLength: number): Algorithm => ({
  kty: "RSA",
  key: { name: "RSA-PSS", hash },
  verify: { name: "RSA-PSS", saltLength },
});
const ec = (crv: string, hash: string): Algorithm => ({
  kty: "EC",
  crv,
  key: { name: "ECDSA", namedCurve: crv },
  verify: { name: "ECDSA", hash },
});
const ed: Algorithm = { kty: "OKP", crv: "Ed25519", key: { name: "Ed25519" }, verify: { name: "Ed25519" } };

/** Asymmetric algorithms only: `none` and the HMAC family are never accepted (RFC 8725 §3.1 and §3.2). */
const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map([
  ["RS256", rsa("SHA-256")],
  ["RS384", rsa("SHA-384")],
  ["RS512", rsa("SHA-512")],
  ["PS256", pss("SHA-256", 32)],
  ["PS384", pss("SHA-384", 48)],
  ["PS512", pss("SHA-512", 64)],
  ["ES256", ec("P-256", "SHA-256")],
  ["ES384", ec("P-384", "SHA-384")],
  ["ES512", ec("P-521", "SHA-512")],
  ["EdDSA", ed],
  ["Ed25519", ed],
]);

/** A set of keys is somebody else's document: trying them all needs a bound. */
const MOST_CANDIDATES = 20;

export function base64UrlDecode(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new SyntaxError("not base64url");
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
}

export function base64UrlEncode(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
}

function decodeObject(part: string): Record<string, unknown> {
  const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(base64UrlDecode(part)));
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SyntaxError("not an object");
  return value as Record<string, unknown>;
}

/** Takes a JWT apart; `undefined` for anything that is not one. Nothing in it is believed yet. */
export function decodeJwt(token: string): DecodedJwt | undefined {
  const [header, payload, signature, ...rest] = token.split(".");
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) return undefined;
  try {
    const decoded = decodeObject(header);
    if (typeof decoded.alg !== "string") return undefined;
    return {
      header: decoded as DecodedJwt["header"],
      claims: decodeObject(payload),
      signed: `${header}.${payload}`,
      signature: base64UrlDecode(signature),
    };
  } catch {
    return undefined;
  }
}

// What a serializer has no value for it may write as null.
const isAbsent = (member: unknown) => member === undefined || member === null;

function fits(key: Jwk, jwt: DecodedJwt, algorithm: Algorithm): boolean {
  return (
    key.kty === algorithm.kty &&
    (algorithm.crv === undefined || key.crv === algorithm.crv) &&
    (isAbsent(key.use) || key.use === "sig") &&
    (isAbsent(key.alg) || key.alg === jwt.header.alg || algorithm === ed) &&
    (!Array.isArray(key.key_ops) || key.key_ops.includes("verify")) &&
    (isAbsent(jwt.header.kid) || isAbsent(key.kid) || key.kid === jwt.header.kid)
  );
}

async function verifies(key: Jwk, jwt: DecodedJwt, algorithm: Algorithm): Promise<boolean> {
  try {
    // Only the public members: a key set that leaks private ones must not make the import fail or use them.
    const { kty, crv, n, e, x, y } = key;
    const jwk = JSON.parse(JSON.stringify({ kty, crv, n, e, x, y })) as object;
    const imported = await crypto.subtle.importKey("jwk", jwk, algorithm.key, false, ["verify"]);
    return await crypto.subtle.verify(algorithm.verify, imported, jwt.signature, new TextEncoder().encode(jwt.signed));
  } catch {
    // A key that this runtime cannot import verifies nothing.
    return false;
  }
}

/**
 * Verifies the signature with the keys that fit: those of the token's `kid`; without a `kid`, each in turn.
 * `moreKeys` is asked once where none of them verifies, as after a key rotation.
 */
export async function verifySignature(
  what: string,
  jwt: DecodedJwt,
  keys: readonly Jwk[],
  moreKeys: () => Promise<readonly Jwk[]>,
): Promise<void> {
  const algorithm = ALGORITHMS.get(jwt.header.alg);
  if (algorithm === undefined) {
    throw new TokenValidationError(
      "alg",
      `The signature algorithm of ${what} is not one that is accepted. Nothing was stored; the session is as it was.`,
    );
  }
  for (const load of [() => Promise.resolve(keys), moreKeys]) {
    const candidates = (await load()).filter((key) => fits(key, jwt, algorithm)).slice(0, MOST_CANDIDATES);
    for (const key of candidates) {
      if (await verifies(key, jwt, algorithm)) return;
    }
  }
  throw new TokenValidationError(
    "signature",
    `The signature of ${what} could not be verified with the provider's keys. Nothing was stored; the session is as it was.`,
  );
}
