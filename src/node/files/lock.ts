/**
 * Mutual exclusion among the processes and threads that share a directory, by one file a name.
 *
 * Who waits first waits for its turn in this process, and its place at the head of that line is the only one that reads
 * the disk. A holder that died is replaced at once. One that is known to live is waited for, also when it is stopped:
 * it may have sent a refresh token that works once, and sending it again could end the session. One that cannot be asked
 * after, on another machine or in another container, is replaced when its heartbeat has been missing for 10 s.
 */
import { randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { StorageError } from "../../errors.js";
import type { Clock, Lock, LockHold, LockOptions, StorageTrouble } from "../../ports.js";
import { abortedWait, TurnQueue } from "../../session/in-memory.js";
import { lockFault, lockTimedOut, releaseFault } from "./lock-errors.js";
import { createLockFile, readLockFile, type Seen } from "./lock-file.js";
import { FileHold } from "./lock-hold.js";
import { LockListener } from "./lock-socket.js";
import { claimPath, lifeOfHolder, removeJudged, StaleJudge, sweepLeftovers } from "./lock-takeover.js";
import { LockWait } from "./lock-wait.js";
import { createPrivateDirectory } from "./private-directory.js";
import { ownIdentity } from "./process-identity.js";

export interface FileLockOptions {
  /** Where the lock files are; it is made, for this user alone, where it is missing. */
  readonly directory: string;
  readonly clock: Clock;
  /** Called once for each kind of trouble: `permission` and `full` mean that other processes are not excluded. */
  readonly onTrouble: StorageTrouble;
  /** Whether it is held for a moment only, so that nobody has to be woken. [false] */
  readonly isBrief?: boolean;
}

const NAME = /^[a-z0-9._-]{1,120}$/;
const SWEEP_EVERY_MS = 60_000;
/** Windows refuses access to a file that is being deleted or scanned; elsewhere a refusal is final. */
const REFUSALS_ALLOWED = process.platform === "win32" ? 20 : 0;
/** ESTALE, ENOLCK, EIO, EMFILE or a directory that was removed in between. */
const FAULTS_ALLOWED = 3;

// One line a lock for all clients of this process, and how many are in it.
const turns = new TurnQueue();
const callers = new Map<string, number>();

/** Opens the locks of a directory. Nothing is touched until one is taken. */
export function openFileLock(options: FileLockOptions): Lock {
  return new FileLock(options);
}

/** `hold` is undefined where no lock file can be made: better to go on without than to keep a person from signing in. */
type Taken<T> = { readonly hold: FileHold | undefined } | { readonly instead: T };

class FileLock implements Lock {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #onTrouble: StorageTrouble;
  readonly #isBrief: boolean;
  readonly #reported = new Set<string>();
  #sweptAt: number | undefined;

  constructor({ directory, clock, onTrouble, isBrief = false }: FileLockOptions) {
    this.#directory = resolve(directory);
    this.#clock = clock;
    this.#onTrouble = onTrouble;
    this.#isBrief = isBrief;
  }

  async run<T>(name: string, options: LockOptions<T>, work: (hold: LockHold) => Promise<T>): Promise<T> {
    if (!NAME.test(name))
      throw new StorageError("unavailable", "A lock's name is 1 to 120 characters of a-z, 0-9, '.', '_' and '-'.");
    const path = join(this.#directory, `${name}.lock`);
    const wait = new LockWait(this.#clock, options);
    const ahead = callers.get(path) ?? 0;
    callers.set(path, ahead + 1);
    try {
      const endTurn = await turns.take(path, options, this.#clock);
      try {
        const instead = ahead === 0 ? undefined : await options.instead?.();
        return instead === undefined ? await this.#runOnTurn(path, wait, options, work) : instead;
      } finally {
        endTurn();
      }
    } finally {
      const left = (callers.get(path) ?? 1) - 1;
      if (left === 0) callers.delete(path);
      else callers.set(path, left);
    }
  }

  async #runOnTurn<T>(
    path: string,
    wait: LockWait,
    options: LockOptions<T>,
    work: (hold: LockHold) => Promise<T>,
  ): Promise<T> {
    let taken: Taken<T>;
    try {
      taken = await this.#acquire(path, wait, options);
    } finally {
      wait.end();
    }
    if ("instead" in taken) return taken.instead;
    const { hold } = taken;
    if (hold === undefined) return await work({ stillHeld: () => true });
    try {
      return await work(hold);
    } finally {
      hold.release((error) => this.#report(releaseFault(error, path)));
    }
  }

  async #acquire<T>(path: string, wait: LockWait, options: LockOptions<T>): Promise<Taken<T>> {
    let faults = 0;
    let blocker: Seen | undefined;
    for (let round = 0; ; round += 1) {
      if (options.signal?.aborted) throw abortedWait();
      try {
        if (round > 0 && this.#mayBeFree(path, wait, blocker)) {
          const instead = await options.instead?.();
          if (instead !== undefined) return { instead };
          if (options.signal?.aborted) throw abortedWait();
        }
        const attempt = this.#attempt(path, wait);
        if ("hold" in attempt) return attempt;
        blocker = attempt.blocker;
      } catch (error) {
        if (options.signal?.aborted) throw abortedWait();
        const fault = lockFault(error, path);
        faults += 1;
        if (fault.kind !== "unavailable" && faults > REFUSALS_ALLOWED) {
          this.#report(fault);
          return { hold: undefined };
        }
        if (fault.kind === "unavailable" && faults > FAULTS_ALLOWED) throw fault;
      }
      if (wait.isOver) {
        const life = blocker === undefined ? "unknown" : lifeOfHolder(blocker, wait.lifeOf(blocker));
        throw lockTimedOut(options.timeoutMs, blocker, life);
      }
      await wait.pause(round, blocker);
    }
  }

  /** Whether the one who was waited for is done, has died, or has been followed by another. */
  #mayBeFree(path: string, wait: LockWait, blocker: Seen | undefined): boolean {
    const seen = readLockFile(path);
    return seen === undefined || seen.version !== blocker?.version || this.#isStale(path, seen, wait);
  }

  #isStale(path: string, seen: Seen, wait: LockWait, now?: number): boolean {
    return StaleJudge.of(this.#clock).isStale(path, seen, wait.lifeOf(seen), now);
  }

  /** All of it is synchronous, so that nothing of this thread comes in between. */
  #attempt(path: string, wait: LockWait): { readonly hold: FileHold } | { readonly blocker: Seen | undefined } {
    createPrivateDirectory(this.#directory);
    const judge = StaleJudge.of(this.#clock);
    const seen = readLockFile(path);
    if (seen && FileHold.givenBack(seen.version)?.remove() !== true) {
      if (!this.#isStale(path, seen, wait)) {
        // One who died while it gave this lock back may have left a claim, which is watched for as long.
        const claim = readLockFile(claimPath(path, seen.version));
        if (claim !== undefined) judge.isStale(claimPath(path, seen.version), claim);
        return { blocker: seen };
      }
      const mayRemove = (one: Seen, now: number) => this.#isStale(path, one, wait, now);
      const claim = removeJudged({ path, version: seen.version, mayRemove, judge });
      if (claim) return { blocker: claim };
    }
    const listener = this.#isBrief && ownIdentity().startTime !== "" ? undefined : LockListener.open();
    const nonce = randomUUID();
    let isMade = false;
    try {
      isMade = createLockFile(path, { ...ownIdentity(), socket: listener?.address }, nonce);
    } finally {
      if (!isMade) listener?.close();
    }
    if (!isMade) return { blocker: readLockFile(path) };
    this.#sweep(judge);
    return { hold: new FileHold(path, nonce, listener, judge) };
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

  #report(error: StorageError): void {
    if (this.#reported.has(error.kind)) return;
    this.#reported.add(error.kind);
    this.#onTrouble(error);
  }
}
