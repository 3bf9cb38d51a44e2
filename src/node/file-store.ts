/**
 * Keeps each record in a file of its own, `KEY.json`, in a directory of this user alone. Importing and opening do no I/O:
 * a process that only prints a stored token pays for one stat and one read.
 */
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { StorageError } from "../errors.js";
import type { KeyValueStore, StorageTrouble } from "../ports.js";
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
import { leftoversOf, sweepDeadWriters } from "./file-leftovers.js";
import { checkPrivateDirectory, createPrivateDirectory } from "./private-directory.js";

const KEY = /^[a-z0-9._-]{1,100}$/;
const MAX_BYTES = 1024 * 1024;

export interface FileStoreOptions {
  /** An absolute path; made with the first write. */
  readonly directory: string;
  /** Told of content that could not be used; the same trouble with the same record is told once. */
  readonly onTrouble: StorageTrouble;
  /** For tests: the file system's calls. */
  readonly calls?: FileCalls;
}

/**
 * Opens the store of a directory. Its calls reject with StorageError (`permission`, `full`, `unavailable`) and then
 * have changed nothing; `get` gives `undefined` for what is no JSON, tells of it (`corrupt`), and keeps a copy of the
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

function encode(value: unknown): string {
  const json: string | undefined = JSON.stringify(value);
  if (json === undefined) throw new StorageError("unavailable", "Only plain JSON can be stored.", { retryable: false });
  if (Buffer.byteLength(json) < MAX_BYTES) return `${json}\n`;
  throw new StorageError("unavailable", "The record is larger than 1 MiB, so it is not stored.", { retryable: false });
}

class FileRecords {
  readonly #directory: string;
  readonly #onTrouble: StorageTrouble;
  readonly #calls: FileCalls;
  readonly #pending = new Map<string, Promise<unknown>>();
  readonly #told = new Map<string, string>();

  constructor(options: FileStoreOptions) {
    this.#directory = options.directory;
    this.#onTrouble = options.onTrouble;
    this.#calls = options.calls ?? realFileCalls;
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
      const content = await readPrivateFile(path, MAX_BYTES, this.#calls);
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
    const content = encode(value);
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
    try {
      if (whole) return JSON.parse(bytes.toString("utf8"));
    } catch {
      // Told below; the parser's message quotes the content.
    }
    const { putAside } = await import("./put-aside.js");
    const { mark, kept } = await putAside(path, bytes, this.#calls);
    const where = kept === undefined ? "A copy of it could not be kept." : `A copy of it is kept in ${kept}.`;
    this.#tell(
      key,
      mark,
      new StorageError("corrupt", `${path} is not a stored session, so a login is needed, which replaces it. ${where}`),
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
    if (KEY.test(key)) return join(this.#directory, `${key}.json`);
    throw new StorageError("unavailable", "A storage key is 1 to 100 characters of a-z, 0-9, '.', '_' and '-'.", {
      retryable: false,
    });
  }
}
