/** One call of the file system fails, each in turn, with each fault: a lock is given back all the same. A stand-in of `node:fs`. */
import type * as nodeFs from "node:fs";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../../src/clock.js";
import { isKeystoneAuthError } from "../../../src/errors.js";
import { openFileLock } from "../../../src/node/files/lock.js";
import { useScratchDirectories } from "../../support/scratch.js";
import { dead, plant } from "./lock-files.js";

/** Counts the calls of the stand-in, and fails the one with this number. */
const faults = vi.hoisted(() => ({ isOn: false, calls: [] as string[], failing: -1, code: "", after: false }));
vi.mock("node:fs", async (original) => {
  const real = (await original<typeof nodeFs>()) as unknown as Record<string, (...args: unknown[]) => unknown>;
  const names = "open close read write writeFile fstat lstat stat unlink mkdir readdir rename lutimes"
    .split(" ")
    .map((name) => `${name}Sync`);
  const fake = Object.fromEntries(
    names.map((name) => [
      name,
      (...args: unknown[]) => {
        if (!faults.isOn) return real[name]?.(...args);
        const fails = faults.calls.push(name) - 1 === faults.failing;
        // What close tells is told after it was done.
        const result = fails && name !== "closeSync" ? undefined : real[name]?.(...args);
        if (fails) throw Object.assign(new Error("a stand-in"), { code: faults.code });
        return result;
      },
    ]),
  );
  return { ...real, ...fake };
});

const scratch = useScratchDirectories();
let directory: string;

beforeEach(() => {
  directory = join(scratch(), "tokens");
  vi.stubEnv("TMPDIR", scratch());
});
afterEach(() => {
  faults.isOn = false;
  vi.unstubAllEnvs();
});

const situations: Record<string, () => void> = {
  "a free lock": () => {},
  "a lock of the dead": () => {
    mkdirSync(directory, { mode: 0o700 });
    plant(join(directory, "a.lock"), dead);
  },
};

/** Runs work under the lock while one call fails. Gives how many calls there were. */
async function runWithFault(failing: number, code: string): Promise<number> {
  Object.assign(faults, { isOn: true, calls: [], failing, code });
  const lock = openFileLock({ directory, clock: systemClock, onTrouble: () => {} });
  let isBegun = false;
  const run = lock.run("a", { timeoutMs: 1000 }, async () => {
    isBegun = true;
    return "done";
  });
  const outcome = await run.catch((error: unknown) => error);
  faults.isOn = false;
  // Work that was done is done, whatever becomes of its lock.
  if (isBegun) expect(outcome).toBe("done");
  else expect(isKeystoneAuthError(outcome) && ["storage", "lock_timeout"].includes(outcome.code)).toBe(true);
  return faults.calls.length;
}

describe.each(Object.keys(situations))("Each call for %s", (situation) => {
  it.each(["EIO", "EMFILE", "ENFILE", "ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "ESTALE", "EBUSY"])(
    "LK-01 fails once with %s: the next one has the lock soon, and nothing stays",
    async (code) => {
      situations[situation]?.();
      const count = await runWithFault(-1, "");
      expect(count).toBeGreaterThan(5);
      for (let failing = 0; failing < count; failing += 1) {
        directory = join(scratch(), "tokens");
        situations[situation]?.();
        await runWithFault(failing, code);
        const where = `call ${failing} (${faults.calls[failing]})`;
        const lock = openFileLock({ directory, clock: systemClock, onTrouble: () => {} });
        const next = await lock
          .run("a", { timeoutMs: 2500 }, async (hold) => hold.isUnguarded ?? "taken")
          .catch(String);
        expect([where, next]).toEqual([where, "taken"]);
        await expect.poll(() => [where, ...readdirSync(directory)], { timeout: 3000 }).toEqual([where]);
      }
    },
    60_000,
  );
});
