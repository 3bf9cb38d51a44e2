/**
 * Keeps each record in a file of its own, `KEY.json` (`KEY.sealed` where it is encrypted), in a directory of this user alone. Importing and opening do no I/O:
 * a process that only prints a stored token pays for one stat and one read.
 */
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { StorageError } from "../../errors.js";
import type { KeyValueStore, StorageTrouble } from "../../ports.js";
import {
  type FileCalls,
  type FileContent,
  readPrivateFile,
  realFileCalls,
  removeFile,
  replacePrivateFile,
  syncDirectory,
} from "./atomic-file.js";
import { codeOf, fileError } from "./file-error.js";
import { type FileFormat, jsonFormat, MOST_BYTES } from "./record-format.js";
import { leftoversOf, sweepDeadWriters } from "./leftovers.js";
import { checkPrivateDirectory, createPrivateDirectory } from "./private-directory.js";

const KEY = /^[a-z0-9._-]{1,100}$/;

export interface FileStoreOptions {
  /** An absolute path; made with the first write. */
  readonly directory: string;
  /** Told of content that could not be used; the same trouble with the same record is told once. */
  readonly onTrouble: StorageTrouble;
  /** [jsonFormat] */
  readonly format?: FileFormat;
  /** For tests: the file system's calls. */
  readonly calls?: FileCalls;
}

/**
 * Opens the store of a directory. Its calls reject with StorageError (`permission`, `full`, `unavailable`) and then
 * have changed nothing; `get` gives `undefined` for what it cannot understand, tells of it (`corrupt`), and keeps a copy of the
 * bytes beside the file.
 *
 * `fingerprint` differs whenever the record was replaced or deleted in between; one stat, never throws.
 */
export function openFileStore(options: FileStoreOptions): {
  store: KeyValueStore;
  fingerprint(key: string): string | undefined;
} {
  const files = new FileRecords(options);
  return {
    store: {
      get: (key) => files.get(key),
      set: (key, value) => files.inOrder(key, () => files.set(key, value)),
      delete: (key) => files.inOrder(key, () => files.delete(key)),
    },
    fingerprint: (key) => files.fingerprint(key),
  };
}

class FileRecords {
  readonly #directory: string;
  readonly #onTrouble: StorageTrouble;
  readonly #calls: FileCalls;
  readonly #format: FileFormat;
  readonly #pending = new Map<string, Promise<unknown>>();
  readonly #told = new Map<string, string>();

  constructor(options: FileStoreOptions) {
    this.#directory = options.directory;
    this.#onTrouble = options.onTrouble;
    this.#calls = options.calls ?? realFileCalls;
    this.#format = options.format ?? jsonFormat;
  }

  /** A write that waits for its next try must not land after a younger one of this process. */
  inOrder(key: string, work: () => Promise<void>): Promise<void> {
    const before = this.#pending.get(key);
    const mine = before === undefined ? work() : before.then(work, work);
    this.#pending.set(key, mine);
    const done = () => {
      if (this.#pending.get(key) === mine) this.#pending.delete(key);
    };
    mine.then(done, done);
    return mine;
  }

  async get(key: string): Promise<unknown> {
    const path = this.#pathOf(key);
    try {
      if (!checkPrivateDirectory(this.#directory)) return undefined;
      const content = await readPrivateFile(path, MOST_BYTES, this.#calls);
      return content && (await this.#understand(key, path, content));
    } catch (error) {
      // ELOOP, on some systems EMLINK: a symbolic link. The next write replaces it.
      if (codeOf(error) !== "ELOOP" && codeOf(error) !== "EMLINK") throw fileError(error, "read", path);
      this.#tell(
        key,
        "link",
        new StorageError("permission", `${path} is a symbolic link, so it is not read. The next login replaces it.`),
      );
      return undefined;
    }
  }

  async set(key: string, value: unknown): Promise<void> {
    const path = this.#pathOf(key);
    const content = this.#format.encode(key, value);
    try {
      createPrivateDirectory(this.#directory);
      await replacePrivateFile(path, content, this.#calls);
    } catch (error) {
      throw fileError(error, "written", path);
    }
    this.#told.delete(key);
    sweepDeadWriters(this.#directory, Date.now());
  }

  /** With all that a crash or a corrupt record left behind: after a sign-out no token may be found. */
  async delete(key: string): Promise<void> {
    const path = this.#pathOf(key);
    try {
      if (!checkPrivateDirectory(this.#directory)) return;
      await removeFile(path, this.#calls);
      for (const leftover of leftoversOf(path)) await removeFile(leftover, this.#calls);
      syncDirectory(this.#directory, this.#calls);
    } catch (error) {
      throw fileError(error, "deleted", path);
    }
    this.#told.delete(key);
  }

  fingerprint(key: string): string | undefined {
    try {
      const stat = lstatSync(this.#pathOf(key), { bigint: true, throwIfNoEntry: false });
      return stat && `${stat.ino}.${stat.mtimeNs}.${stat.size}`;
    } catch {
      return "unreadable";
    }
  }

  async #understand(key: string, path: string, { bytes, whole }: FileContent): Promise<unknown> {
    const found = whole ? await this.#format.decode(key, bytes) : { problem: "is not a stored session" };
    if ("value" in found) return found.value;
    const { putAside } = await import("./corrupt-copy.js");
    const { mark, kept } = await putAside(path, bytes, this.#calls);
    const where = kept === undefined ? "A copy of it could not be kept." : `A copy of it is kept in ${kept}.`;
    this.#tell(
      key,
      mark,
      new StorageError("corrupt", `${path} ${found.problem}, so a login is needed, which replaces it. ${where}`),
    );
    return undefined;
  }

  #tell(key: string, trouble: string, error: StorageError): void {
    if (this.#told.get(key) === trouble) return;
    this.#told.set(key, trouble);
    this.#onTrouble(error);
  }

  /** Also keeps a key from reaching outside the directory. */
  #pathOf(key: string): string {
    if (KEY.test(key)) return join(this.#directory, `${key}${this.#format.extension}`);
    throw new StorageError("unavailable", "A storage key is 1 to 100 characters of a-z, 0-9, '.', '_' and '-'.", {
      retryable: false,
    });
  }
}
