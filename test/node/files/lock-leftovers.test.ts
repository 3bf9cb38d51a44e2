/** Locks that killed containers, resets and power cuts leave, and what file systems cannot do. */
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync, utimesSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LockTimeoutError } from "../../../src/errors.js";
import { createLockFile, readLockFile } from "../../../src/node/files/lock-file.js";
import { claimPath } from "../../../src/node/files/lock-takeover.js";
import { FakeClock } from "../../support/fake-clock.js";
import { dead, foreign, hurried, hurriedClock, plant, useLockDirectory } from "./lock-files.js";
import { isSessionFile } from "../../../src/node/files/private-directory.js";
import { jsonFormat } from "../../../src/node/files/record-format.js";
import { KEY, openRecords, unexpected } from "./records.js";

const scene = useLockDirectory();

afterEach(() => vi.restoreAllMocks());

const anHourOld = (file: string) => utimesSync(file, Date.now() / 1000 - 3600, Date.now() / 1000 - 3600);

/** Waits for the lock on a clock that stands still, and advances that in steps as a living process would see it. */
async function waitOn(clock: FakeClock, ms: number, timeoutMs = 60_000, outlastsDead = false): Promise<unknown> {
  let outcome: unknown = "waiting";
  const run = scene
    .open(clock, outlastsDead)
    .run("a", { timeoutMs }, async () => "done")
    .catch((error: unknown) => error)
    .then((result) => (outcome = result));
  await clock.advance(ms);
  if (outcome !== "waiting") await run;
  return outcome;
}

describe("file lock: one that was left an hour ago", () => {
  const leftovers: Record<string, () => void> = {
    "of another boot or container": () => void plant(scene.path, foreign),
    "an empty file, as after a power cut": () => writeFileSync(scene.path, ""),
    "with a claim beside": () => {
      anHourOldClaim(plant(scene.path, foreign));
    },
    "an empty file with a claim beside": () => {
      writeFileSync(scene.path, "");
      anHourOld(scene.path);
      anHourOldClaim(readLockFile(scene.path)?.version ?? "");
    },
  };

  function anHourOldClaim(version: string): void {
    plant(claimPath(scene.path, version), foreign);
    anHourOld(claimPath(scene.path, version));
  }

  for (const [title, make] of Object.entries(leftovers)) {
    it(`LK-02 LK-03 is taken over after the time of one more heartbeat: ${title}`, async () => {
      make();
      anHourOld(scene.path);
      const clock = new FakeClock();
      expect(await waitOn(clock, 2400, 2700)).toBe("waiting");
      await clock.advance(400);
      expect(scene.names()).toEqual([]);
    });
  }

  it("LK-02 is waited for all the same once its heart beats", async () => {
    plant(scene.path, foreign);
    anHourOld(scene.path);
    const clock = new FakeClock();
    expect(await waitOn(clock, 2400)).toBe("waiting");
    utimesSync(scene.path, Date.now() / 1000, Date.now() / 1000);
    await clock.advance(9000);
    expect(scene.names()).toEqual(["a.lock"]);
    await clock.advance(1200);
    expect(scene.names()).toEqual([]);
  });

  it("LK-02 is judged by the file system's clock: one of this machine that is an hour fast displaces nobody", async () => {
    plant(scene.path, foreign);
    const real = Date.now;
    vi.spyOn(Date, "now").mockImplementation(() => real() + 3_600_000);
    const clock = new FakeClock();
    expect(await waitOn(clock, 9800)).toBe("waiting");
    expect(scene.names()).toEqual(["a.lock"]);
    await clock.advance(400);
    expect(scene.names()).toEqual([]);
  });

  it("LK-02 is the store's own: the first change recovers and is stored, within the shortest time limit", async () => {
    const records = openRecords(scene.directory, unexpected, { clock: hurriedClock, timeoutMs: 1 });
    for (const make of [(file: string) => plant(file, foreign), (file: string) => writeFileSync(file, "")]) {
      const file = join(scene.directory, "record.key.lock");
      make(file);
      anHourOld(file);
      const value = { id: randomUUID() };
      await records.put("key", value);
      expect(await records.read("key")).toEqual(value);
      expect(scene.names()).toEqual(["key.json"]);
    }
  });
});

describe("file lock: one that was left a moment ago", () => {
  it("LK-03 is taken over by the second wait, where one is too short to watch it for 10 s", async () => {
    const version = plant(scene.path, foreign);
    plant(claimPath(scene.path, version), foreign);
    const clock = new FakeClock();
    expect(await waitOn(clock, 6000, 6000)).toBeInstanceOf(LockTimeoutError);
    // Nobody watches for a minute: that time does not count.
    await clock.advance(60_000);
    expect(await waitOn(clock, 3800, 6000)).toBe("waiting");
    await clock.advance(400);
    expect(scene.names()).toEqual([]);
  });

  const kinds: Record<string, () => void> = {
    "of another boot or container": () => void plant(scene.path, foreign),
    "an empty file": () => writeFileSync(scene.path, ""),
    "a directory": () => mkdirSync(scene.path),
    "a link to nowhere": () => symlinkSync(join(scene.directory, "nowhere"), scene.path),
    "a huge file": () => writeFileSync(scene.path, Buffer.alloc(1_000_000, "x")),
    "that of a newer version": () => writeFileSync(scene.path, JSON.stringify({ version: 2, holder: { pid: 1 } })),
  };
  for (const [title, make] of Object.entries(kinds)) {
    it.each([0, 2000, 8000])(
      `LK-03 is taken over by the first wait, also by one of %i ms where it may outlast the dead: ${title}`,
      async (timeoutMs) => {
        make();
        const clock = new FakeClock();
        expect(await waitOn(clock, 9800, timeoutMs, true)).toBe("waiting");
        await clock.advance(600);
        expect(scene.names()).toEqual([]);
      },
    );
  }

  it("LK-03 is not outlasted once its heart has beaten", async () => {
    plant(scene.path, foreign);
    const clock = new FakeClock();
    const run = scene.open(clock, true).run("a", { timeoutMs: 4000 }, async () => "begun");
    const outcome = run.catch((error: unknown) => error);
    await clock.advance(1000);
    utimesSync(scene.path, Date.now() / 1000 + 2, Date.now() / 1000 + 2);
    await clock.advance(3100);
    expect(await outcome).toBeInstanceOf(LockTimeoutError);
    expect(scene.names()).toEqual(["a.lock"]);
  });

  it("LK-03 is the store's own: its wait outlasts the watching, whatever the time limit", async () => {
    plant(join(scene.directory, "record.key.lock"), foreign);
    await openRecords(scene.directory, unexpected, { clock: hurried(10), timeoutMs: 1 }).put("key", { n: 1 });
    expect(scene.names()).toEqual(["key.json"]);
  });
});

describe("file lock: names", () => {
  const longest = "k".repeat(100);
  it.each([
    [longest, ".json"],
    [longest, ".sealed"],
    // The mark of a sign-out.
    [`${KEY}.out`, ".json"],
    [`${KEY}.out`, ".sealed"],
  ] as const)(
    "LK-04 have at most 143 bytes, those of temporary files, copies and claims too: %s%s",
    async (key, extension) => {
      const seen = new Set<string>();
      const watcher = watch(scene.directory, (_event, name) => name !== null && seen.add(name));
      const records = openRecords(scene.directory, () => {}, { format: { ...jsonFormat, extension } });
      await records.put(key, { n: 1 });
      writeFileSync(join(scene.directory, `${key}${extension}`), "{");
      await records.read(key);
      await records.put(key, { n: 2 });
      const lock = join(scene.directory, `refresh.${key}.lock`);
      const version = plant(lock, dead);
      plant(claimPath(lock, plant(claimPath(lock, version), dead)), dead);
      const once = { timeoutMs: 5000 };
      expect(await scene.open().run(`refresh.${key}`, once, async () => "done")).toBe("done");
      mkdirSync(lock);
      writeFileSync(join(lock, "kept.txt"), "");
      await scene.open(hurriedClock).run(`refresh.${key}`, { timeoutMs: 60_000 }, async () => {});
      await records.remove(key);
      // The end of what is watched.
      writeFileSync(join(scene.directory, "end"), "");
      await expect.poll(() => seen.has("end")).toBe(true);
      watcher.close();
      const kinds = [/\.(?:json|sealed)\.\d+-\w+\.tmp$/, /\.corrupt-\w+$/, /\.lock$/, /\.claim$/, /\.kept$/];
      for (const kind of kinds) expect([...seen].some((name) => kind.test(name))).toBe(true);
      expect([...seen].filter((name) => Buffer.byteLength(name) > 143)).toEqual([]);
      const ours = [...seen].filter((name) => name.startsWith(KEY));
      // What is not known by its name is never swept.
      expect(ours.filter((name) => !isSessionFile(name))).toEqual([]);
    },
  );
});

it("a lock file is made only where there is none, whoever made it", () => {
  expect(createLockFile(scene.path, "0".repeat(36), undefined)).toBe(true);
  expect(createLockFile(scene.path, "1".repeat(36), undefined)).toBe(false);
  expect(readFileSync(scene.path, "utf8")).toContain("0".repeat(36));
});
