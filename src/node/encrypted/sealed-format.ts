/**
 * A record encrypted with AES-256-GCM (NIST SP 800-38D) under the data key: `{ encrypted, keyId, nonce, box }`.
 *
 * What is authenticated beside the record is its key and the format's version, so that a file that was renamed, changed or
 * given an older format does not open. An old file put back in its own place does: nothing on this machine could detect that.
 * Nonces are random, 96 bits; a key is good for 2^32 writes (§8.3), more than any person's sessions need.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { DataKey, DataKeys } from "./data-key.js";
import { type Decoded, type FileFormat, toJson, withinBounds } from "../files/record-format.js";

const CIPHER = "aes-256-gcm";
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG = { authTagLength: 16 };

interface Envelope {
  readonly encrypted: number;
  readonly keyId: string;
  readonly nonce: string;
  readonly box: string;
}

const NOT_OURS: Decoded = { problem: "is not an encrypted session" };

/** `keys` must have its key before the first write. */
export function sealedFormat(keys: Pick<DataKeys, "held" | "loadAgain">): FileFormat {
  return {
    extension: ".sealed",
    encode: (key, value) => withinBounds(`${JSON.stringify(seal(keys.held, key, toJson(value)))}\n`),
    decode: async (key, bytes) => {
      const envelope = readEnvelope(bytes);
      if (envelope === undefined) return NOT_OURS;
      // The record of a newer version, whose rules apply to it: it is neither used nor replaced.
      if (envelope.encrypted > VERSION) return { value: { version: envelope.encrypted } };
      // Another process may have had to make a new key since this one was loaded.
      const dataKey = envelope.keyId === keys.held.id ? keys.held : await keys.loadAgain();
      if (envelope.keyId !== dataKey.id)
        return { problem: "was encrypted with a data key that the keychain no longer has" };
      return open(dataKey, key, envelope);
    },
  };
}

const boundTo = (key: string) => Buffer.from(`keystone-auth encrypted session ${VERSION} ${key}`);

function seal(dataKey: DataKey, key: string, text: string): Envelope {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, dataKey.secret, nonce, TAG).setAAD(boundTo(key));
  const box = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return {
    encrypted: VERSION,
    keyId: dataKey.id,
    nonce: nonce.toString("base64url"),
    box: box.toString("base64url"),
  };
}

function open(dataKey: DataKey, key: string, envelope: Envelope): Decoded {
  try {
    const nonce = Buffer.from(envelope.nonce, "base64url");
    const box = Buffer.from(envelope.box, "base64url");
    const end = box.length - TAG.authTagLength;
    const decipher = createDecipheriv(CIPHER, dataKey.secret, nonce, TAG).setAAD(boundTo(key));
    decipher.setAuthTag(box.subarray(end));
    const text = Buffer.concat([decipher.update(box.subarray(0, end)), decipher.final()]);
    return { value: JSON.parse(text.toString("utf8")) as unknown };
  } catch {
    return { problem: "was changed, or is the record of another session" };
  }
}

function readEnvelope(bytes: Buffer): Envelope | undefined {
  try {
    const value = JSON.parse(bytes.toString("utf8")) as Partial<Envelope> | null;
    if (typeof value !== "object" || value === null || !Number.isInteger(value.encrypted)) return undefined;
    const isText = typeof value.keyId === "string" && typeof value.nonce === "string" && typeof value.box === "string";
    const isNewer = (value.encrypted as number) > VERSION;
    return isNewer || (isText && value.encrypted === VERSION) ? (value as Envelope) : undefined;
  } catch {
    return undefined;
  }
}
