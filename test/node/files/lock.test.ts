import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { StorageError } from "../../../src/errors.js";
import { openFileLock } from "../../../src/node/files/lock.js";
import { systemClock } from "../../../src/clock.js";
import { lockContract } from "../../contracts/lock.js";
import { dead, foreign, plant, useLockDirectory } from "./lock-files.js";

const scene = useLockDirectory();

const ONCE = { timeoutMs: 0 };

lockContract("file lock", () => scene.open());

describe("file lock: its file", () => {
  it("MP-09 is there while the work runs, for this user alone and in a directory of this user alone, and gone after", async () => {
    const inside = join(scene.directory, "made", "deeper");
    const umask = process.umask(0);
    try {
      const lock = openFileLock({ directory: inside, clock: systemClock, onTrouble: () => {} });
      await lock.run("a", ONCE, async () => {
        expect(readdirSync(inside)).toEqual(["a.lock"]);
        expect(statSync(join(inside, "a.lock")).mode & 0o777).toBe(0o600);
        expect(statSync(inside).mode & 0o777).toBe(0o700);
      });
      expect(readdirSync(inside)).toEqual([]);
    } finally {
      process.umask(umask);
    }
  });

  it("says who holds it, and nothing else", async () => {
    await scene.open().run("a", ONCE, async () => {
      const content = JSON.parse(readFileSync(scene.path, "utf8")) as Record<string, unknown>;
      expect(Object.keys(content).sort()).toEqual(["nonce", "pid", "realm", "socket"]);
      expect(content.pid).toBe(process.pid);
    });
  });

  it("is found missing by its holder when somebody has removed it, and the work's result still counts", async () => {
    const result = await scene.open().run("a", ONCE, async (hold) => {
      rmSync(scene.directory, { recursive: true });
      return hold.stillHeld();
    });
    expect(result).toBe(false);
    expect(await scene.open().run("a", ONCE, async () => "again")).toBe("again");
  });

  it("has a beating heart: others see its time move", async () => {
    await scene.open().run("a", ONCE, async () => {
      utimesSync(scene.path, 1, 1);
      await expect.poll(() => statSync(scene.path).mtimeMs, { timeout: 10_000 }).toBeGreaterThan(1000);
    });
  }, 15_000);

  it("refuses a name that is no plain file name", async () => {
    for (const name of ["", "../a", "a/b", "A", "a:b", "a".repeat(121)]) {
      await expect(scene.open().run(name, ONCE, async () => "begun")).rejects.toBeInstanceOf(StorageError);
    }
    expect(await scene.open().run("a".repeat(120), ONCE, async () => "begun")).toBe("begun");
  });
});

describe("file lock: what killed processes leave", () => {
  const old = (name: string) => utimesSync(join(scene.directory, name), 1, 1);
  const nonce = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;

  it("MP-15 sweeps claims of the dead", async () => {
    plant(join(scene.directory, `${nonce(3)}.lock.claim`), dead);
    plant(join(scene.directory, `${nonce(4)}.lock.claim`), foreign);
    old(`${nonce(4)}.lock.claim`);
    plant(join(scene.directory, `${nonce(5)}.lock.claim`), foreign);
    await scene.open().run("a", ONCE, async () => {});
    expect(scene.names()).toEqual([`${nonce(5)}.lock.claim`]);
  });

  it("LK-15 leaves other files alone, however old and whatever they resemble", async () => {
    const others = ["b.json", "b.json.tmp", "b.lock", `${nonce(1)}.lock.kept`, "notes.txt", "yarn.lock.tmp", "a.claim"];
    for (const name of others) writeFileSync(join(scene.directory, name), "");
    others.forEach(old);
    mkdirSync(join(scene.directory, `${nonce(2)}.lock.claim`));
    await scene.open().run("a", ONCE, async () => {});
    expect(scene.names()).toEqual([...others, `${nonce(2)}.lock.claim`].sort());
  });
});

describe("file lock: faults of the file system", () => {
  it("MP-08 goes on under this process's line alone where others could write to the directory, and tells it once", async () => {
    chmodSync(scene.directory, 0o777);
    const told: StorageError[] = [];
    const lock = openFileLock({
      directory: scene.directory,
      clock: systemClock,
      onTrouble: (error) => told.push(error),
    });
    const events: string[] = [];
    const call = (one: string) =>
      lock.run("a", { timeoutMs: 5000 }, async (hold) => {
        events.push(`${one} begins`);
        await Promise.resolve();
        events.push(`${one} ends, held: ${hold.stillHeld()}`);
      });
    await Promise.all([call("one"), call("two")]);
    expect(events).toEqual(["one begins", "one ends, held: true", "two begins", "two ends, held: true"]);
    expect(told.map((error) => error.kind)).toEqual(["permission"]);
    expect(scene.names()).toEqual([]);
  });

  it("LK-13 goes on alone where a plain file stands above the directory, and tells it once", async () => {
    const file = join(scene.directory, "file");
    writeFileSync(file, "");
    const told: StorageError[] = [];
    const onTrouble = (error: StorageError) => void told.push(error);
    const lock = openFileLock({ directory: join(file, "below"), clock: systemClock, onTrouble });
    expect(await lock.run("a", { timeoutMs: 5000 }, async () => "begun")).toBe("begun");
    expect(await lock.run("a", { timeoutMs: 5000 }, async () => "again")).toBe("again");
    expect(told).toMatchObject([{ kind: "permission", causeCode: "ENOTDIR" }]);
  });

  it("MP-16 gives StorageError, with the code and the session kept, where the fault does not pass", async () => {
    const loop = join(scene.directory, "loop");
    symlinkSync(loop, loop);
    const lock = openFileLock({ directory: loop, clock: systemClock, onTrouble: () => {} });
    const error = await lock.run("a", { timeoutMs: 5000 }, async () => "begun").catch((fault: unknown) => fault);
    expect(error).toMatchObject({
      code: "storage",
      kind: "unavailable",
      causeCode: "ELOOP",
      retryable: true,
      sessionKept: true,
    });
  });
});
