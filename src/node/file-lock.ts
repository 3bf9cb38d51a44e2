/**
 * Locks between the processes and threads of a machine: a file that exists while the lock is held.
 *
 * A holder that died is noticed at once and replaced. One that is alive, even stopped, is never displaced: it may have a
 * one-time refresh token on its way, and sending that again could end the session. Where neither can be told (another
 * machine or container), a holder without a heartbeat for 10 s counts as dead.
 */
import { randomUUID } from "node:crypto";
import { linkSync, lstatSync, readFileSync, renameSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LockTimeoutError } from "../errors.js";
import type { Clock, Lock, LockHold, LockOptions, StorageTrouble } from "../ports.js";
import { createMemoryLock } from "../session/memory-lock.js";
import { abortedError } from "../session/single-flight.js";
import { codeOf, createPrivateDirectory, fileError } from "./private-directory.js";
import { type Identity, ownIdentity, stateOf } from "./process-identity.js";

const HEARTBEAT_MS = 2000;
const STALE_MS = 10_000;
const LONGEST_PAUSE_MS = 100;

interface LockFile extends Identity {
  readonly nonce: string;
}

interface Watched {
  readonly mark: string;
  readonly since: number;
}

function discard(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // It has gone already.
  }
}

function readLock(file: string): LockFile | undefined {
  try {
    if (!lstatSync(file).isFile()) return undefined;
    return JSON.parse(readFileSync(file, "utf8")) as LockFile;
  } catch {
    return undefined;
  }
}

/** Creates the lock with its content at once, so that nobody reads half of it. */
function tryCreate(file: string, content: LockFile): boolean {
  const temp = `${file}.${content.nonce}.tmp`;
  try {
    writeFileSync(temp, JSON.stringify(content), { flag: "wx", mode: 0o600 });
    linkSync(temp, file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    discard(temp);
  }
}

/** Takes a dead holder's file away; a live one that came in between is put back, and its holder checks before it sends. */
function removeDead(file: string, judged: LockFile | undefined): void {
  const aside = `${file}.${randomUUID()}.tmp`;
  try {
    renameSync(file, aside);
    if (readLock(aside)?.nonce !== judged?.nonce) linkSync(aside, file);
  } catch {
    // Another one was faster.
  }
  discard(aside);
}

function isDead(file: string, holder: LockFile | undefined, watched: Watched | undefined, now: number): boolean {
  const state = holder === undefined ? "unknown" : stateOf(holder);
  if (state !== "unknown") return state === "dead";
  return watched !== undefined && watched.mark === markOf(file) && now - watched.since >= STALE_MS;
}

function markOf(file: string): string {
  try {
    const { mtimeMs, ino } = lstatSync(file);
    return `${mtimeMs}.${ino}`;
  } catch {
    return "";
  }
}

function timedOut(file: string, timeoutMs: number): LockTimeoutError {
  const pid = readLock(file)?.pid;
  const who = pid === undefined ? "another process" : `process ${pid}`;
  return new LockTimeoutError(`The session's lock was not free within ${timeoutMs / 1000} s: ${who} holds it. If that process is stopped, let it go on or end it. The session is kept; try again.`);
}

export function openFileLock({ directory, clock, onTrouble }: { directory: string; clock: Clock; onTrouble: StorageTrouble }): Lock {
  // One caller of this program at a time polls the disk.
  const local = createMemoryLock(clock);
  let told = false;

  async function acquire(file: string, mine: LockFile, deadline: number, options: LockOptions): Promise<void> {
    let watched: Watched | undefined;
    for (let pause = 5; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      if (options.signal?.aborted) throw abortedError();
      if (tryCreate(file, mine)) return;
      const now = clock.monotonic();
      const mark = markOf(file);
      if (watched?.mark !== mark) watched = { mark, since: now };
      const holder = readLock(file);
      if (isDead(file, holder, watched, now)) {
        removeDead(file, holder);
        continue;
      }
      if (now >= deadline) throw timedOut(file, options.timeoutMs);
      await clock.sleep(Math.min(pause * (0.5 + Math.random()), Math.max(1, deadline - now)), options.signal).catch(() => {
        throw abortedError();
      });
    }
  }

  async function hold<T>(file: string, mine: LockFile, work: (hold: LockHold) => Promise<T>): Promise<T> {
    const stillHeld = () => readLock(file)?.nonce === mine.nonce;
    const beat = setInterval(() => {
      try {
        if (stillHeld()) utimesSync(file, new Date(), new Date());
      } catch {
        // Taken away; whoever writes compares before.
      }
    }, HEARTBEAT_MS);
    beat.unref();
    try {
      return await work({ stillHeld });
    } finally {
      clearInterval(beat);
      if (stillHeld()) discard(file);
    }
  }

  return {
    run<T>(name: string, options: LockOptions, work: (hold: LockHold) => Promise<T>): Promise<T> {
      const deadline = clock.monotonic() + options.timeoutMs;
      return local.run(name, options, async (held) => {
        const file = join(directory, `${name}.lock`);
        const mine = { ...ownIdentity(), nonce: randomUUID() };
        try {
          createPrivateDirectory(directory);
          await acquire(file, mine, deadline, options);
        } catch (error) {
          const trouble = codeOf(error) === undefined || codeOf(error) === "storage" ? error : fileError(error, "locked");
          const { code } = trouble as { code?: string };
          if (code !== "storage") throw trouble;
          // Nothing can be written here: going on without the lock between processes beats not going on.
          if (!told) onTrouble(fileError(trouble, "locked"));
          told = true;
          return await work(held);
        }
        return await hold(file, mine, work);
      });
    },
  };
}
