/** A file system without hard links: `linkSync` is a stand-in that fails as such file systems make it fail. */
import type * as nodeFs from "node:fs";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { systemClock } from "../../../src/clock.js";
import { LockTimeoutError } from "../../../src/errors.js";
import { openFileLock } from "../../../src/node/files/lock.js";
import { dead, newDirectory, plant } from "./lock-files.js";
import { openRecords, unexpected } from "./records.js";

const link = vi.hoisted(() => ({ code: "", calls: 0 }));
vi.mock("node:fs", async (original) => ({
  ...(await original<typeof nodeFs>()),
  linkSync: () => {
    link.calls += 1;
    throw Object.assign(new Error("link"), { code: link.code });
  },
}));

let directory: string;
let remove: () => void;

beforeEach(() => {
  ({ directory, remove } = newDirectory());
  link.calls = 0;
});

afterEach(() => remove());

it.each(["EPERM", "ENOTSUP", "EISDIR", "UNKNOWN", "EINVAL", "EACCES"])(
  "LK-05 where link() fails with %s, the lock is made by exclusive creation and excludes as ever",
  async (code) => {
    link.code = code;
    const lock = openFileLock({ directory, clock: systemClock, onTrouble: unexpected });
    const other = openFileLock({
      directory: join(directory, "..", directory.split("/").at(-1) ?? ""),
      clock: systemClock,
      onTrouble: unexpected,
    });
    let inside = 0;
    const work = async () => {
      inside += 1;
      expect(inside).toBe(1);
      const path = join(directory, "a.lock");
      expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ pid: process.pid });
      await expect(other.run("a", { timeoutMs: 5 }, work)).rejects.toBeInstanceOf(LockTimeoutError);
      inside -= 1;
    };
    await Promise.all([lock.run("a", { timeoutMs: 5000 }, work), lock.run("a", { timeoutMs: 5000 }, work)]);
    expect(link.calls).toBeGreaterThan(0);
    plant(join(directory, "a.lock"), dead);
    expect(await lock.run("a", { timeoutMs: 1000 }, async () => "taken over")).toBe("taken over");
    const records = openRecords(directory);
    await records.put("key", { n: 1 });
    await records.put("key", { n: 2 });
    expect(await records.read("key")).toEqual({ n: 2 });
    expect(readdirSync(directory)).toEqual(["key.json"]);
  },
);
