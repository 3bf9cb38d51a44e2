/**
 * One caller's way to a lock file: it takes the lock, or waits for its holder. The end of its connection to the holder
 * wakes it; a timer does where there is none.
 */
import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import { LockTimeoutError, StorageError } from "../../errors.js";
import type { Clock, LockOptions, StorageTrouble } from "../../ports.js";
import { abortedWait } from "../../session/in-memory.js";
import { createLockFile, readLockFile, type Seen } from "./lock-file.js";
import { FileHold } from "./lock-hold.js";
import { HolderConnection, type Life, lifeOf, type LockHolder, LockListener, ownRealm } from "./lock-holder.js";
import { claimPath, isStale, removeJudged, STALE_AFTER_MS } from "./lock-takeover.js";
import { createPrivateDirectory } from "./private-directory.js";
import { fileError } from "./private-file.js";

const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 25;
/** Somebody may have removed the file of a holder that lives on. */
const CONNECTED_PAUSE_MS = 1000;
/** Windows refuses access to a file that is being deleted or scanned; elsewhere a refusal is final. */
const REFUSALS_ALLOWED = process.platform === "win32" ? 20 : 0;
/** ESTALE, ENOLCK, EIO, EMFILE or a directory that was removed in between. */
const FAULTS_ALLOWED = 3;

/** How long one who cannot be asked after is watched, whatever the caller's time: its removal, too, takes a moment. */
const TAKEOVER_MS = STALE_AFTER_MS + 2000;

const UNLOCKED =
  "The work goes on, but other processes are not kept out meanwhile, and two that renew one session at once could end it.";
const ADVICE: Readonly<Record<string, string>> = {
  permission: `${UNLOCKED} Make the directory writable for this user alone, or choose another with storageDirectory.`,
  full: `${UNLOCKED} Free some space on that disk.`,
};

/** `unguarded` says why no lock file can be made: the work goes on without, rather than keep a person from signing in. */
export type Taken<T> = { readonly hold: FileHold } | { readonly unguarded: StorageError } | { readonly instead: T };

export class LockWait<T> {
  readonly #deadline: number;
  #blocker: Seen | undefined;
  /** The same file as it was when this wait saw it first. */
  #firstSeen: { readonly version: string; readonly beat: string; readonly at: number } | undefined;
  #connection: HolderConnection | undefined;

  constructor(
    private readonly path: string,
    private readonly options: LockOptions<T>,
    private readonly clock: Clock,
    private readonly outlastsDead: boolean,
  ) {
    this.#deadline = clock.monotonic() + options.timeoutMs;
  }

  /** Rejects with LockTimeoutError, AbortedError and StorageError. */
  async take(onTrouble: StorageTrouble): Promise<Taken<T>> {
    try {
      return await this.#take(onTrouble);
    } finally {
      this.#connection?.close();
    }
  }

  async #take(onTrouble: StorageTrouble): Promise<Taken<T>> {
    let faults = 0;
    for (let round = 0; ; round += 1) {
      this.#throwIfAborted();
      try {
        const instead = round > 0 && this.#mayBeFree() ? await this.options.instead?.() : undefined;
        if (instead !== undefined) return { instead };
        this.#throwIfAborted();
        const hold = this.#attempt();
        if (hold) return { hold };
      } catch (error) {
        this.#throwIfAborted();
        const fault = lockFault(error, this.path);
        faults += 1;
        if (fault.kind !== "unavailable" && faults > REFUSALS_ALLOWED) {
          onTrouble(fault);
          return { unguarded: fault };
        }
        if (fault.kind === "unavailable" && faults > FAULTS_ALLOWED) throw fault;
      }
      if (this.#isOver()) throw this.#timedOut();
      if (this.#blocker) this.options.onWait?.(describe(this.#blocker.holder));
      await this.#pause(round);
    }
  }

  /** A holder whose heart has beaten since it was first seen lives, and is not outlasted. */
  #isOver(): boolean {
    const now = this.clock.monotonic();
    const blocker = this.#blocker;
    if (blocker && this.#firstSeen?.version !== blocker.version)
      this.#firstSeen = { version: blocker.version, beat: blocker.beat, at: now };
    if (now < this.#deadline) return false;
    if (!this.outlastsDead || blocker === undefined || this.#firstSeen === undefined) return true;
    const isUnknown = this.#lifeOf(blocker) === "unknown";
    return !isUnknown || this.#firstSeen.beat !== blocker.beat || now - this.#firstSeen.at >= TAKEOVER_MS;
  }

  #throwIfAborted(): void {
    if (this.options.signal?.aborted) throw abortedWait();
  }

  /** Whether the one who was waited for is done, has died, or has been followed by another. */
  #mayBeFree(): boolean {
    const seen = readLockFile(this.path);
    return seen === undefined || seen.version !== this.#blocker?.version || this.#isStale(this.path, seen);
  }

  #isStale(path: string, seen: Seen, now?: number): boolean {
    return isStale(path, seen, this.clock, this.#lifeBySocket(seen), now);
  }

  #lifeBySocket({ version }: Seen): Life {
    return this.#connection?.holder.nonce === version ? this.#connection.life : "unknown";
  }

  /** All of it is synchronous, so that nothing of this thread comes in between. */
  #attempt(): FileHold | undefined {
    createPrivateDirectory(dirname(this.path));
    const seen = readLockFile(this.path);
    if (seen && !this.#isStale(this.path, seen)) {
      this.#blocker = seen;
      // One who died while it gave this lock back may have left a claim, which is watched for as long.
      const claim = claimPath(this.path, seen.version);
      const claimed = readLockFile(claim);
      if (claimed) this.#isStale(claim, claimed);
      return undefined;
    }
    const listener = LockListener.open();
    const nonce = randomUUID();
    let isMade = false;
    try {
      const mayRemove = this.#isStale.bind(this);
      this.#blocker = seen && removeJudged(this.path, seen.version, mayRemove, listener?.address);
      if (this.#blocker) return undefined;
      isMade = createLockFile(this.path, nonce, listener?.address);
      if (isMade) return new FileHold(this.path, nonce, listener, this.clock);
      this.#blocker = readLockFile(this.path);
      return undefined;
    } finally {
      if (!isMade) listener?.close();
    }
  }

  /** Ends early when something has happened to the holder, or the caller aborts. */
  #pause(round: number): Promise<void> {
    this.#connect();
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(round, 10), this.options.pollMs ?? LONGEST_PAUSE_MS);
    // Between half and all of it, so that many waiters do not come in step.
    const wanted = this.#connection?.isConnected ? CONNECTED_PAUSE_MS : longest * (0.5 + Math.random() / 2);
    const left = this.#deadline - this.clock.monotonic();
    const ms = left > 0 ? Math.min(wanted, left) : wanted;
    const { signal } = this.options;
    const connection = this.#connection;
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        signal?.removeEventListener("abort", wake);
        if (connection) connection.onChange = () => {};
        resolve();
      };
      const cancel = this.clock.after(ms, wake);
      if (connection) connection.onChange = wake;
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  #connect(): void {
    const holder = this.#blocker?.holder;
    if (this.#connection?.holder.nonce === holder?.nonce && this.#connection?.isOver !== true) return;
    this.#connection?.close();
    this.#connection = holder?.socket === undefined ? undefined : new HolderConnection(holder, holder.socket);
  }

  #timedOut(): LockTimeoutError {
    const seconds = this.options.timeoutMs / 1000;
    return new LockTimeoutError(`The session's lock was not free within ${seconds} s. ${this.#adviceOnTime()}`);
  }

  #adviceOnTime(): string {
    const blocker = this.#blocker;
    if (blocker?.holder === undefined) return "Others were faster; try again.";
    const who = `process ${blocker.holder.pid}`;
    if (this.#lifeOf(blocker) !== "alive")
      return `It was last held by ${who}, which may run on another machine or in another container; try again.`;
    if (isThisProcess(blocker.holder)) return `Another thread of this process (${who}) holds it; try again.`;
    return (
      `It is held by ${who}, which is alive and may be renewing the session at this moment; it is waited for, since a refresh ` +
      `token that is sent twice could end the session. Try again; if ${who} is stopped or hangs, let it go on or end it.`
    );
  }

  #lifeOf(seen: Seen): Life {
    return lifeOf(seen.holder, this.#lifeBySocket(seen));
  }
}

/** A holder for a person. A pid of another container or machine would be taken for one of this machine. */
function describe(holder: LockHolder | undefined): string {
  if (holder === undefined) return "another program";
  if (isThisProcess(holder)) return "another thread of this program";
  if (holder.realm === ownRealm()) return `process ${holder.pid}`;
  return `a program on another machine or in another container (process ${holder.pid} there)`;
}

const isThisProcess = ({ pid, realm }: LockHolder) => pid === process.pid && realm === ownRealm();

/** A lock that could not be taken. Of the original only its code is kept. */
function lockFault(error: unknown, path: string): StorageError {
  if (error instanceof StorageError) return error;
  const { kind, causeCode } = fileError(error, "created", path);
  const advice = ADVICE[kind] ?? "Try again.";
  const message = `The session's lock file ${path} could not be made or read (${causeCode ?? "unknown fault"}). ${advice}`;
  return new StorageError(kind, message, { causeCode });
}
