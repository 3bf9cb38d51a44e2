/** Signing keys and JWTs by WebCrypto alone, so that a test's tokens do not come from the engine under test. */
import { randomBytes, webcrypto } from "node:crypto";
import { nextRsaKey } from "../rsa-keys.js";
import type { Claims, PublishedKey, SigningAlg, SignOptions } from "./types.js";

type CryptoKey = webcrypto.CryptoKey;
const { subtle } = webcrypto;

interface SigningKey {
  readonly alg: SigningAlg;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly published: PublishedKey;
}

const RSA = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
const ALGORITHMS: Record<SigningAlg, object> = {
  RS256: { name: "RSASSA-PKCS1-v1_5", ...RSA },
  RS512: { name: "RSASSA-PKCS1-v1_5", ...RSA, hash: "SHA-512" },
  PS256: { name: "RSA-PSS", ...RSA },
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  ES384: { name: "ECDSA", namedCurve: "P-384" },
  ES512: { name: "ECDSA", namedCurve: "P-521" },
  EdDSA: { name: "Ed25519" },
};
const SIGN: Record<string, object> = {
  RS256: { name: "RSASSA-PKCS1-v1_5" },
  RS512: { name: "RSASSA-PKCS1-v1_5" },
  PS256: { name: "RSA-PSS", saltLength: 32 },
  ES256: { name: "ECDSA", hash: "SHA-256" },
  ES384: { name: "ECDSA", hash: "SHA-384" },
  ES512: { name: "ECDSA", hash: "SHA-512" },
  EdDSA: { name: "Ed25519" },
  HS256: { name: "HMAC" },
};

async function makePair(alg: SigningAlg): Promise<{ privateKey: CryptoKey; publicJwk: webcrypto.JsonWebKey }> {
  const algorithm = ALGORITHMS[alg];
  if ("modulusLength" in algorithm) {
    const key = nextRsaKey();
    const privateKey = await subtle.importKey("jwk", key, algorithm as never, true, ["sign"]);
    return { privateKey, publicJwk: { kty: "RSA", n: key.n, e: key.e } as webcrypto.JsonWebKey };
  }
  const usages = ["sign", "verify"] as const;
  const pair = (await subtle.generateKey(algorithm as never, true, usages)) as unknown as webcrypto.CryptoKeyPair;
  const { key_ops: _ops, ext: _ext, ...publicJwk } = await subtle.exportKey("jwk", pair.publicKey);
  return { privateKey: pair.privateKey, publicJwk };
}

/** Makes a key pair and its JWK. */
export async function generateSigningKey(alg: SigningAlg): Promise<SigningKey> {
  const { privateKey, publicJwk } = await makePair(alg);
  const kid = randomBytes(9).toString("base64url");
  return { alg, kid, privateKey, published: { ...publicJwk, kid, alg, use: "sig" } };
}

const firstPairs = new Map<SigningAlg, Promise<SigningKey>>();

/**
 * A provider's first key. All providers of a process have the same one under a name of their own: making RSA keys is what
 * costs most in hundreds of short tests. Keys that a test asks for are new.
 */
async function firstKey(alg: SigningAlg): Promise<SigningKey> {
  let made = firstPairs.get(alg);
  if (made === undefined) {
    made = generateSigningKey(alg);
    firstPairs.set(alg, made);
  }
  const kid = randomBytes(9).toString("base64url");
  const key = await made;
  return { ...key, kid, published: { ...key.published, kid } };
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The claims of a JWT, unchecked. */
export function decodeJwt(jwt: string): Claims {
  return JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString("utf8")) as Claims;
}

/** `at_hash` of an access token (OpenID Connect Core 1.0 §3.1.3.6): the left half of a hash that follows the alg. */
export async function atHash(accessToken: string, alg: string): Promise<string> {
  const digest = await subtle.digest(`SHA-${alg === "EdDSA" ? "512" : alg.slice(2)}`, Buffer.from(accessToken));
  return Buffer.from(digest.slice(0, digest.byteLength / 2)).toString("base64url");
}

/** The provider's keys. What it signs with and what it publishes are separate, so that a test can pull them apart. */
export class KeyRing {
  /** What the JWKS endpoint answers. Edit it freely. */
  readonly jwks: { keys: PublishedKey[] } = { keys: [] };
  readonly #current = new Map<SigningAlg, SigningKey>();

  /** Replaces the key of this alg; `keep` older published keys stay. */
  async rotate(alg: SigningAlg, keep: number): Promise<void> {
    const key = await generateSigningKey(alg);
    this.#current.set(alg, key);
    this.jwks.keys = [key.published, ...this.jwks.keys.slice(0, keep)];
  }

  /** The key in use, made and published when first needed. */
  async current(alg: SigningAlg): Promise<SigningKey> {
    const present = this.#current.get(alg);
    if (present !== undefined) return present;
    const key = await firstKey(alg);
    const raced = this.#current.get(alg);
    if (raced !== undefined) return raced;
    this.#current.set(alg, key);
    this.jwks.keys.push(key.published);
    return key;
  }

  /** Signs claims, as wrongly as the options ask. */
  async sign(claims: Claims, defaultAlg: SigningAlg, options: SignOptions): Promise<string> {
    const alg = options.alg ?? defaultAlg;
    const { kid, key } = await this.#signer(alg, defaultAlg, options.key);
    const header: Record<string, unknown> = { alg: options.shownAlg ?? alg };
    if (options.typ !== null) header.typ = options.typ ?? "JWT";
    const shownKid = options.kid === undefined ? kid : options.kid;
    if (shownKid !== null && shownKid !== undefined) header.kid = shownKid;
    const input = `${encode(header)}.${encode(claims)}`;
    if (key === undefined) return `${input}.`;
    const signature = Buffer.from(await subtle.sign(SIGN[alg] as never, key, Buffer.from(input)));
    if (options.tamper === "signature") signature[10] = (signature[10] ?? 0) ^ 0xff;
    const signed = options.tamper === "payload" ? `${encode(header)}.${encode({ ...claims, tampered: true })}` : input;
    return `${signed}.${signature.toString("base64url")}`;
  }

  async #signer(
    alg: SigningAlg | "HS256" | "none",
    defaultAlg: SigningAlg,
    given: SignOptions["key"],
  ): Promise<{ kid: string | undefined; key: CryptoKey | undefined }> {
    if (alg === "none") return { kid: undefined, key: undefined };
    if (alg === "HS256") {
      const own = await this.current(defaultAlg);
      // By default the attack of RFC 8725 §2.1: the public key's text used as the secret.
      const bytes = given instanceof Uint8Array ? given : Buffer.from(JSON.stringify(own.published));
      const algorithm = { name: "HMAC", hash: "SHA-256" };
      return { kid: own.kid, key: await subtle.importKey("raw", bytes, algorithm, false, ["sign"]) };
    }
    const own = await this.current(alg);
    if (given === "foreign") return { kid: own.kid, key: (await generateSigningKey(alg)).privateKey };
    if (given !== undefined && !(given instanceof Uint8Array)) return { kid: own.kid, key: given };
    return { kid: own.kid, key: own.privateKey };
  }
}
