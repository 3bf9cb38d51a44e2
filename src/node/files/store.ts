/**
 * Keeps each record in a file of its own, `KEY.json` (`KEY.sealed` where it is encrypted), in a directory of this user
 * alone. Importing and opening do no I/O: a process that only prints a stored token pays for one stat and one read.
 */
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { codeOf, StorageError } from "../../errors.js";
import type { Change, Clock, RecordStore, StoreWatch } from "../../ports.js";
import { checkPrivateDirectory } from "./private-directory.js";
import { fileError, readPrivateFile } from "./private-file.js";
import { jsonFormat, MOST_BYTES } from "./record-format.js";
import { markKey } from "../../session/sign-out-mark.js";
import type { RecordFiles, RecordUpdates } from "./update.js";

const KEY = /^[a-z0-9._-]{1,100}$/;
const TRUST_MS = 1000;
const SECOND_NS = 1_000_000_000n;
/** FAT counts by two seconds. */
const COARSE_MS = 2500;

/** `format` [jsonFormat]. */
export type FileStoreOptions = Omit<RecordFiles, "format"> & Partial<Pick<RecordFiles, "format">>;

/** Where records are kept, and how to learn that somebody else has changed one. */
export interface FileStore {
  readonly store: RecordStore;
  watch(key: string): StoreWatch;
  /** Whether they are not in the directory after all, so that it says nothing about them. */
  isElsewhere?(): boolean;
}

/**
 * Opens the store of a directory. Its calls reject with StorageError (`permission`, `full`, `unavailable`) and then
 * have changed nothing; `read` gives `undefined` for what it cannot understand, reports it (`corrupt`), and keeps a copy
 * of the bytes beside the file. A change that deletes also where it sees no record deletes one that cannot be read.
 */
export function openFileStore(options: FileStoreOptions): FileStore {
  const records = new FileRecords(options);
  return { store: records, watch: (key) => watchFile(() => records.fingerprint(key), options.clock) };
}

/** What a record's file looks like from outside. */
interface Fingerprint {
  readonly text: string;
  /** Whether its times are whole seconds, so that a write a moment later may look the same. */
  readonly isCoarse: boolean;
}

class FileRecords implements RecordStore {
  readonly #files: RecordFiles;
  readonly #reported = new Map<string, string>();
  #updates: Promise<RecordUpdates> | undefined;

  constructor(options: FileStoreOptions) {
    this.#files = { format: jsonFormat, ...options };
  }

  async read(key: string, isEnding = false): Promise<unknown> {
    const path = this.#pathOf(key);
    try {
      if (!checkPrivateDirectory(this.#files.directory)) return undefined;
      const bytes = await readPrivateFile(path, MOST_BYTES);
      return bytes && (await this.#decode(key, path, bytes, isEnding));
    } catch (error) {
      // ELOOP, on some systems EMLINK: a symbolic link. The next write replaces it.
      if (codeOf(error) !== "ELOOP" && codeOf(error) !== "EMLINK") throw fileError(error, "read", path);
      if (isEnding) return undefined;
      this.#report(
        key,
        "link",
        new StorageError("permission", `${path} is a symbolic link, so it is not read. The next login replaces it.`),
      );
      return undefined;
    }
  }

  async update(key: string, change: Change): Promise<void> {
    const path = this.#pathOf(key);
    const updates = await this.#loadUpdates(path);
    if (await updates.update(key, path, change)) this.#reported.delete(key);
  }

  async put(key: string, value: unknown): Promise<void> {
    const path = this.#pathOf(key);
    await (await this.#loadUpdates(path)).put(key, path, value);
  }

  async delete(key: string): Promise<void> {
    const path = this.#pathOf(key);
    await (await this.#loadUpdates(path)).delete(path);
    this.#reported.delete(key);
  }

  /** Differs whenever the record, or the mark of a sign-out, was replaced or deleted in between, but for `isCoarse`; two stats. Never throws. */
  fingerprint(key: string): Fingerprint {
    try {
      const files = [key, markKey(key)].map((name) => fingerprintOf(this.#pathOf(name)));
      return { text: files.map(({ text }) => text).join(" "), isCoarse: files.some(({ isCoarse }) => isCoarse) };
    } catch {
      return { text: "unreadable", isCoarse: false };
    }
  }

  async #loadUpdates(path: string): Promise<RecordUpdates> {
    this.#updates ??= import("./update.js").then(
      (part) => new part.RecordUpdates(this.#files, (key, isEnding) => this.read(key, isEnding)),
    );
    try {
      return await this.#updates;
    } catch (error) {
      // The package may have been replaced while the program ran; the next call tries again.
      this.#updates = undefined;
      throw fileError(error, "written", path);
    }
  }

  async #decode(key: string, path: string, bytes: Buffer, isEnding: boolean): Promise<unknown> {
    const found =
      bytes.length <= MOST_BYTES ? await this.#files.format.decode(key, bytes) : { problem: "is not a stored session" };
    if ("value" in found) return found.value;
    // A copy would be deleted with it, and what is said of one would be wrong.
    if (isEnding) return undefined;
    const { keepCorruptCopy } = await import("./leftovers.js");
    const { mark, kept } = await keepCorruptCopy(path, bytes.subarray(0, MOST_BYTES));
    const where = kept === undefined ? "A copy of it could not be kept." : `A copy of it is kept in ${kept}.`;
    this.#report(
      key,
      mark,
      new StorageError("corrupt", `${path} ${found.problem}, so a login is needed, which replaces it. ${where}`, {
        sessionKept: false,
        retryable: false,
      }),
    );
    return undefined;
  }

  #report(key: string, trouble: string, error: StorageError): void {
    if (this.#reported.get(key) === trouble) return;
    this.#reported.set(key, trouble);
    this.#files.onTrouble(error);
  }

  /** Also keeps a key from reaching outside the directory. */
  #pathOf(key: string): string {
    if (KEY.test(key)) return join(this.#files.directory, `${key}${this.#files.format.extension}`);
    throw new StorageError("unavailable", "A storage key is 1 to 100 characters of a-z, 0-9, '.', '_' and '-'.", {
      retryable: false,
    });
  }
}

/** Another one for each file of that name. @throws the file system's error */
function fingerprintOf(path: string): Fingerprint {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) return { text: "none", isCoarse: false };
  const { ino, birthtimeNs, ctimeNs, mtimeNs, size } = stat;
  return { text: [ino, birthtimeNs, ctimeNs, mtimeNs, size].join("."), isCoarse: mtimeNs % SECOND_NS === 0n };
}

/**
 * Learns of others' changes by two stats, at most once a second. Other processes do the same: nobody has to be told. On a file
 * system with coarse times a new state counts as changed until its time is over. A change that goes unnoticed all the same costs
 * no session: what is sent is read anew under the lock.
 */
function watchFile(fingerprint: () => Fingerprint, clock: Clock): StoreWatch {
  const never = "never marked";
  let marked = never;
  let firstMarkedAt = 0;
  return {
    trustMs: TRUST_MS,
    hasChanged: () => {
      const now = fingerprint();
      return now.text !== marked || (now.isCoarse && clock.monotonic() - firstMarkedAt < COARSE_MS);
    },
    mark: () => {
      const now = fingerprint().text;
      if (now !== marked) firstMarkedAt = clock.monotonic();
      marked = now;
    },
    announce: () => {
      // The mark is from before this client's own change: a deletion by others could bring that very state back.
      marked = never;
    },
    close: () => {},
  };
}
