/** File systems and stops in the middle, by stand-ins of `linkSync` and `writeFileSync`. */
import type * as nodeFs from "node:fs";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it, vi } from "vitest";
import { systemClock } from "../../../src/clock.js";
import { LockTimeoutError } from "../../../src/errors.js";
import { openFileLock } from "../../../src/node/files/lock.js";
import { dead, own, plant, useLockDirectory } from "./lock-files.js";
import { openRecords, unexpected } from "./records.js";

const link = vi.hoisted(() => ({ code: "", calls: 0 }));
const writing = vi.hoisted(() => ({ first: undefined as (() => void) | undefined }));
vi.mock("node:fs", async (original) => {
  const real = await original<typeof nodeFs>();
  return {
    ...real,
    writeFileSync: (...args: Parameters<typeof nodeFs.writeFileSync>) => {
      const { first } = writing;
      writing.first = undefined;
      first?.();
      real.writeFileSync(...args);
    },
    linkSync: () => {
      link.calls += 1;
      throw Object.assign(new Error("link"), { code: link.code });
    },
  };
});

const scene = useLockDirectory();

beforeEach(() => {
  link.calls = 0;
});

it.each(["EPERM", "ENOTSUP", "EISDIR", "UNKNOWN", "EINVAL", "EACCES"])(
  "LK-05 where link() fails with %s, a lock excludes as ever: it needs no links",
  async (code) => {
    link.code = code;
    const lock = openFileLock({ directory: scene.directory, clock: systemClock, onTrouble: unexpected });
    const other = openFileLock({
      directory: join(scene.directory, "..", scene.directory.split("/").at(-1) ?? ""),
      clock: systemClock,
      onTrouble: unexpected,
    });
    let inside = 0;
    const work = async () => {
      inside += 1;
      expect(inside).toBe(1);
      expect(JSON.parse(readFileSync(scene.path, "utf8"))).toMatchObject({ pid: process.pid });
      await expect(other.run("a", { timeoutMs: 5 }, work)).rejects.toBeInstanceOf(LockTimeoutError);
      inside -= 1;
    };
    await Promise.all([lock.run("a", { timeoutMs: 5000 }, work), lock.run("a", { timeoutMs: 5000 }, work)]);
    expect(link.calls).toBe(0);
    plant(join(scene.directory, "a.lock"), dead);
    expect(await lock.run("a", { timeoutMs: 1000 }, async () => "taken over")).toBe("taken over");
    const records = openRecords(scene.directory);
    await records.put("key", { n: 1 });
    await records.put("key", { n: 2 });
    expect(await records.read("key")).toEqual({ n: 2 });
    expect(readdirSync(scene.directory)).toEqual(["key.json"]);
  },
);

it("LK-05 a lock whose file was removed before its content was in it is not had", async () => {
  const lock = openFileLock({ directory: scene.directory, clock: systemClock, onTrouble: unexpected });
  // Others saw an empty file for 10 s, while this process was stopped.
  writing.first = () => {
    rmSync(scene.path);
    plant(scene.path, own);
  };
  await expect(lock.run("a", { timeoutMs: 5 }, async () => "begun")).rejects.toBeInstanceOf(LockTimeoutError);
  writing.first = () => rmSync(scene.path);
  rmSync(scene.path);
  expect(await lock.run("a", { timeoutMs: 1000 }, async (hold) => hold.stillHeld())).toBe(true);
});
