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
import { ignoringErrors } from "./private-file.js";
import { createLockFile, readLockFile, type Seen } from "./lock-file.js";
import { type Life, lifeOf, ownRealm } from "./lock-holder.js";

/** A holder that cannot be asked after is replaced when its file has not been touched for so long; five heartbeats. */
export const STALE_AFTER_MS = 10_000;
/** A file so old has missed thirty heartbeats. Its holder is given the time of one more, in case the machine just woke up. */
const ABANDONED_AFTER_MS = 60_000;
const ONE_MORE_BEAT_MS = 2500;
/** Who has not read the file for so long did not wait, or was stopped itself, perhaps with the holder: that does not count. */
const LONGEST_GAP_MS = 5000;
const CLAIM = /^(?:[0-9a-f-]{36}|x-\d+-\d+-\d+)\.lock\.claim$/;
const CLAIM_RETRY_MS = 100;
const CLAIM_TRIES = 100;
/** A claim lives for an instant; this is for those of other machines, which cannot be asked after. */
const FOREIGN_CLAIM_MS = 3_600_000;

/** How long the same beat has been seen at a path. What one wait has observed serves the next. */
const observed = new Map<string, { readonly mark: string; readonly forMs: number; readonly at: number }>();

/**
 * Whether the holder is known to be dead, or cannot be asked after and has not beaten for long. `bySocket` is what its
 * socket says; `now` is the file system's time.
 */
export function isStale(
  path: string,
  seen: Seen,
  clock: Pick<Clock, "monotonic">,
  bySocket: Life = "unknown",
  now = Date.now(),
): boolean {
  const life = lifeOf(seen.holder, bySocket);
  if (life !== "unknown") {
    observed.delete(path);
    return life === "dead";
  }
  const mark = `${seen.version}/${seen.beat}`;
  const at = clock.monotonic();
  const last = observed.get(path);
  const gap = last === undefined || at - last.at > LONGEST_GAP_MS ? 0 : Math.max(0, at - last.at);
  const forMs = last?.mark === mark ? last.forMs + gap : 0;
  observed.set(path, { mark, forMs, at });
  return forMs >= STALE_AFTER_MS || (forMs >= ONE_MORE_BEAT_MS && now - seen.modifiedAt > ABANDONED_AFTER_MS);
}

export const claimPath = (lockPath: string, version: string) => join(dirname(lockPath), `${version}.lock.claim`);

/** Whether what stands at a path may be removed; asked again under the claim, with the file system's time. */
export type MayRemove = (path: string, seen: Seen, now?: number) => boolean;

/**
 * Removes the file (a lock, or a claim beside it) if it still is the one and still may be removed. Gives `undefined` when
 * that is settled either way, else the claim of whoever is about it: try again later. `socket` is the caller's.
 */
export function removeJudged(path: string, version: string, mayRemove: MayRemove, socket?: string): Seen | undefined {
  const claim = claimPath(path, version);
  const nonce = randomUUID();
  if (!createLockFile(claim, nonce, socket)) {
    const other = readLockFile(claim);
    if (other && mayRemove(claim, other)) removeJudged(claim, other.version, mayRemove, socket);
    return other;
  }
  try {
    const now = readLockFile(claim)?.modifiedAt;
    const seen = readLockFile(path);
    if (seen?.version === version && mayRemove(path, seen, now)) removeEntry(path, seen);
    return undefined;
  } finally {
    giveBackClaim(claim, nonce, CLAIM_TRIES);
  }
}

/** Where that fails it is tried again in the background: others leave a claim alone while its process lives. */
function giveBackClaim(claim: string, nonce: string, tries: number): void {
  let isSettled = false;
  ignoringErrors(() => {
    const seen = readLockFile(claim);
    if (seen?.version === nonce) unlinkSync(claim);
    // Not where it could not be read.
    isSettled = seen?.holder !== undefined || seen === undefined;
  });
  if (isSettled || tries <= 1) return;
  setTimeout(() => giveBackClaim(claim, nonce, tries - 1), CLAIM_RETRY_MS).unref();
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

/** Removes the claims that processes have left which were killed in the middle of a removal. */
export function sweepClaims(directory: string): void {
  const mayRemove: MayRemove = (_path, { holder, modifiedAt }, now = Date.now()) =>
    lifeOf(holder, "unknown") === "dead" || (holder?.realm !== ownRealm() && now - modifiedAt > FOREIGN_CLAIM_MS);
  for (const name of readdirSync(directory).filter((each) => CLAIM.test(each))) {
    const path = join(directory, name);
    const seen = readLockFile(path);
    if (seen && !seen.isDirectory && mayRemove(path, seen)) removeJudged(path, seen.version, mayRemove);
  }
}
