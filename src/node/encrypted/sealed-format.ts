/**
 * A record encrypted with AES-256-GCM (NIST SP 800-38D) under the data key: `{ encrypted, keyId, nonce, box }`.
 *
 * What is authenticated beside the record is its key and the format's version, so that a file that was renamed, changed or
 * given an older format does not open. An old file put back in its own place does: nothing on this machine could detect that.
 * Nonces are random, 96 bits; a key is good for 2^32 writes (§8.3), more than any person's sessions need.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { codeOf, StorageError } from "../../errors.js";
import type { Keychain, Lock } from "../../ports.js";
import { type Decoded, type FileFormat, toJson, withinBounds } from "../files/record-format.js";

/** What the names of records end with. */
export const SEALED = ".sealed";
const KEY_BYTES = 32;
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

interface DataKey {
  /** Says which key a record was encrypted with, and nothing about the key itself. */
  readonly id: string;
  readonly secret: KeyObject;
}

/** That there is no keychain to be had; the message is the reason. The encrypted store answers it, so that no program sees it. */
export class NoKeychain extends Error {}

/** The key that encrypts the records: loaded from a keychain once a process, made where there is none yet. */
export class DataKeys {
  #held: DataKey | undefined;

  /** `lock` is the lock of the directory whose records the key is for. */
  constructor(
    private readonly keychain: Keychain,
    private readonly lock: Lock,
    private readonly lockTimeoutMs: number,
  ) {}

  /** The key that was obtained. */
  get held(): DataKey {
    if (this.#held === undefined) throw new StorageError("unavailable", "The data key is not known yet. Try again.");
    return this.#held;
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /**
   * Looks for the keychain's key. `mayMake`: where there is none, a new one is made that the keychain has kept.
   *
   * @throws NoKeychain
   * @throws StorageError (`unavailable`) where the keychain is there and cannot be read
   */
  async obtain(mayMake: boolean): Promise<void> {
    const why = await this.#ask(() => this.keychain.unavailable?.());
    if (why !== undefined) throw new NoKeychain(why);
    this.#held = await this.#load();
    if (mayMake) this.#held ??= await this.#make();
  }

  /** The keychain's key as it is now; the held one where it has none. @throws StorageError (`unavailable`) */
  async loadAgain(): Promise<DataKey | undefined> {
    this.#held = (await this.#load()) ?? this.#held;
    return this.#held;
  }

  /** Two processes may find none at once: the second finds the first one's. */
  async #make(): Promise<DataKey> {
    return await this.lock.run("data-key", { timeoutMs: this.lockTimeoutMs }, async () => {
      const others = await this.#load();
      if (others) return others;
      try {
        await this.keychain.save(randomBytes(KEY_BYTES));
      } catch (error) {
        throw new NoKeychain(`The keychain took no key (${codeOf(error) ?? "unknown fault"}): it may be locked.`);
      }
      // What counts is what the next process will find.
      const kept = await this.#load();
      if (kept === undefined) throw new NoKeychain("The keychain did not keep the key that was saved in it.");
      return kept;
    });
  }

  async #load(): Promise<DataKey | undefined> {
    const bytes = await this.#ask(() => this.keychain.load());
    // Somebody else's entry is no key of ours: it is replaced.
    if (!(bytes instanceof Uint8Array) || bytes.length !== KEY_BYTES) return undefined;
    const id = createHash("sha256").update("keystone-auth data key").update(bytes).digest("hex").slice(0, 16);
    return { id, secret: createSecretKey(bytes) };
  }

  async #ask<T>(call: () => Promise<T> | T): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof StorageError) throw error;
      const causeCode = codeOf(error);
      const message =
        `The keychain with the data key of the stored sessions could not be read (${causeCode ?? "unknown fault"}): it may be ` +
        "locked. Unlock the keychain and try again.";
      throw new StorageError("unavailable", message, { causeCode });
    }
  }
}

/** `keys` must have its key before the first write. `inTime` bounds a question to the keychain. */
export function sealedFormat(keys: DataKeys, inTime: <T>(asking: Promise<T>) => Promise<T>): FileFormat {
  return {
    extension: SEALED,
    encode: (key, value) => withinBounds(`${JSON.stringify(seal(keys.held, key, toJson(value)))}\n`),
    decode: async (key, bytes) => {
      const envelope = readEnvelope(bytes);
      if (envelope === undefined) return { problem: "is not an encrypted session" };
      // The record of a newer version, whose rules apply to it: it is neither used nor replaced.
      if (envelope.encrypted > VERSION) return { value: { version: envelope.encrypted } };
      // Another process may have had to make a new key since this one was loaded.
      const isKnown = keys.isHeld && envelope.keyId === keys.held.id;
      const dataKey = isKnown ? keys.held : await inTime(keys.loadAgain());
      if (envelope.keyId !== dataKey?.id)
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
