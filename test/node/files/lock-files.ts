/** Lock files as other processes may have left them, and clocks to wait for them. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { openFileLock } from "../../../src/node/files/lock.js";
import { type LockHolder, ownRealm } from "../../../src/node/files/lock-holder.js";
import type { Clock } from "../../../src/ports.js";
import { systemClock } from "../../../src/clock.js";
import { unexpected } from "./records.js";

export type Holder = Omit<LockHolder, "nonce">;

export const own: Holder = { pid: process.pid, realm: ownRealm() };
/** A process of this machine that has gone: Linux gives no pid above 2^22. */
export const dead: Holder = { ...own, pid: 2 ** 22 + 1 };
/** A process of another machine or container, with a pid that is alive here. */
export const foreign: Holder = { ...own, realm: "another-boot/pid:[1]" };

/** Writes a lock file and gives its nonce. */
export function plant(path: string, holder: Holder): string {
  const nonce = randomUUID();
  writeFileSync(path, JSON.stringify({ ...holder, nonce }), { mode: 0o600 });
  return nonce;
}

/** So many times as fast as the machine's: with 100, a wait of 12 s takes 0.12 s. */
export const hurried = (factor: number): Clock => ({
  now: () => Date.now(),
  monotonic: () => systemClock.monotonic() * factor,
  after: (ms, action) => systemClock.after(ms / factor, action),
  background: (ms, action) => systemClock.background(ms / factor, action),
});

export const hurriedClock: Clock = hurried(100);

/** A new directory for each test, the file of its lock "a", and locks of it. */
export function useLockDirectory() {
  const current = { directory: "" };
  beforeEach(() => {
    current.directory = mkdtempSync(join(tmpdir(), "keystone-auth-lock-"));
  });
  afterEach(() => rmSync(current.directory, { recursive: true, force: true }));
  return {
    get directory() {
      return current.directory;
    },
    get path() {
      return join(current.directory, "a.lock");
    },
    /** Trouble fails the test. */
    open: (clock: Clock = systemClock, outlastsDead = false) =>
      openFileLock({ directory: current.directory, clock, onTrouble: unexpected, outlastsDead }),
    names: () => readdirSync(current.directory).sort(),
  };
}
