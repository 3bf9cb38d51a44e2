/**
 * Mutual exclusion among the processes and threads that share a directory, by one file a name.
 *
 * Who waits first waits for its turn in this process, and its place at the head of that line is the only one that looks
 * at the disk. A holder that died is replaced at once. One that is known to live is waited for, also when it is stopped:
 * it may have sent a refresh token that works once, and sending it again could end the session. One that cannot be asked
 * after, on another machine or in another container, is replaced when its heartbeat has been missing for 10 s.
 */
import { randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { StorageError } from "../../errors.js";
import type { Clock, Lock, LockHold, LockOptions, StorageTrouble } from "../../ports.js";
import { abortedWait, TurnQueue } from "../../session/in-memory.js";
import { lockFault, releaseFault } from "./lock-fault.js";
import { createLockFile, look, type Seen } from "./lock-file.js";
import { FileHold } from "./lock-hold.js";
import { sweepLeftovers } from "./lock-sweep.js";
import { removeJudged, StaleJudge } from "./lock-takeover.js";
import { lockTimedOut } from "./lock-timed-out.js";
import { createPrivateDirectory } from "./private-directory.js";
import { ownIdentity } from "./process-identity.js";
import { pause } from "../../settle.js";

export interface FileLockOptions {
  /** Where the lock files are; it is made, for this user alone, where it is missing. */
  readonly directory: string;
  readonly clock: Clock;
  /** Told once of each kind of trouble: `permission` and `full` mean that other processes are not excluded. */
  readonly onTrouble: StorageTrouble;
}

const NAME = /^[a-z0-9._-]{1,120}$/;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;
const SWEEP_EVERY_MS = 60_000;
/** Windows refuses access to a file that is being deleted or scanned; elsewhere a refusal is final. */
const REFUSALS_ALLOWED = process.platform === "win32" ? 20 : 0;
/** ESTALE, ENOLCK, EIO, EMFILE or a directory that was removed in between. */
const FAULTS_ALLOWED = 3;

// One line for all clients of this process.
const turns = new TurnQueue();

/** Opens the locks of a directory. Nothing is touched until one is taken. */
export function openFileLock(options: FileLockOptions): Lock {
  return new FileLock(options);
}

type Attempt = { readonly hold: FileHold } | { readonly blocker: Seen | undefined };

class FileLock implements Lock {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #onTrouble: StorageTrouble;
  readonly #told = new Set<string>();
  #sweptAt: number | undefined;

  constructor({ directory, clock, onTrouble }: FileLockOptions) {
    this.#directory = resolve(directory);
    this.#clock = clock;
    this.#onTrouble = onTrouble;
  }

  async run<T>(name: string, options: LockOptions, work: (hold: LockHold) => Promise<T>): Promise<T> {
    if (!NAME.test(name))
      throw new StorageError("unavailable", "A lock's name is 1 to 120 characters of a-z, 0-9, '.', '_' and '-'.");
    const path = join(this.#directory, `${name}.lock`);
    const judge = new StaleJudge(this.#clock);
    const deadline = this.#clock.monotonic() + options.timeoutMs;
    const endTurn = await turns.take(path, options, this.#clock);
    try {
      const hold = await this.#acquire(path, judge, deadline, options);
      if (hold === undefined) return await work({ stillHeld: () => true });
      try {
        return await work(hold);
      } finally {
        await hold.release(judge, this.#clock).catch((error: unknown) => this.#tell(releaseFault(error, path)));
      }
    } finally {
      endTurn();
    }
  }

  /** `undefined` where no lock file can be made: better to go on without than to keep a person from signing in. */
  async #acquire(
    path: string,
    judge: StaleJudge,
    deadline: number,
    options: LockOptions,
  ): Promise<FileHold | undefined> {
    const nonce = randomUUID();
    let faults = 0;
    let blocker: Seen | undefined;
    for (let round = 0; ; round += 1) {
      if (options.signal?.aborted) throw abortedWait();
      try {
        const attempt = this.#attempt(path, nonce, judge);
        if ("hold" in attempt) return attempt.hold;
        blocker = attempt.blocker;
      } catch (error) {
        const fault = lockFault(error, path);
        faults += 1;
        if (fault.kind !== "unavailable" && faults > REFUSALS_ALLOWED) return this.#tell(fault);
        if (fault.kind === "unavailable" && faults > FAULTS_ALLOWED) throw fault;
      }
      const left = deadline - this.#clock.monotonic();
      if (left <= 0) throw lockTimedOut(options.timeoutMs, blocker);
      await this.#pause(round, left, options.signal);
    }
  }

  /** All of it is synchronous, so that nothing of this thread comes in between. */
  #attempt(path: string, nonce: string, judge: StaleJudge): Attempt {
    createPrivateDirectory(this.#directory);
    const seen = look(path);
    if (seen) {
      if (!judge.isStale(path, seen)) return { blocker: seen };
      const mayRemove = (one: Seen) => judge.isStale(path, one);
      const claim = removeJudged({ lockPath: path, path, version: seen.version, mayRemove, judge });
      if (claim) return { blocker: claim };
    }
    if (!createLockFile(path, ownIdentity(), nonce)) return { blocker: look(path) };
    this.#sweep(judge);
    return { hold: new FileHold(path, nonce) };
  }

  async #pause(round: number, left: number, signal: AbortSignal | undefined): Promise<void> {
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(round, 10), LONGEST_PAUSE_MS);
    try {
      // Between half and all of it, so that many waiters do not come in step.
      await pause(this.#clock, Math.min(longest * (0.5 + Math.random() / 2), left), signal);
    } catch {
      throw abortedWait();
    }
  }

  #sweep(judge: StaleJudge): void {
    const now = this.#clock.monotonic();
    if (this.#sweptAt !== undefined && now - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = now;
    try {
      sweepLeftovers(this.#directory, judge, Date.now());
    } catch {
      // Tidiness is no reason to fail; the next sweep tries again.
    }
  }

  #tell(error: StorageError): undefined {
    if (this.#told.has(error.kind)) return;
    this.#told.add(error.kind);
    this.#onTrouble(error);
  }
}
