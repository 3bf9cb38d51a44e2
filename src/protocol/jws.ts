/**
 * Signatures of JWTs (RFC 7515, RFC 7518, RFC 8037) with Web Crypto. oauth4webapi checks signatures of ID Tokens only on
 * request and those of access tokens only in its own profile, with a key cache that fails on rotation.
 */

/** A JSON object from outside. */
export type Members = Readonly<Record<string, unknown>>;

/** A key as a key set holds it (RFC 7517), members that are null left out. */
export type Jwk = Members & { readonly kty: string };

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

/** The two names of one algorithm: RFC 8037 §3.1 and RFC 9864 §2.2. */
const EDWARDS: readonly unknown[] = ["EdDSA", "Ed25519"];
const FAMILIES: Readonly<Record<string, string>> = { RS: "RSASSA-PKCS1-v1_5", PS: "RSA-PSS", ES: "ECDSA" };
const CURVES: Readonly<Record<string, string>> = { 256: "P-256", 384: "P-384", 512: "P-521" };
/** Of one coordinate, in bytes (RFC 7518 §6.2.1.2). */
const COORDINATES: Readonly<Record<string, number>> = { "P-256": 32, "P-384": 48, "P-521": 66 };

/**
 * What a signature needs of a key, and what Web Crypto needs: it reads of these what the algorithm has. Asymmetric ones
 * only: `none` and the HMAC family are never accepted (RFC 8725 §3.1 and §3.2).
 */
function algorithmOf(alg: string) {
  const isEdwards = EDWARDS.includes(alg);
  const [, family = "", bits = ""] = /^(RS|PS|ES)(256|384|512)$/.exec(alg) ?? [];
  const name = isEdwards ? "Ed25519" : FAMILIES[family];
  if (name === undefined) return undefined;
  const namedCurve = CURVES[bits] ?? name;
  const kty = isEdwards ? "OKP" : family === "ES" ? "EC" : "RSA";
  const crv = kty === "RSA" ? undefined : namedCurve;
  return { kty, crv, name, hash: `SHA-${bits}`, namedCurve, saltLength: Number(bits) / 8 };
}

/** Whether both names mean the same algorithm. */
export const isSameAlgorithm = (one: unknown, other: unknown) =>
  one === other || (EDWARDS.includes(one) && EDWARDS.includes(other));

type Algorithm = NonNullable<ReturnType<typeof algorithmOf>>;

/** A set of keys is somebody else's document: trying them all needs a bound. */
const MOST_CANDIDATES = 20;
const MOST_OTHER_CANDIDATES = 8;
/** RFC 7518 §3.3. */
const LEAST_RSA_BITS = 2048;

const toBase64Url = (text: unknown) => String(text).replace(/=+$/, "").replace(/\+/g, "-").replace(/\//g, "_");

export const base64UrlEncode = (bytes: Uint8Array) => toBase64Url(btoa(String.fromCharCode(...bytes)));

function base64UrlDecode(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new SyntaxError("not base64url");
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
}

/** The members of a JSON object; `undefined` for any other value. What a serializer has no value for it may write as null. */
export function membersOf(value: unknown): Members | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

const decodeObject = (part: string) =>
  membersOf(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(base64UrlDecode(part))));

/** Takes a JWT apart; `undefined` for anything that is not one. Nothing in it is believed yet. */
export function decodeJwt(token: unknown): DecodedJwt | undefined {
  const [first = "", second = "", third, ...rest] = typeof token === "string" ? token.split(".") : [];
  if (third === undefined || rest.length > 0) return undefined;
  try {
    const [header, claims] = [decodeObject(first), decodeObject(second)];
    if (typeof header?.alg !== "string" || claims === undefined) return undefined;
    const { alg } = header;
    return { header: { ...header, alg }, claims, signed: `${first}.${second}`, signature: base64UrlDecode(third) };
  } catch {
    return undefined;
  }
}

/** What a serializer has no value for it may also write as an empty text. */
const isEmpty = (member: unknown) => member === undefined || member === "";

const mayBe = (member: unknown, wanted: unknown) => isEmpty(member) || member === wanted;

/** Whether the key may have made the signature, whatever its name. */
function fits(key: Jwk, alg: string, { kty, crv }: Algorithm): boolean {
  return (
    key.kty === kty &&
    (crv === undefined || key.crv === crv) &&
    mayBe(key.use, "sig") &&
    (mayBe(key.alg, alg) || kty === "OKP") &&
    (!Array.isArray(key.key_ops) || key.key_ops.length === 0 || key.key_ops.includes("verify"))
  );
}

/** A number as RFC 7518 §2 wants it, on which Chromium insists: no leading zero byte. */
function bareNumber(text: unknown): Uint8Array {
  const bytes = base64UrlDecode(toBase64Url(text));
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0));
}

/** A coordinate in its full length, on which Chromium insists too: no more leading zero bytes than that, and no fewer. */
function coordinate(text: unknown, crv: unknown): string {
  const number = bareNumber(text);
  const full = new Uint8Array(COORDINATES[String(crv)] ?? number.length);
  full.set(number, full.length - number.length);
  return base64UrlEncode(full);
}

/** The public members of a key alone: a key set that leaks private ones must not make the import fail, or use them. */
function publicMembers({ kty, crv, n, e, x, y }: Jwk): object {
  if (kty === "EC") return { kty, crv, x: coordinate(x, crv), y: coordinate(y, crv) };
  if (kty !== "RSA") return { kty, crv, x: toBase64Url(x) };
  const modulus = bareNumber(n);
  const bits = modulus.length * 8 + 24 - Math.clz32(modulus[0] ?? 0);
  if (bits < LEAST_RSA_BITS) throw new RangeError("too short a key");
  return { kty, n: base64UrlEncode(modulus), e: base64UrlEncode(bareNumber(e)) };
}

async function verifies(key: Jwk, jwt: DecodedJwt, algorithm: Algorithm): Promise<boolean> {
  try {
    const { subtle } = crypto;
    const imported = await subtle.importKey("jwk", publicMembers(key), algorithm, false, ["verify"]);
    return await subtle.verify(algorithm, imported, jwt.signature, new TextEncoder().encode(jwt.signed));
  } catch {
    // A key that this runtime cannot import verifies nothing.
    return false;
  }
}

/**
 * Verifies the signature: with the known keys of the token's `kid`, or all that fit where either has none; then with keys
 * that are fetched anew, as after a rotation; then with the other keys that fit, since `kid` is a hint (RFC 7515 §4.1.4)
 * and a server may name an older key of its set than the one it signed with. Gives the name of what is wrong.
 */
export async function wrongSignature(jwt: DecodedJwt, set: KeySet): Promise<"alg" | "signature" | undefined> {
  const { alg, kid = "" } = jwt.header;
  const algorithm = algorithmOf(alg);
  if (algorithm === undefined) return "alg";
  const isNamed = (key: Jwk) => isEmpty(kid) || mayBe(key.kid, kid);
  const candidates = (keys: readonly Jwk[], named: boolean) =>
    keys.filter((key) => isNamed(key) === named && fits(key, alg, algorithm));
  const anyVerifies = async (keys: readonly Jwk[], most: number) => {
    for (const key of keys.slice(0, most)) if (await verifies(key, jwt, algorithm)) return true;
    return false;
  };

  const known = await set.keys();
  if (await anyVerifies(candidates(known, true), MOST_CANDIDATES)) return undefined;
  let trouble: unknown;
  const fresh = await set.freshKeys().catch((error: unknown) => {
    trouble = error;
    return known;
  });
  if (fresh !== known && (await anyVerifies(candidates(fresh, true), MOST_CANDIDATES))) return undefined;
  const others = candidates(fresh, false);
  const mayTry = others.length > 0 && (fresh.some((key) => key.kid === kid) || set.mayPassOverKid());
  if (mayTry && (await anyVerifies(others, MOST_OTHER_CANDIDATES))) return undefined;
  if (trouble !== undefined) throw trouble;
  return "signature";
}
