/** How a record changes: one atomic step under a lock of the store's own. Loaded with the first write or deletion. */
import { existsSync } from "node:fs";
import { isKeystoneAuthError, StorageError } from "../../errors.js";
import type { Change, Clock, Lock, LockHold, StorageTrouble } from "../../ports.js";
import { leftoversOf, sweepUnfinishedFiles } from "./leftovers.js";
import { openFileLock } from "./lock.js";
import { checkPrivateDirectory, createPrivateDirectory } from "./private-directory.js";
import { fileError, removeFile, replacePrivateFile, syncDirectory } from "./private-file.js";
import { deletesAnyway, type FileFormat } from "./record-format.js";

export interface RecordFiles {
  /** An absolute path; made with the first write. */
  readonly directory: string;
  /** Called for content that could not be used, and for a lock that could not be had; once for the same trouble. */
  readonly onTrouble: StorageTrouble;
  readonly clock: Clock;
  /** How long a change waits for the changes of others, in milliseconds; for one who is likely dead as long as it takes to replace it. */
  readonly timeoutMs: number;
  readonly format: FileFormat;
}

export class RecordUpdates {
  readonly #lock: Lock;
  #lockTrouble: StorageError | undefined;
  #hasToldOfModes = false;

  constructor(
    private readonly files: RecordFiles,
    private readonly read: (key: string, isEnding?: boolean) => Promise<unknown>,
  ) {
    const { directory, clock } = files;
    const onTrouble = (error: StorageError) => {
      this.#lockTrouble = error;
    };
    this.#lock = openFileLock({ directory, clock, onTrouble, outlastsDead: true });
  }

  /** Whether the record was written or deleted. Rejects with StorageError and has then changed nothing. */
  async update(key: string, path: string, change: Change): Promise<boolean> {
    // Nothing is there to be changed: no directory is made for a deletion.
    if (!checkPrivateDirectory(this.files.directory)) {
      const answer = change(undefined);
      if (answer === undefined || "delete" in answer) return false;
    }
    const { timeoutMs } = this.files;
    try {
      const changed = await this.#lock.run(`record.${key}`, { timeoutMs }, (hold) =>
        this.#change(key, path, change, hold),
      );
      // A write that was refused has its own error; one that succeeded without a lock tells that others were not kept out.
      if (this.#lockTrouble) this.files.onTrouble(this.#lockTrouble);
      return changed;
    } catch (error) {
      throw isKeystoneAuthError(error) && error.code !== "storage"
        ? lockedByOthers(path)
        : fileError(error, "written", path);
    } finally {
      this.#lockTrouble = undefined;
    }
  }

  async #change(key: string, path: string, change: Change, hold: LockHold): Promise<boolean> {
    const current = await this.#current(key, change);
    const isUnread = current === undefined && existsSync(path);
    const answer = change(current, isUnread);
    // Told, and kept in a copy, but for what is deleted with all its copies.
    if (isUnread && !(answer && "delete" in answer)) await this.read(key);
    if (answer === undefined) return false;
    // A process that was stopped for long may find that others went on without it.
    if (!hold.stillHeld()) throw lockedByOthers(path);
    if ("delete" in answer) await this.delete(path);
    else await this.#write(key, path, answer.value);
    return true;
  }

  async #current(key: string, change: Change): Promise<unknown> {
    try {
      return await this.read(key, true);
    } catch (error) {
      // Nobody stays signed in because a record cannot be read.
      if (deletesAnyway(change)) return undefined;
      throw error;
    }
  }

  async #write(key: string, path: string, value: unknown): Promise<void> {
    const { directory, format } = this.files;
    const content = format.encode(key, value);
    createPrivateDirectory(directory);
    const refusedMode = await replacePrivateFile(path, content);
    if (refusedMode !== undefined) this.#tellOfModes(refusedMode);
    sweepUnfinishedFiles(directory, Date.now());
  }

  /** Rejects with StorageError and has then changed nothing. */
  async put(key: string, path: string, value: unknown): Promise<void> {
    try {
      // A login that is under way has made the directory. Without one there is nothing that a mark could end.
      if (checkPrivateDirectory(this.files.directory)) await this.#write(key, path, value);
    } catch (error) {
      throw fileError(error, "written", path);
    }
  }

  /** Once: who can read there is up to whoever mounts that file system. */
  #tellOfModes(causeCode: string): void {
    if (this.#hasToldOfModes) return;
    this.#hasToldOfModes = true;
    const message = `The file system of ${this.files.directory} keeps no file modes (${causeCode}). The session is stored there; see that its mount lets nobody else in.`;
    this.files.onTrouble(new StorageError("permission", message, { causeCode, retryable: false }));
  }

  /** With all that a crash or a corrupt record left behind: after a sign-out no token may be found. */
  async delete(path: string): Promise<void> {
    const { directory } = this.files;
    try {
      if (!checkPrivateDirectory(directory)) return;
      await removeFile(path);
      for (const leftover of leftoversOf(path)) await removeFile(leftover);
      syncDirectory(directory);
    } catch (error) {
      throw fileError(error, "deleted", path);
    }
  }
}

function lockedByOthers(path: string): StorageError {
  const message = `${path} could not be written: others held its lock all the time. The call may be repeated.`;
  return new StorageError("unavailable", message, { causeCode: "ETIMEDOUT" });
}
