/** What crashes and corrupt records leave beside a record: `K.json.PID-RANDOM.tmp`, `K.json.corrupt-HASH`. Loaded with a need. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync, unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { processExists } from "./lock-holder.js";
import { isSessionFile } from "./private-directory.js";
import { ignoringErrors, removeFile, replacePrivateFile, TEMPORARY_NAME } from "./private-file.js";

const CORRUPT_NAME = /\.corrupt-[0-9a-f]{16}$/;
const LEFTOVER_NAME = /^([a-z0-9._-]+\.(?:json|sealed))(?:\.corrupt-[0-9a-f]{16})?(?:\.\d+-[0-9a-z]+\.tmp)?$/;
const MOST_KEPT = 3;
const DEAD_AFTER_MS = 60_000;
/** The pid of a dead process may be somebody else's by now, or everybody's, as 1 is in containers. */
const DEAD_ANYWAY_AFTER_MS = 60 * 60_000;

/** All leftovers of one record, also unfinished copies of corrupt bytes. @throws the file system's error */
export function leftoversOf(path: string): string[] {
  const record = basename(path);
  const names = readdirSync(dirname(path)).filter(
    (name) => name !== record && LEFTOVER_NAME.exec(name)?.[1] === record,
  );
  return names.map((name) => join(dirname(path), name));
}

/**
 * Writes the bytes that were READ to `PATH.corrupt-HASH` (0600) and leaves the record where it is, for the next write to
 * replace: to rename it could take away a good record that another process has written since the read. The same bytes
 * make one copy, however often they are read; at most 3 copies of a record are kept. Never rejects.
 */
export async function keepCorruptCopy(path: string, bytes: Uint8Array): Promise<{ mark: string; kept?: string }> {
  const mark = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const copy = `${path}.corrupt-${mark}`;
  try {
    if (!existsSync(copy)) {
      await replacePrivateFile(copy, bytes, path);
      const others = corruptCopiesOf(path).filter((file) => file !== copy);
      for (const old of others.slice(MOST_KEPT - 1)) await removeFile(old);
    }
    return { mark, kept: copy };
  } catch {
    return { mark };
  }
}

/** The newest first. */
function corruptCopiesOf(path: string): string[] {
  const copies = leftoversOf(path).filter((file) => CORRUPT_NAME.test(file));
  const times = new Map(copies.map((file) => [file, statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0]));
  return copies.sort((a, b) => (times.get(b) ?? 0) - (times.get(a) ?? 0));
}

/**
 * Deletes what killed processes left, of all sessions: older than a minute and the process gone, or older than an hour.
 * A process that was stopped for so long finds its file gone and fails, with the newer record untouched. Never throws.
 */
export function sweepUnfinishedFiles(directory: string, now: number): void {
  // Another process sweeps too; what stays is found by the next write.
  ignoringErrors(() => {
    for (const name of readdirSync(directory)) {
      // Another program's files may be here too: only names that a session's files have are touched.
      const writer = isSessionFile(name) ? TEMPORARY_NAME.exec(name)?.[1] : undefined;
      if (writer === undefined) continue;
      const path = join(directory, name);
      const age = now - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now);
      const isDead = age > DEAD_ANYWAY_AFTER_MS || (age > DEAD_AFTER_MS && !processExists(Number(writer)));
      if (isDead) ignoringErrors(() => unlinkSync(path));
    }
  });
}
