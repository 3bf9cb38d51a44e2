/**
 * Web Crypto without its threads: answers come in the next microtask and are the same in each run. A signature is a digest
 * over key and data, so that it costs nothing; whether it fits is still decided by the code that asks.
 */
import { createHash } from "node:crypto";

interface Key {
  readonly jwk: { readonly x?: string };
}

let state = 1;

/** Begins the same random numbers again. */
export function seedRandom(seed: number): void {
  state = seed | 1;
}

function fill<T extends ArrayBufferView>(view: T): T {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  for (let at = 0; at < bytes.length; at += 1) {
    // Xorshift.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state & 0xff;
  }
  return view;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

function randomUUID(): string {
  const text = hex(fill(new Uint8Array(16)));
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-8${text.slice(17, 20)}-${text.slice(20)}`;
}

/** What the provider signs with, and what a verification compares with. */
export function signatureOf(x: string, data: string | Uint8Array): Buffer {
  return createHash("sha256").update(x).update(data).digest();
}

const toBuffer = (bytes: Buffer) => new Uint8Array(bytes).buffer;

const subtle = {
  digest: async (name: string, data: Uint8Array) =>
    toBuffer(createHash(name.replace("-", "").toLowerCase()).update(data).digest()),
  importKey: async (_format: string, jwk: Key["jwk"]): Promise<Key> => ({ jwk }),
  verify: async (_algorithm: unknown, { jwk }: Key, signature: Uint8Array, data: Uint8Array) =>
    signatureOf(jwk.x ?? "", data).equals(signature),
};

/** Puts it in the place of the runtime's. */
export function installWebCrypto(): void {
  const value = { subtle, randomUUID, getRandomValues: fill };
  Object.defineProperty(globalThis, "crypto", { value, configurable: true });
}
