/** Chromium refuses numbers of keys that Node takes: padding, plain base64, leading zero bytes, coordinates of a wrong length. */
import type { webcrypto } from "node:crypto";

const COORDINATES: Readonly<Record<string, number>> = { "P-256": 32, "P-384": 48, "P-521": 66 };

function refuse(problem: string): never {
  throw new DOMException(problem, "DataError");
}

function checkNumbers(key: Record<string, unknown>): void {
  for (const name of ["n", "e", "x", "y"]) {
    const number = key[name];
    if (number === undefined) continue;
    if (typeof number !== "string" || !/^[\w-]*$/.test(number)) refuse(`${name} is not base64url`);
    const bytes = Buffer.from(number, "base64url");
    if (key.kty === "RSA" && bytes[0] === 0) refuse(`${name} begins with a zero byte`);
    if (key.kty === "EC" && bytes.length !== COORDINATES[String(key.crv)]) refuse(`${name} has another length`);
  }
}

/** Makes this process import keys as Chromium does. Gives the function that ends it. */
export function importLikeChromium(): () => void {
  const { importKey } = crypto.subtle;
  const original = importKey.bind(crypto.subtle) as (...parameters: unknown[]) => Promise<webcrypto.CryptoKey>;
  const strict = async (format: string, key: Record<string, unknown>, ...rest: unknown[]) => {
    if (format === "jwk") checkNumbers(key);
    return await original(format, key, ...rest);
  };
  Object.defineProperty(crypto.subtle, "importKey", { value: strict, configurable: true, writable: true });
  return () => void Object.assign(crypto.subtle, { importKey });
}
