/** A lock file that is ours: its heart beats while the work runs, and it is removed after it. */
import { existsSync, unlinkSync } from "node:fs";
import type { LockHold } from "../../ports.js";
import { beatLockFile, inodeAt, readLockFile } from "./lock-file.js";
import type { LockListener } from "./lock-socket.js";
import { claimPath, removeJudged, type StaleJudge } from "./lock-takeover.js";

const HEARTBEAT_MS = 2000;
const SOON_MS = 25;
const SOON_TRIES = 20;
const LATER_MS = 1000;

/** What this thread has given back and could not remove yet, by version: it excludes nobody of this thread. */
const givenBack = new Map<string, FileHold>();

export class FileHold implements LockHold {
  readonly #path: string;
  readonly #version: string;
  readonly #inode: string | undefined;
  readonly #listener: LockListener | undefined;
  readonly #judge: StaleJudge;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(path: string, version: string, listener: LockListener | undefined, judge: StaleJudge) {
    this.#path = path;
    this.#version = version;
    this.#inode = inodeAt(path);
    this.#listener = listener;
    this.#judge = judge;
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    // The program may end while it holds a lock; whoever comes next sees that its holder has gone.
    this.#heartbeat.unref();
  }

  /** The lock of this version, where this thread has given it back. */
  static givenBack(version: string): FileHold | undefined {
    return givenBack.get(version);
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
   */
  release(onFault: (error: unknown) => void): void {
    clearInterval(this.#heartbeat);
    givenBack.set(this.#version, this);
    this.#tryAgain(0, onFault);
    this.#listener?.close();
  }

  /**
   * Removes the file; true when it is ours no more. This makes no new file and needs no descriptor, since a full disk or a
   * process with too many open files must not keep a lock for ever.
   *
   * Without a claim it is safe all the same: whoever judged this lock stale while this process was stopped reads it again
   * under its claim. Either that claim is there by now, and is left to finish, or it comes after the beat, and finds that
   * the heart beats.
   */
  remove(): boolean {
    if (this.#isOurs()) {
      beatLockFile(this.#path);
      if (existsSync(claimPath(this.#path, this.#version))) return this.#removeBesideClaim();
      unlinkSync(this.#path);
    }
    givenBack.delete(this.#version);
    return true;
  }

  /** Its owner may have died with the claim. */
  #removeBesideClaim(): boolean {
    const path = this.#path;
    removeJudged({ path, version: this.#version, mayRemove: () => true, judge: this.#judge });
    if (this.#isOurs()) return false;
    givenBack.delete(this.#version);
    return true;
  }

  #tryAgain(tries: number, onFault: (error: unknown) => void): void {
    try {
      if (!givenBack.has(this.#version) || this.remove()) return;
    } catch (error) {
      if (tries === SOON_TRIES) onFault(error);
    }
    setTimeout(() => this.#tryAgain(tries + 1, onFault), tries < SOON_TRIES ? SOON_MS : LATER_MS).unref();
  }

  #isOurs(): boolean {
    try {
      return readLockFile(this.#path)?.version === this.#version;
    } catch {
      // No descriptor is left to read it with.
      return this.#inode !== undefined && inodeAt(this.#path) === this.#inode;
    }
  }

  #beat(): void {
    try {
      if (this.#isOurs()) beatLockFile(this.#path);
      else clearInterval(this.#heartbeat);
    } catch {
      // The next one may succeed; four may be missed.
    }
  }
}
