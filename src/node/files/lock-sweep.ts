/** Removes what processes that were killed in the middle have left beside the lock files. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { look, removeQuietly, type Seen } from "./lock-file.js";
import { removeJudged, type StaleJudge } from "./lock-takeover.js";

const LEFTOVER = /^([a-z0-9._-]+\.lock)\.[a-z0-9.-]+\.(tmp|claim)$/;
const TEMPORARY_MS = 60_000;
/** A claim lives for an instant; this is for those of other machines, which cannot be asked after. */
const FOREIGN_CLAIM_MS = 3_600_000;

export function sweepLeftovers(directory: string, judge: StaleJudge, now: number): void {
  for (const name of readdirSync(directory)) {
    const [, lock, kind] = LEFTOVER.exec(name) ?? [];
    if (lock === undefined) continue;
    const path = join(directory, name);
    const seen = look(path);
    if (seen === undefined || seen.isDirectory) continue;
    const olderThan = (ms: number, one: Seen) => now - one.modifiedAt > ms;
    if (kind === "tmp") {
      if (olderThan(TEMPORARY_MS, seen)) removeQuietly(path);
      continue;
    }
    const mayRemove = (one: Seen) =>
      judge.isStale(path, one) || (!judge.isAlive(one) && olderThan(FOREIGN_CLAIM_MS, one));
    if (mayRemove(seen))
      removeJudged({ lockPath: join(directory, lock), path, version: seen.version, mayRemove, judge });
  }
}
