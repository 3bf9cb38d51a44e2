/**
 * `storage: "encrypted-file"`: the file store with encrypted records, and what happens where there is no keychain for the
 * key. Loaded with the first call.
 *
 * The keychain is asked before anything else, also when nothing is stored yet: better to fail now than after a person has
 * signed in. A keychain that is there and does not answer, or is locked, is never taken for none: what it guards would
 * look like "nobody is signed in".
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { StorageError } from "../../errors.js";
import type { Clock, Keychain, KeyValueStore, Lock, StorageTrouble } from "../../ports.js";
import { createMemoryStore } from "../../session/in-memory.js";
import { DataKeys, NoKeychain } from "./data-key.js";
import { openFileStore } from "../files/store.js";
import { sealedFormat } from "./sealed-format.js";
import { beforeDeadline } from "../../settle.js";

export interface EncryptedStoreOptions {
  readonly directory: string;
  readonly keychain: Keychain;
  readonly withoutKeychain: "fail" | "memory" | "plain-file";
  /** The lock of the directory. */
  readonly lock: Lock;
  readonly clock: Clock;
  /** How long one call may wait for the keychain, in milliseconds. */
  readonly timeoutMs: number;
  readonly onTrouble: StorageTrouble;
}

type Place = ReturnType<typeof openFileStore>;

/** Opens the store. Its calls reject as the file store's, and with StorageError (`unavailable`) where the keychain cannot be used. */
export function openEncryptedStore(options: EncryptedStoreOptions): Place {
  const files = new EncryptedFiles(options);
  return {
    store: {
      get: async (key) => await (await files.place()).store.get(key),
      set: (key, value) => files.set(key, value),
      delete: (key) => files.delete(key),
    },
    fingerprint: (key) => files.fingerprint(key),
  };
}

class EncryptedFiles {
  readonly #options: EncryptedStoreOptions;
  readonly #keys: DataKeys;
  readonly #sealed: Place;
  readonly #deletions = new Map<string, number>();
  readonly #toldOf = new Set<string>();
  #place: Place | undefined;
  #opening: Promise<Place> | undefined;

  constructor(options: EncryptedStoreOptions) {
    const { directory, keychain, lock, timeoutMs, onTrouble } = options;
    this.#options = options;
    this.#keys = new DataKeys(keychain, lock, timeoutMs);
    this.#sealed = openFileStore({ directory, onTrouble, format: sealedFormat(this.#keys) });
  }

  /** Where records are kept, once that is known. A keychain that takes long is asked once, however many wait for it. */
  async place(): Promise<Place> {
    if (this.#place !== undefined) return this.#place;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return await this.#inTime(this.#opening);
  }

  async set(key: string, value: unknown): Promise<void> {
    const before = this.#deletions.get(key);
    const place = await this.place();
    // Deleted while this waited for the keychain: what was signed out must not come back.
    if (this.#deletions.get(key) !== before) return;
    await place.store.set(key, value);
    if (place === this.#sealed) this.#tellOfPlainFile(key);
  }

  /** Needs no key: nobody stays signed in because a keychain is locked. */
  async delete(key: string): Promise<void> {
    this.#deletions.set(key, (this.#deletions.get(key) ?? 0) + 1);
    await this.#sealed.store.delete(key);
    if (this.#place !== this.#sealed) await this.#place?.store.delete(key);
  }

  fingerprint(key: string): string | undefined {
    return (this.#place ?? this.#sealed).fingerprint(key);
  }

  async #open(): Promise<Place> {
    try {
      await this.#keys.obtain();
      this.#place = this.#sealed;
    } catch (error) {
      if (!(error instanceof NoKeychain)) throw error;
      this.#place = this.#instead(error.message);
    }
    return this.#place;
  }

  #instead(reason: string): Place {
    const { withoutKeychain, directory, onTrouble } = this.#options;
    const none = `There is no keychain for the data key of the stored sessions. ${reason}`;
    if (withoutKeychain === "fail") {
      throw new StorageError(
        "unavailable",
        `${none} So nothing is read or stored; what is stored is kept. Start the keychain and try again, give the option ` +
          'keychain, or choose what else to do with withoutKeychain: "memory" or "plain-file".',
      );
    }
    const kept = withoutKeychain === "memory" ? "in memory, until this program ends" : `unencrypted in ${directory}`;
    onTrouble(new StorageError("unavailable", `${none} As withoutKeychain says, sessions are kept ${kept}.`));
    if (withoutKeychain === "plain-file") return openFileStore({ directory, onTrouble });
    const store: KeyValueStore = legacyMemory();
    // Nobody else changes it.
    return { store, fingerprint: () => "memory" };
  }

  #inTime(opening: Promise<Place>): Promise<Place> {
    const { clock, timeoutMs } = this.#options;
    const late = () => {
      const message =
        "The keychain did not answer in the time that storageTimeoutSeconds gives: it may be waiting for you to unlock it. " +
        "The stored sessions are kept as they are. Unlock the keychain and try again.";
      return new StorageError("unavailable", message, { causeCode: "ETIMEDOUT" });
    };
    return beforeDeadline(clock, timeoutMs, late, () => opening);
  }

  #tellOfPlainFile(key: string): void {
    const path = join(this.#options.directory, `${key}.json`);
    if (this.#toldOf.has(key) || !existsSync(path)) return;
    this.#toldOf.add(key);
    const message =
      `${path} holds an unencrypted session of this client, which storage "encrypted-file" neither uses nor removes: another ` +
      'program may use it. To end it, sign out once with storage "file"; the encrypted session is another one and is kept.';
    this.#options.onTrouble(new StorageError("permission", message, { retryable: false }));
  }
}

function legacyMemory(): KeyValueStore {
  const r = createMemoryStore();
  return {
    get: (k) => r.read(k),
    set: (k, v) => r.update(k, () => ({ value: v })),
    delete: (k) => r.update(k, () => ({ delete: true })),
  };
}
