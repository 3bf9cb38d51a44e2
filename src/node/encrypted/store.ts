/**
 * `storage: "encrypted-file"`: the file store with encrypted records, and what happens where there is no keychain for the
 * key. Loaded with the first call.
 *
 * The keychain is asked before anything else, also when nothing is stored yet: better to fail now than after a person has
 * signed in. A keychain that is there and does not answer, or is locked, is never taken for none: what it guards would
 * look like "nobody is signed in".
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { NO_KEY, StorageError } from "../../errors.js";
import type { Change, Clock, Keychain, Lock, RecordStore, StorageTrouble, StoreWatch } from "../../ports.js";
import { createMemoryStore, watchNothing } from "../../session/in-memory.js";
import { beforeDeadline } from "../../settle.js";
import { type FileStore, openFileStore } from "../files/store.js";
import { deletesAnyway } from "../files/record-format.js";
import { DataKeys, NoKeychain, SEALED, sealedFormat } from "./sealed-format.js";

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

/** Opens the store. Its calls reject as the file store's, and with StorageError (`unavailable`) where the keychain cannot be used. */
export function openEncryptedStore(options: EncryptedStoreOptions): FileStore {
  const records = new EncryptedRecords(options);
  return { store: records, watch: (key) => records.watch(key), isElsewhere: () => records.isElsewhere };
}

class EncryptedRecords implements RecordStore {
  readonly #keys: DataKeys;
  readonly #sealed: FileStore;
  readonly #reportedOf = new Set<string>();
  #place: FileStore | undefined;
  #opening: Promise<FileStore> | undefined;
  isElsewhere = false;

  constructor(private readonly options: EncryptedStoreOptions) {
    this.#keys = new DataKeys(options.keychain, options.lock, options.timeoutMs);
    // A record is decoded under its lock too, which no hanging keychain may hold.
    const format = sealedFormat(this.#keys, (asking) => this.#inTime(asking));
    this.#sealed = openFileStore({ ...options, format });
  }

  async read(key: string, isEnding?: boolean): Promise<unknown> {
    return await (await this.#opened()).store.read(key, isEnding);
  }

  async update(key: string, change: Change): Promise<void> {
    const place = await this.#opened().catch((error: unknown) => {
      // A deletion needs no key: nobody stays signed in because a keychain is locked.
      if (deletesAnyway(change)) return this.#sealed;
      throw error;
    });
    let answer: ReturnType<Change>;
    let lacksKey = false;
    // What was encrypted before the keychain had gone is deleted with the rest.
    const hasSealed = place !== this.#sealed && existsSync(join(this.options.directory, key + SEALED));
    const attempt: Change = (current, isUnread) => {
      answer = change(current, isUnread === true || hasSealed);
      lacksKey = place === this.#sealed && !this.#keys.isHeld && answer !== undefined && "value" in answer;
      return lacksKey ? undefined : answer;
    };
    await place.store.update(key, attempt);
    if (lacksKey) {
      await this.#makeKey();
      await place.store.update(key, attempt);
    }
    if (answer === undefined) return;
    if ("value" in answer) return this.#reportOfPlainFile(key, place);
    if (place !== this.#sealed) await this.#sealed.store.update(key, () => ({ delete: true }));
  }

  async put(key: string, value: unknown): Promise<void> {
    const place = await this.#opened();
    if (place === this.#sealed && !this.#keys.isHeld) await this.#makeKey();
    await place.store.put(key, value);
  }

  async delete(key: string): Promise<void> {
    // A deletion needs no key.
    const place = await this.#opened().catch(() => this.#sealed);
    await place.store.delete(key);
    if (place !== this.#sealed) await this.#sealed.store.delete(key);
  }

  /** Follows the records to where they are kept, which counts as a change. */
  watch(key: string): StoreWatch {
    let place = this.#sealed;
    let watch = place.watch(key);
    const current = (): StoreWatch => {
      if (this.#place !== undefined && place !== this.#place) {
        place = this.#place;
        watch = place.watch(key);
      }
      return watch;
    };
    return {
      trustMs: watch.trustMs,
      hasChanged: () => current().hasChanged(),
      mark: () => current().mark(),
      announce: () => current().announce(),
      close: () => {},
    };
  }

  /** Where records are kept, once that is known. A keychain that takes long is asked once, however many wait for it. */
  async #opened(): Promise<FileStore> {
    if (this.#place !== undefined) return this.#place;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return await this.#inTime(this.#opening);
  }

  async #open(): Promise<FileStore> {
    try {
      // Where records are, their key may be there again at the next start: only a login puts another in its place.
      await this.#keys.obtain(!this.#hasRecords());
      this.#place = this.#sealed;
    } catch (error) {
      if (!(error instanceof NoKeychain)) throw error;
      this.#place = this.#instead(error.message);
    }
    return this.#place;
  }

  #hasRecords(): boolean {
    try {
      return readdirSync(this.options.directory).some((name) => name.endsWith(SEALED));
    } catch {
      return false;
    }
  }

  async #makeKey(): Promise<void> {
    await this.#inTime(this.#keys.obtain(true)).catch((error: unknown) => {
      if (!(error instanceof NoKeychain)) throw error;
      throw new StorageError(
        "unavailable",
        `There is no keychain for the data key of the stored sessions. ${error.message}`,
      );
    });
  }

  #instead(reason: string): FileStore {
    const { withoutKeychain, directory, onTrouble } = this.options;
    const none = `There is no keychain for the data key of the stored sessions. ${reason}`;
    if (withoutKeychain === "fail") {
      throw new StorageError(
        "unavailable",
        `${none} So nothing is read or stored. Start the keychain and try again, give the option ` +
          'keychain, or choose what else to do with withoutKeychain: "memory" or "plain-file".',
        { causeCode: NO_KEY },
      );
    }
    const kept = withoutKeychain === "memory" ? "in memory, until this program ends" : `unencrypted in ${directory}`;
    onTrouble(new StorageError("unavailable", `${none} As withoutKeychain says, sessions are kept ${kept}.`));
    if (withoutKeychain === "plain-file") return openFileStore(this.options);
    this.isElsewhere = true;
    return { store: createMemoryStore(), watch: () => watchNothing };
  }

  #inTime<T>(asking: Promise<T>): Promise<T> {
    const { clock, timeoutMs } = this.options;
    const late = () => {
      const message =
        "The keychain did not answer in the time that storageTimeoutSeconds gives: it may be waiting for you to unlock it. " +
        "Unlock the keychain and try again.";
      return new StorageError("unavailable", message, { causeCode: "ETIMEDOUT" });
    };
    return beforeDeadline(clock, timeoutMs, late, () => asking);
  }

  #reportOfPlainFile(key: string, place: FileStore): void {
    const path = join(this.options.directory, `${key}.json`);
    if (place !== this.#sealed || this.#reportedOf.has(key) || !existsSync(path)) return;
    this.#reportedOf.add(key);
    const message =
      `${path} holds an unencrypted session of this client, which storage "encrypted-file" neither uses nor removes: another ` +
      'program may use it. To end it, sign out once with storage "file"; the encrypted session is another one.';
    this.options.onTrouble(new StorageError("permission", message, { retryable: false }));
  }
}
