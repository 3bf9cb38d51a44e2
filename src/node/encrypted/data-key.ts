/** The key that encrypts the records: loaded from a keychain once a process, made where there is none yet. */
import { createHash, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { codeOf, StorageError } from "../../errors.js";
import type { Keychain, Lock } from "../../ports.js";

const BYTES = 32;

export interface DataKey {
  /** Says which key a record was encrypted with, and nothing about the key itself. */
  readonly id: string;
  readonly secret: KeyObject;
}

/** That there is no keychain to be had; the message is the reason. The encrypted store answers it, so that no program sees it. */
export class NoKeychain extends Error {}

export class DataKeys {
  readonly #keychain: Keychain;
  readonly #lock: Lock;
  readonly #lockTimeoutMs: number;
  #held: DataKey | undefined;

  /** `lock` is the lock of the directory whose records the key is for. */
  constructor(keychain: Keychain, lock: Lock, lockTimeoutMs: number) {
    this.#keychain = keychain;
    this.#lock = lock;
    this.#lockTimeoutMs = lockTimeoutMs;
  }

  /** The key that was obtained. */
  get held(): DataKey {
    if (this.#held === undefined) throw new StorageError("unavailable", "The data key is not known yet. Try again.");
    return this.#held;
  }

  /**
   * Sees that the key is there: the keychain's, or a new one that the keychain has kept.
   *
   * @throws NoKeychain
   * @throws StorageError (`unavailable`) where the keychain is there and cannot be read
   */
  async obtain(): Promise<void> {
    const why = await this.#ask(() => this.#keychain.unavailable?.());
    if (why !== undefined) throw new NoKeychain(why);
    this.#held = (await this.#load()) ?? (await this.#make());
  }

  /** The keychain's key as it is now; the held one where it has none. @throws StorageError (`unavailable`) */
  async loadAgain(): Promise<DataKey> {
    this.#held = (await this.#load()) ?? this.held;
    return this.#held;
  }

  /** Two processes may find none at once: the second finds the first one's. */
  async #make(): Promise<DataKey> {
    return await this.#lock.run("data-key", { timeoutMs: this.#lockTimeoutMs }, async () => {
      const others = await this.#load();
      if (others) return others;
      try {
        await this.#keychain.save(randomBytes(BYTES));
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
    const bytes = await this.#ask(() => this.#keychain.load());
    // Somebody else's entry is no key of ours: it is replaced.
    if (!(bytes instanceof Uint8Array) || bytes.length !== BYTES) return undefined;
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
