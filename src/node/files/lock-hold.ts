/** A lock file that is ours: its heart beats while the work runs, and it is removed after it. */
import { existsSync, unlinkSync } from "node:fs";
import type { Clock, LockHold } from "../../ports.js";
import { beatLockFile, inodeAt, readLockFile } from "./lock-file.js";
import type { LockListener } from "./lock-holder.js";
import { claimPath, isStale, type MayRemove, removeJudged } from "./lock-takeover.js";
import { ignoringErrors } from "./private-file.js";

const HEARTBEAT_MS = 2000;
const RETRY_MS = 100;
/** What Windows refuses while a virus scanner reads the file, and a claim of another, pass before this. */
const REPORTED_RETRY = 5;

export class FileHold implements LockHold {
  #inode: string | undefined;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(
    private readonly path: string,
    private readonly version: string,
    private readonly listener: LockListener | undefined,
    private readonly clock: Clock,
  ) {
    // Without it the content tells. By a fault here nobody would have the lock, and nobody give it back.
    ignoringErrors(() => {
      this.#inode = inodeAt(path);
    });
    // The program may end while it holds a lock; whoever comes next sees that its holder has gone.
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS).unref();
  }

  stillHeld(): boolean {
    try {
      return this.#isOurs();
    } catch {
      return false;
    }
  }

  /**
   * Gives the lock back, at once where the file system allows, else in the background until it does: `onFault` is then
   * called once. Nobody waits for that, and it keeps no process alive. Never throws.
   *
   * Once the socket refuses, the file is a dead holder's to everybody, this thread too: from then on its removal needs a claim.
   */
  release(onFault: (error: unknown) => void): void {
    clearInterval(this.#heartbeat);
    let isRemoved = false;
    ignoringErrors(() => {
      isRemoved = this.#remove();
    });
    if (isRemoved) return this.listener?.close();
    this.listener?.stop();
    this.#tryAgain(1, onFault);
  }

  /**
   * This makes no new file and needs no descriptor, since a full disk or a process with too many open files must not keep
   * a lock for ever.
   *
   * Without a claim it is safe all the same: whoever judged this lock stale while this process was stopped reads it again
   * under its claim. Either that claim is there by now, and is left to finish, or it comes after the beat, and finds that
   * the heart beats.
   */
  #remove(): boolean {
    if (!this.#isOurs()) return true;
    beatLockFile(this.path);
    if (existsSync(claimPath(this.path, this.version))) return false;
    unlinkSync(this.path);
    return true;
  }

  #tryAgain(tries: number, onFault: (error: unknown) => void): void {
    setTimeout(() => {
      try {
        const mayRemove: MayRemove = (path, seen, now) =>
          path === this.path || isStale(path, seen, this.clock, "unknown", now);
        if (removeJudged(this.path, this.version, mayRemove) === undefined) return this.listener?.close();
      } catch (error) {
        if (tries === REPORTED_RETRY) onFault(error);
      }
      this.#tryAgain(tries + 1, onFault);
    }, RETRY_MS).unref();
  }

  #isOurs(): boolean {
    try {
      const seen = readLockFile(this.path);
      if (seen?.holder || seen === undefined) return seen?.version === this.version;
    } catch {
      // No descriptor is left to read it with.
    }
    // Windows refuses it while a virus scanner reads it.
    return this.#inode !== undefined && inodeAt(this.path) === this.#inode;
  }

  #beat(): void {
    ignoringErrors(() => {
      if (this.#isOurs()) beatLockFile(this.path);
      else clearInterval(this.#heartbeat);
    });
  }
}
