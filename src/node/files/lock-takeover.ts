/**
 * How a lock file is removed, so that nobody ever removes another one than was judged.
 *
 * Between judging a file and unlinking its path, somebody else may have removed it and a third one may have made a new
 * one there. Hence whoever wants to remove a file first claims that very file, by creating a claim that carries the
 * file's version in its name, and then looks again: a file of that version can only be removed by the one who holds its
 * claim, and versions never come back, so what is seen under the claim stays until it is unlinked. A claim whose holder
 * died is removed in the same way, under a claim for the claim. Creating a lock file needs no claim.
 */
import { randomUUID } from "node:crypto";
import { renameSync, rmdirSync, unlinkSync } from "node:fs";
import type { Clock } from "../../ports.js";
import { createLockFile, look, type Seen } from "./lock-file.js";
import { codeOf } from "./file-error.js";
import { lifeOf, ownIdentity } from "./process-identity.js";

/** A holder that cannot be asked after is given up when its file has not been touched for so long; five heartbeats. */
export const STALE_AFTER_MS = 10_000;
/** Who has not looked for so long was stopped itself, perhaps together with the holder, and begins to count anew. */
const LONGEST_GAP_MS = 5000;

interface Observation {
  readonly mark: string;
  readonly since: number;
  last: number;
}

/** Judges whether a file has lost its holder. Time is what this judge has observed: file times come from other clocks. */
export class StaleJudge {
  readonly #observed = new Map<string, Observation>();

  readonly #clock: Pick<Clock, "monotonic">;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** Whether the holder is known to live, stopped or not. */
  isAlive(seen: Seen): boolean {
    return seen.holder !== undefined && lifeOf(seen.holder) === "alive";
  }

  /** Whether the holder is known to be dead, or cannot be asked after and has not beaten for `STALE_AFTER_MS`. */
  isStale(path: string, seen: Seen): boolean {
    const life = seen.holder ? lifeOf(seen.holder) : "unknown";
    if (life !== "unknown") return life === "dead";
    const now = this.#clock.monotonic();
    const mark = `${seen.version}/${seen.beat}`;
    const known = this.#observed.get(path);
    if (known?.mark !== mark || now - known.last > LONGEST_GAP_MS) {
      this.#observed.set(path, { mark, since: now, last: now });
      return false;
    }
    known.last = now;
    return now - known.since >= STALE_AFTER_MS;
  }
}

export interface Removal {
  /** The path of the lock, whose name all claims begin with. */
  readonly lockPath: string;
  /** What is to be removed: the lock itself, or a claim. */
  readonly path: string;
  readonly version: string;
  /** Asked again under the claim. */
  readonly mayRemove: (seen: Seen) => boolean;
  readonly judge: StaleJudge;
}

/**
 * Removes the file if it still is the one and still may be removed. Gives `undefined` when that is settled either way,
 * else the claim of whoever is about it: try again later.
 */
export function removeJudged(removal: Removal): Seen | undefined {
  const { lockPath, path, version, mayRemove, judge } = removal;
  const claim = `${lockPath}.${version}.claim`;
  const nonce = randomUUID();
  if (!createLockFile(claim, ownIdentity(), nonce)) {
    const other = look(claim);
    const mayRemoveClaim = (seen: Seen) => judge.isStale(claim, seen);
    if (other && mayRemoveClaim(other)) {
      removeJudged({ lockPath, path: claim, version: other.version, mayRemove: mayRemoveClaim, judge });
    }
    return other;
  }
  try {
    const seen = look(path);
    if (seen?.version === version && mayRemove(seen)) removeEntry(path, seen);
    return undefined;
  } finally {
    if (look(claim)?.version === nonce) unlinkSync(claim);
  }
}

function removeEntry(path: string, seen: Seen): void {
  if (!seen.isDirectory) return unlinkSync(path);
  try {
    rmdirSync(path);
  } catch (error) {
    if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "EEXIST") throw error;
    // Whatever it is, it is not ours to destroy.
    renameSync(path, `${path}.${seen.version}.aside`);
  }
}
