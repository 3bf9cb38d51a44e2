/** The files that crashes and corrupt records leave beside a record: `K.json.PID-RANDOM.tmp`, `K.json.corrupt-HASH`. */
import { readdirSync, statSync, unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { TEMPORARY_NAME } from "./atomic-file.js";

const PUT_ASIDE_NAME = /\.corrupt-[0-9a-f]{16}$/;
const LEFTOVER_NAME = /^([a-z0-9._-]+\.(?:json|sealed))(?:\.corrupt-[0-9a-f]{16})?(?:\.\d+-[0-9a-z]+\.tmp)?$/;
const DEAD_AFTER_MS = 60_000;
/** The pid of a dead writer may be somebody else's by now, or everybody's, as 1 is in containers. */
const DEAD_ANYWAY_AFTER_MS = 60 * 60_000;

/** All leftovers of one record, also unfinished copies of corrupt bytes. @throws the file system's error */
export function leftoversOf(path: string): string[] {
  const record = basename(path);
  const names = readdirSync(dirname(path)).filter(
    (name) => name !== record && LEFTOVER_NAME.exec(name)?.[1] === record,
  );
  return names.map((name) => join(dirname(path), name));
}

/** The copies of corrupt bytes of one record, the newest first. */
export function putAsideFilesOf(path: string): string[] {
  const copies = leftoversOf(path).filter((file) => PUT_ASIDE_NAME.test(file));
  const age = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return copies
    .map((file) => ({ file, time: age(file) }))
    .sort((a, b) => b.time - a.time)
    .map(({ file }) => file);
}

/**
 * Deletes what killed writers left, of all records: older than a minute and its process gone, or older than an hour.
 * A writer that was stopped for so long finds its file gone and fails, with the newer record untouched. Never throws.
 */
export function sweepDeadWriters(directory: string, now: number): void {
  for (const name of namesIn(directory)) {
    const writer = LEFTOVER_NAME.test(name) ? TEMPORARY_NAME.exec(name)?.[1] : undefined;
    if (writer === undefined) continue;
    try {
      const path = join(directory, name);
      const age = now - statSync(path).mtimeMs;
      if (age > DEAD_ANYWAY_AFTER_MS || (age > DEAD_AFTER_MS && !isAlive(Number(writer)))) unlinkSync(path);
    } catch {
      // Another process sweeps too; what stays is found by the next write.
    }
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
