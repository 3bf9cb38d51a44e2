/**
 * Mutual exclusion among the processes and threads that share a directory, by one file a name.
 *
 * Who waits first waits for its turn in this process, and its place at the head of that line is the only one that reads
 * the disk. A holder that died is replaced at once. One that is known to live is waited for, also when it is stopped:
 * it may have sent a refresh token that works once, and sending it again could end the session. One that cannot be asked
 * after, on another machine or in another container, is replaced when its heartbeat has been missing for 10 s.
 */
import { join, resolve } from "node:path";
import { StorageError } from "../../errors.js";
import type { Clock, Lock, LockHold, LockOptions, StorageTrouble } from "../../ports.js";
import { TurnQueue } from "../../session/in-memory.js";
import { sweepClaims } from "./lock-takeover.js";
import { LockWait } from "./lock-wait.js";
import { fileError, ignoringErrors } from "./private-file.js";

export interface FileLockOptions {
  /** Where the lock files are; it is made, for this user alone, where it is missing. */
  readonly directory: string;
  readonly clock: Clock;
  /** Called once for each kind of trouble: `permission` and `full` mean that other processes are not excluded. */
  readonly onTrouble: StorageTrouble;
  /**
   * Whether a wait for one who is likely dead outlasts the caller's time, until that one can be replaced. One that always
   * ended before would find that file for ever. [false]
   */
  readonly outlastsDead?: boolean;
}

const NAME = /^[a-z0-9._-]{1,120}$/;
const SWEEP_EVERY_MS = 60_000;

// One line a lock for all clients of this process, and how many are in it.
const turns = new TurnQueue();
const callers = new Map<string, number>();

/** Opens the locks of a directory. Nothing is touched until one is taken. */
export const openFileLock = (options: FileLockOptions): Lock => new FileLock(options);

class FileLock implements Lock {
  readonly #directory: string;
  readonly #reported = new Set<string>();
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: FileLockOptions) {
    this.#directory = resolve(options.directory);
  }

  async run<T>(name: string, options: LockOptions<T>, work: (hold: LockHold) => Promise<T>): Promise<T> {
    if (!NAME.test(name))
      throw new StorageError("unavailable", "A lock's name is 1 to 120 characters of a-z, 0-9, '.', '_' and '-'.");
    const path = join(this.#directory, `${name}.lock`);
    const { clock, outlastsDead = false } = this.options;
    const wait = new LockWait(path, options, clock, outlastsDead);
    const ahead = callers.get(path) ?? 0;
    callers.set(path, ahead + 1);
    if (ahead > 0) options.onWait?.("another call of this program");
    try {
      const endTurn = await turns.take(path, options, clock);
      try {
        const instead = ahead === 0 ? undefined : await options.instead?.();
        return instead === undefined ? await this.#runOnTurn(path, wait, work) : instead;
      } finally {
        endTurn();
      }
    } finally {
      callers.set(path, (callers.get(path) ?? 1) - 1);
    }
  }

  async #runOnTurn<T>(path: string, wait: LockWait<T>, work: (hold: LockHold) => Promise<T>): Promise<T> {
    const taken = await wait.take((fault) => this.#report(fault));
    if ("instead" in taken) return taken.instead;
    if ("unguarded" in taken) return await work({ stillHeld: () => true, isUnguarded: taken.unguarded });
    const { hold } = taken;
    this.#sweep();
    try {
      return await work(hold);
    } finally {
      hold.release((error) => this.#report(fileError(error, "removed yet", path)));
    }
  }

  #sweep(): void {
    const now = this.options.clock.monotonic();
    if (now - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = now;
    // Tidiness is no reason to fail; the next sweep tries again.
    ignoringErrors(() => sweepClaims(this.#directory));
  }

  #report(error: StorageError): void {
    if (this.#reported.has(error.kind)) return;
    this.#reported.add(error.kind);
    this.options.onTrouble(error);
  }
}
