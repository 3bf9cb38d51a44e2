/**
 * How a lock file is removed, so that nobody ever removes another one than was judged.
 *
 * Between judging a file and unlinking its path, somebody else may have removed it and a third one may have made a new
 * one there. Hence whoever wants to remove a file first claims that very file, by creating a claim that carries the
 * file's version in its name, and then reads it again: a file of that version can only be removed by the one who holds its
 * claim, or by its holder (lock-hold.ts says why that is safe). Versions never come back, so what is seen under the claim
 * stays until it is unlinked. A claim whose holder died is removed in the same way, under a claim for the claim. Creating a
 * lock file needs no claim.
 */
import { randomUUID } from "node:crypto";
import { readdirSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { codeOf } from "../../errors.js";
import type { Clock } from "../../ports.js";
import { createLockFile, readLockFile, removeQuietly, type Seen } from "./lock-file.js";
import { type Life, lifeOf, ownIdentity } from "./process-identity.js";

/** A holder that cannot be asked after is replaced when its file has not been touched for so long; five heartbeats. */
export const STALE_AFTER_MS = 10_000;
/** A file so old has missed thirty heartbeats. Its holder is given the time of one more, in case the machine just woke up. */
const ABANDONED_AFTER_MS = 60_000;
const ONE_MORE_BEAT_MS = 2500;
/** Who has not read the file for so long was stopped itself, perhaps together with the holder, and begins to count anew. */
const LONGEST_GAP_MS = 5000;
const LEFTOVER = /^(?:[0-9a-f-]{36}|x-\d+-\d+-\d+)\.lock\.(tmp|claim)$/;
const TEMPORARY_MS = 60_000;
/** A claim lives for an instant; this is for those of other machines, which cannot be asked after. */
const FOREIGN_CLAIM_MS = 3_600_000;

interface Observation {
  readonly mark: string;
  since: number;
  /** `undefined` while nobody waits: that time does not count. */
  last: number | undefined;
}

const judges = new WeakMap<object, StaleJudge>();

/** Judges whether a file has lost its holder. What one wait has observed serves the next. */
export class StaleJudge {
  readonly #observed = new Map<string, Observation>();
  readonly #clock: Pick<Clock, "monotonic">;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** One for all locks of a program. */
  static of(clock: Pick<Clock, "monotonic">): StaleJudge {
    const judge = judges.get(clock) ?? new StaleJudge(clock);
    judges.set(clock, judge);
    return judge;
  }

  /**
   * Whether the holder is known to be dead, or cannot be asked after and has not beaten for long. `bySocket` is what its
   * socket says, where it has one; `now` is the file system's time.
   */
  isStale(path: string, seen: Seen, bySocket: Life = "unknown", now = Date.now()): boolean {
    const life = lifeOfHolder(seen, bySocket);
    if (life !== "unknown") {
      this.#observed.delete(path);
      return life === "dead";
    }
    const watched = this.#watchedFor(path, `${seen.version}/${seen.beat}`);
    return watched >= STALE_AFTER_MS || (watched >= ONE_MORE_BEAT_MS && now - seen.modifiedAt > ABANDONED_AFTER_MS);
  }

  /** Nobody waits any more, so that the time until somebody does again is not counted. */
  rest(): void {
    for (const known of this.#observed.values()) {
      if (known.last === undefined) continue;
      known.since = known.last - known.since;
      known.last = undefined;
    }
  }

  /** How long the same mark has been watched. */
  #watchedFor(path: string, mark: string): number {
    const now = this.#clock.monotonic();
    const known = this.#observed.get(path);
    if (known?.mark !== mark || (known.last !== undefined && now - known.last > LONGEST_GAP_MS)) {
      this.#observed.set(path, { mark, since: now, last: now });
      return 0;
    }
    if (known.last === undefined) known.since = now - known.since;
    known.last = now;
    return now - known.since;
  }
}

/** What the process table says, else the socket. */
export function lifeOfHolder({ holder }: Seen, bySocket: Life): Life {
  const life = holder === undefined ? "unknown" : lifeOf(holder);
  return life === "unknown" ? bySocket : life;
}

export const claimPath = (lockPath: string, version: string) => join(dirname(lockPath), `${version}.lock.claim`);

export interface Removal {
  /** What is to be removed: a lock, or a claim beside it. */
  readonly path: string;
  readonly version: string;
  /** Asked again under the claim, with the file system's time. */
  readonly mayRemove: (seen: Seen, now: number) => boolean;
  readonly judge: StaleJudge;
}

/**
 * Removes the file if it still is the one and still may be removed. Gives `undefined` when that is settled either way,
 * else the claim of whoever is about it: try again later.
 */
export function removeJudged({ path, version, mayRemove, judge }: Removal): Seen | undefined {
  const claim = claimPath(path, version);
  const nonce = randomUUID();
  if (!createLockFile(claim, ownIdentity(), nonce)) {
    const other = readLockFile(claim);
    const mayRemoveClaim = (seen: Seen, now?: number) => judge.isStale(claim, seen, "unknown", now);
    if (other && mayRemoveClaim(other)) {
      removeJudged({ path: claim, version: other.version, mayRemove: mayRemoveClaim, judge });
    }
    return other;
  }
  try {
    const now = readLockFile(claim)?.modifiedAt ?? Date.now();
    const seen = readLockFile(path);
    if (seen?.version === version && mayRemove(seen, now)) removeEntry(path, seen);
    return undefined;
  } finally {
    if (readLockFile(claim)?.version === nonce) unlinkSync(claim);
  }
}

function removeEntry(path: string, seen: Seen): void {
  if (!seen.isDirectory) return unlinkSync(path);
  try {
    rmdirSync(path);
  } catch (error) {
    if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "EEXIST") throw error;
    // Whatever it is, it is not ours to destroy.
    renameSync(path, join(dirname(path), `${seen.version}.lock.kept`));
  }
}

/** Removes what processes that were killed in the middle have left beside the lock files. */
export function sweepLeftovers(directory: string, judge: StaleJudge, now: number): void {
  for (const name of readdirSync(directory)) {
    const [, kind] = LEFTOVER.exec(name) ?? [];
    if (kind === undefined) continue;
    const path = join(directory, name);
    const seen = readLockFile(path);
    if (seen === undefined || seen.isDirectory) continue;
    if (kind === "tmp" && now - seen.modifiedAt > TEMPORARY_MS) removeQuietly(path);
    const mayRemove = (one: Seen, time: number) => {
      const life = lifeOfHolder(one, "unknown");
      return life === "dead" || (life === "unknown" && time - one.modifiedAt > FOREIGN_CLAIM_MS);
    };
    if (kind === "claim" && mayRemove(seen, now)) removeJudged({ path, version: seen.version, mayRemove, judge });
  }
}
