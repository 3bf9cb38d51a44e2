/** A lock file that is ours: kept alive while the work runs, and removed after it. */
import { unlinkSync } from "node:fs";
import type { Clock, LockHold } from "../../ports.js";
import { beatLockFile, look } from "./lock-file.js";
import { removeJudged, type StaleJudge } from "./lock-takeover.js";
import { pause } from "../../settle.js";

const HEARTBEAT_MS = 2000;
const RELEASE_ATTEMPTS = 20;
const RELEASE_PAUSE_MS = 25;

export class FileHold implements LockHold {
  readonly #path: string;
  readonly #nonce: string;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(path: string, nonce: string) {
    this.#path = path;
    this.#nonce = nonce;
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    // The program may end while it holds a lock; whoever comes next sees that its holder has gone.
    this.#heartbeat.unref();
  }

  #beat(): void {
    try {
      if (!beatLockFile(this.#path, this.#nonce)) clearInterval(this.#heartbeat);
    } catch {
      // The next one may succeed; four may be missed.
    }
  }

  stillHeld(): boolean {
    try {
      return look(this.#path)?.version === this.#nonce;
    } catch {
      return false;
    }
  }

  /** Gives the lock back; throws the file system's error where it cannot. */
  async release(judge: StaleJudge, clock: Clock): Promise<void> {
    clearInterval(this.#heartbeat);
    const path = this.#path;
    const version = this.#nonce;
    for (let attempt = 1; attempt <= RELEASE_ATTEMPTS; attempt += 1) {
      try {
        if (look(path)?.version !== version) return;
        // Somebody's claim means that this file was judged stale and is about to be removed, or to be left alone.
        if (!removeJudged({ lockPath: path, path, version, mayRemove: () => true, judge })) return;
      } catch (error) {
        if (attempt === RELEASE_ATTEMPTS) throw error;
      }
      await pause(clock, RELEASE_PAUSE_MS);
    }
    // Left there it would block everybody until this process ends.
    if (look(path)?.version === version) unlinkSync(path);
  }
}
