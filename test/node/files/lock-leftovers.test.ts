/** Locks that killed containers, resets and power cuts leave, and what file systems cannot do. */
import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, utimesSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../../src/clock.js";
import { LockTimeoutError } from "../../../src/errors.js";
import { openFileLock } from "../../../src/node/files/lock.js";
import { createLockFile, readLockFile } from "../../../src/node/files/lock-file.js";
import { claimPath } from "../../../src/node/files/lock-takeover.js";
import type { Clock } from "../../../src/ports.js";
import { FakeClock } from "../../support/fake-clock.js";
import { dead, foreign, hurried, hurriedClock, newDirectory, plant } from "./lock-files.js";
import { openRecords, unexpected } from "./records.js";

let directory: string;
let remove: () => void;
let path: string;

beforeEach(() => {
  ({ directory, remove } = newDirectory());
  path = join(directory, "a.lock");
});

afterEach(() => {
  vi.restoreAllMocks();
  remove();
});

const open = (clock: Clock = systemClock) => openFileLock({ directory, clock, onTrouble: unexpected });
const names = () => readdirSync(directory).sort();
const anHourOld = (file: string) => utimesSync(file, Date.now() / 1000 - 3600, Date.now() / 1000 - 3600);

/** Waits for the lock on a clock that stands still, and advances that in steps as a living process would see it. */
async function waitOn(clock: FakeClock, ms: number, timeoutMs = 60_000): Promise<unknown> {
  let outcome: unknown = "waiting";
  const run = open(clock)
    .run("a", { timeoutMs }, async () => "done")
    .catch((error: unknown) => error)
    .then((result) => (outcome = result));
  await clock.advance(ms);
  if (outcome !== "waiting") await run;
  return outcome;
}

describe("file lock: one that was left an hour ago", () => {
  const leftovers: Record<string, () => void> = {
    "of another boot or container": () => void plant(path, foreign),
    "an empty file, as after a power cut": () => writeFileSync(path, ""),
    "with a claim beside": () => {
      anHourOldClaim(plant(path, foreign));
    },
    "an empty file with a claim beside": () => {
      writeFileSync(path, "");
      anHourOld(path);
      anHourOldClaim(readLockFile(path)?.version ?? "");
    },
  };

  function anHourOldClaim(version: string): void {
    plant(claimPath(path, version), foreign);
    anHourOld(claimPath(path, version));
  }

  for (const [title, make] of Object.entries(leftovers)) {
    it(`LK-02 LK-03 is taken over after the time of one more heartbeat: ${title}`, async () => {
      make();
      anHourOld(path);
      const clock = new FakeClock();
      expect(await waitOn(clock, 2400, 2700)).toBe("waiting");
      await clock.advance(400);
      expect(names()).toEqual([]);
    });
  }

  it("LK-02 is waited for all the same once its heart beats", async () => {
    plant(path, foreign);
    anHourOld(path);
    const clock = new FakeClock();
    expect(await waitOn(clock, 2400)).toBe("waiting");
    utimesSync(path, Date.now() / 1000, Date.now() / 1000);
    await clock.advance(9000);
    expect(names()).toEqual(["a.lock"]);
    await clock.advance(1200);
    expect(names()).toEqual([]);
  });

  it("LK-02 is judged by the file system's clock: one of this machine that is an hour fast displaces nobody", async () => {
    plant(path, foreign);
    const real = Date.now;
    vi.spyOn(Date, "now").mockImplementation(() => real() + 3_600_000);
    const clock = new FakeClock();
    expect(await waitOn(clock, 9800)).toBe("waiting");
    expect(names()).toEqual(["a.lock"]);
    await clock.advance(400);
    expect(names()).toEqual([]);
  });

  it("LK-02 is the store's own: the first change recovers and is stored, within the shortest time limit", async () => {
    const records = openRecords(directory, unexpected, { clock: hurriedClock, timeoutMs: 1 });
    for (const make of [(file: string) => plant(file, foreign), (file: string) => writeFileSync(file, "")]) {
      const file = join(directory, "record.key.lock");
      make(file);
      anHourOld(file);
      const value = { id: randomUUID() };
      await records.put("key", value);
      expect(await records.read("key")).toEqual(value);
      expect(names()).toEqual(["key.json"]);
    }
  });
});

describe("file lock: one that was left a moment ago", () => {
  it("LK-03 is taken over by the second wait, where one is too short to watch it for 10 s", async () => {
    const version = plant(path, foreign);
    plant(claimPath(path, version), foreign);
    const clock = new FakeClock();
    expect(await waitOn(clock, 6000, 6000)).toBeInstanceOf(LockTimeoutError);
    // Nobody watches for a minute: that time does not count.
    await clock.advance(60_000);
    expect(await waitOn(clock, 3800, 6000)).toBe("waiting");
    await clock.advance(400);
    expect(names()).toEqual([]);
  });

  it("LK-03 is the store's own: its wait outlasts the watching, whatever the time limit", async () => {
    plant(join(directory, "record.key.lock"), foreign);
    await openRecords(directory, unexpected, { clock: hurried(10), timeoutMs: 1 }).put("key", { n: 1 });
    expect(names()).toEqual(["key.json"]);
  });
});

describe("file lock: names", () => {
  it("LK-04 have at most 143 bytes, those of temporary files, copies and claims too", async () => {
    const seen = new Set<string>();
    const watcher = watch(directory, (_event, name) => name !== null && seen.add(name));
    const key = "k".repeat(100);
    const records = openRecords(directory, () => {});
    await records.put(key, { n: 1 });
    writeFileSync(join(directory, `${key}.json`), "{");
    await records.read(key);
    await records.put(key, { n: 2 });
    const lock = join(directory, `refresh.${key}.lock`);
    const version = plant(lock, dead);
    plant(claimPath(lock, plant(claimPath(lock, version), dead)), dead);
    const once = { timeoutMs: 5000 };
    expect(await open().run(`refresh.${key}`, once, async () => "done")).toBe("done");
    mkdirSync(lock);
    writeFileSync(join(lock, "kept.txt"), "");
    await open(hurriedClock).run(`refresh.${key}`, { timeoutMs: 60_000 }, async () => {});
    await records.remove(key);
    // The end of what is watched.
    writeFileSync(join(directory, "end"), "");
    await expect.poll(() => seen.has("end")).toBe(true);
    watcher.close();
    const kinds = [/\.json\.\d+-\w+\.tmp$/, /\.corrupt-\w+$/, /\.lock$/, /\.claim$/, /\.kept$/];
    for (const kind of kinds) expect([...seen].some((name) => kind.test(name))).toBe(true);
    expect([...seen].filter((name) => Buffer.byteLength(name) > 143)).toEqual([]);
  });
});

it("a lock file is made only where there is none, whoever made it", () => {
  expect(createLockFile(path, "0".repeat(36), undefined)).toBe(true);
  expect(createLockFile(path, "1".repeat(36), undefined)).toBe(false);
  expect(readFileSync(path, "utf8")).toContain("0".repeat(36));
});
