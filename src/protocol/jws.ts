/**
 * Signatures of JWTs (RFC 7515, RFC 7518, RFC 8037) with Web Crypto. oauth4webapi checks signatures of ID Tokens only on
 * request and those of access tokens only in its own profile, with a key cache that fails on rotation.
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

/** The keys of an issuer. */
export interface KeySet {
  keys(): Promise<readonly Jwk[]>;
  /** Keys that were asked for just now. */
  freshKeys(): Promise<readonly Jwk[]>;
  /** Whether a `kid` that the set does not hold may be passed over now. */
  mayPassOverKid(): boolean;
}

export interface DecodedJwt {
  readonly header: Members & { readonly alg: string };
  readonly claims: Members;
  readonly signed: string;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** What a signature needs of a key, and of Web Crypto. */
interface Algorithm {
  readonly kty: string;
  readonly crv?: string;
  readonly parameters: { name: string; hash?: string; namedCurve?: string; saltLength?: number };
}

const CURVES: Readonly<Record<string, string>> = { 256: "P-256", 384: "P-384", 512: "P-521" };

/** Asymmetric algorithms only: `none` and the HMAC family are never accepted (RFC 8725 §3.1 and §3.2). */
function algorithmOf(alg: string): Algorithm | undefined {
  if (alg === "EdDSA" || alg === "Ed25519") return { kty: "OKP", crv: "Ed25519", parameters: { name: "Ed25519" } };
  const [, family, bits = ""] = /^(RS|PS|ES)(256|384|512)$/.exec(alg) ?? [];
  const hash = `SHA-${bits}`;
  if (family === "RS") return { kty: "RSA", parameters: { name: "RSASSA-PKCS1-v1_5", hash } };
  if (family === "PS") return { kty: "RSA", parameters: { name: "RSA-PSS", hash, saltLength: Number(bits) / 8 } };
  const crv = CURVES[bits] as string;
  return family === undefined ? undefined : { kty: "EC", crv, parameters: { name: "ECDSA", hash, namedCurve: crv } };
}

/** A set of keys is somebody else's document: trying them all needs a bound. */
const MOST_CANDIDATES = 20;
const MOST_OTHER_CANDIDATES = 8;
/** RFC 7518 §3.3. */
const LEAST_RSA_BITS = 2048;

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

/** A JSON object from outside. */
export type Members = Readonly<Record<string, unknown>>;

/** The members of a JSON object; `undefined` for any other value. What a serializer has no value for it may write as null. */
export function membersOf(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

function decodeObject(part: string): Record<string, unknown> {
  const members = membersOf(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(base64UrlDecode(part))));
  if (members === undefined) throw new SyntaxError("not an object");
  return members;
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

const isAbsent = (member: unknown) => member === undefined || member === null;

/** Whether the key may have made the signature, whatever its name. */
function fits(key: Jwk, jwt: DecodedJwt, algorithm: Algorithm): boolean {
  return (
    key.kty === algorithm.kty &&
    (algorithm.crv === undefined || key.crv === algorithm.crv) &&
    (isAbsent(key.use) || key.use === "sig") &&
    (isAbsent(key.alg) || key.alg === jwt.header.alg || key.kty === "OKP") &&
    (!Array.isArray(key.key_ops) || key.key_ops.includes("verify"))
  );
}

const toBase64Url = (text: unknown) => String(text).replace(/=+$/, "").replace(/\+/g, "-").replace(/\//g, "_");

/** A number as RFC 7518 §2 wants it, on which Chromium insists: no leading zero byte. */
function rsaNumber(text: unknown): Uint8Array {
  const bytes = base64UrlDecode(toBase64Url(text));
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0));
}

/** The public members of a key alone: a key set that leaks private ones must not make the import fail, or use them. */
function publicMembers({ kty, crv, n, e, x, y }: Jwk): object {
  if (kty !== "RSA") return { kty, crv, x: toBase64Url(x), ...(kty === "EC" && { y: toBase64Url(y) }) };
  const [modulus, exponent] = [rsaNumber(n), rsaNumber(e)];
  const bits = modulus.length * 8 + 24 - Math.clz32(modulus[0] ?? 0);
  if (bits < LEAST_RSA_BITS) throw new RangeError("too short a key");
  return { kty, n: base64UrlEncode(modulus), e: base64UrlEncode(exponent) };
}

async function verifies(key: Jwk, jwt: DecodedJwt, { parameters }: Algorithm): Promise<boolean> {
  try {
    const { subtle } = crypto;
    const imported = await subtle.importKey("jwk", publicMembers(key), parameters as never, false, ["verify"]);
    return await subtle.verify(parameters, imported, jwt.signature, new TextEncoder().encode(jwt.signed));
  } catch {
    // A key that this runtime cannot import verifies nothing.
    return false;
  }
}

async function anyVerifies(keys: readonly Jwk[], jwt: DecodedJwt, algorithm: Algorithm): Promise<boolean> {
  for (const key of keys) if (await verifies(key, jwt, algorithm)) return true;
  return false;
}

/**
 * Verifies the signature: with the known keys of the token's `kid`, or all that fit where either has none; then with keys
 * that are fetched anew, as after a rotation; then with the other keys that fit, since `kid` is a hint (RFC 7515 §4.1.4)
 * and a server may name an older key of its set than the one it signed with. `advice` ends the
 * error's message.
 */
export async function verifySignature(what: string, jwt: DecodedJwt, set: KeySet, advice = ""): Promise<void> {
  const { alg, kid } = jwt.header;
  const algorithm = algorithmOf(alg);
  if (algorithm === undefined)
    throw new TokenValidationError(
      "alg",
      `The signature algorithm of ${what} is not one that is accepted.${advice && ` ${advice}`}`,
    );
  const isNamed = (key: Jwk) => isAbsent(kid) || isAbsent(key.kid) || key.kid === kid;
  const fitting = (keys: readonly Jwk[]) => keys.filter((key) => fits(key, jwt, algorithm));
  const named = (keys: readonly Jwk[]) => fitting(keys).filter(isNamed).slice(0, MOST_CANDIDATES);

  const known = await set.keys();
  if (await anyVerifies(named(known), jwt, algorithm)) return;
  let trouble: unknown;
  const fresh = await set.freshKeys().catch((error: unknown) => {
    trouble = error;
    return known;
  });
  if (fresh !== known && (await anyVerifies(named(fresh), jwt, algorithm))) return;
  const others = fitting(fresh).filter((key) => !isNamed(key));
  const mayTry = others.length > 0 && (fresh.some((key) => key.kid === kid) || set.mayPassOverKid());
  if (mayTry && (await anyVerifies(others.slice(0, MOST_OTHER_CANDIDATES), jwt, algorithm))) return;
  throw (
    trouble ??
    new TokenValidationError(
      "signature",
      `The signature of ${what} could not be verified with the provider's keys.${advice && ` ${advice}`}`,
    )
  );
}
