import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AbortedError, LockTimeoutError, StorageError } from "../../src/errors.js";
import { openFileLock } from "../../src/node/files/lock.js";
import type { Clock } from "../../src/ports.js";
import { systemClock } from "../../src/clock.js";
import { lockContract } from "../contracts/lock.js";
import { compileForChildren } from "../support/compile.js";
import { FakeClock } from "../support/fake-clock.js";
import { dead, foreign, hurriedClock, newDirectory, plant } from "./lock-files.js";

let directory: string;
let remove: () => void;
let path: string;

beforeEach(() => {
  ({ directory, remove } = newDirectory());
  path = join(directory, "a.lock");
});

afterEach(() => remove());

function open(clock: Clock = systemClock) {
  const onTrouble = (error: unknown) => {
    throw error;
  };
  return openFileLock({ directory, clock, onTrouble });
}

const names = () => readdirSync(directory).sort();
const ONCE = { timeoutMs: 0 };

lockContract("file lock", () => open());

describe("file lock: its file", () => {
  it("MP-09 is there while the work runs, for this user alone and in a directory of this user alone, and gone after", async () => {
    const inside = join(directory, "made", "deeper");
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
    await open().run("a", ONCE, async () => {
      const content = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
      expect(Object.keys(content).sort()).toEqual(["nonce", "pid", "realm", "startTime", "tid"]);
      expect(content.pid).toBe(process.pid);
    });
  });

  it("is found missing by its holder when somebody has removed it, and the work's result still counts", async () => {
    const result = await open().run("a", ONCE, async (hold) => {
      rmSync(directory, { recursive: true });
      return hold.stillHeld();
    });
    expect(result).toBe(false);
    expect(await open().run("a", ONCE, async () => "again")).toBe("again");
  });

  it("has a beating heart: others see its time move", async () => {
    await open().run("a", ONCE, async () => {
      utimesSync(path, 1, 1);
      await expect.poll(() => statSync(path).mtimeMs, { timeout: 10_000 }).toBeGreaterThan(1000);
    });
  }, 15_000);

  it("refuses a name that is no plain file name", async () => {
    for (const name of ["", "../a", "a/b", "A", "a:b", "a".repeat(121)]) {
      await expect(open().run(name, ONCE, async () => "begun")).rejects.toBeInstanceOf(StorageError);
    }
    expect(await open().run("a".repeat(120), ONCE, async () => "begun")).toBe("begun");
  });
});

describe("file lock: waiting", () => {
  it("has one line for all who open the same directory, and only its head looks at the disk", async () => {
    plant(path, foreign);
    const clock = new FakeClock();
    const locks = [open(clock), open(clock)];
    const calls = Array.from({ length: 1000 }, (_, place) =>
      (locks[place % 2] ?? open(clock))
        .run("a", { timeoutMs: 5000 }, async () => "begun")
        .catch((error: unknown) => error),
    );
    await clock.waitForSleepers(1000);
    const polls = clock.pendingMs.filter((ms) => ms <= 100);
    expect(polls.length).toBe(1);
    await clock.advance(5000);
    const outcomes = await Promise.all(calls);
    expect(outcomes.every((outcome) => outcome instanceof LockTimeoutError)).toBe(true);
    expect(clock.sleepers).toBe(0);
  });

  it("counts the time in the line: who comes to its head late has so much less for the disk", async () => {
    plant(path, foreign);
    const clock = new FakeClock();
    const first = open(clock)
      .run("a", { timeoutMs: 3000 }, async () => "begun")
      .catch((error: unknown) => error);
    const second = open(clock)
      .run("a", { timeoutMs: 5000 }, async () => "begun")
      .catch((error: unknown) => error);
    await clock.waitForSleepers(2);
    await clock.advance(3000);
    expect(await first).toBeInstanceOf(LockTimeoutError);
    await clock.advance(2000);
    expect(await second).toBeInstanceOf(LockTimeoutError);
    expect(clock.monotonic()).toBe(5000);
  });

  it("polls often at first and ten times a second later", async () => {
    plant(path, foreign);
    const clock = new FakeClock();
    const abort = new AbortController();
    const run = open(clock)
      .run("a", { timeoutMs: 60_000, signal: abort.signal }, async () => "begun")
      .catch((error: unknown) => error);
    await clock.waitForSleepers();
    expect(clock.pendingMs[0]).toBeLessThanOrEqual(5);
    await clock.advance(3000);
    expect(clock.pendingMs[0]).toBeLessThanOrEqual(100);
    abort.abort();
    expect(await run).toBeInstanceOf(AbortedError);
  });

  it("ends at once by abort while it polls, leaves no timer, and the next in line goes on", async () => {
    const nonce = plant(path, foreign);
    const clock = new FakeClock();
    const abort = new AbortController();
    const aborted = open(clock)
      .run("a", { timeoutMs: 5000, signal: abort.signal }, async () => "begun")
      .catch((error: unknown) => error);
    const next = open(clock).run("a", { timeoutMs: 5000 }, async () => "begun");
    await clock.waitForSleepers(2);
    abort.abort(new Error("a reason of the caller"));
    expect(await aborted).toBeInstanceOf(AbortedError);
    await clock.waitForSleepers(1);
    expect(readFileSync(path, "utf8")).toContain(nonce);
    rmSync(path);
    await clock.advance(200);
    expect(await next).toBe("begun");
    expect(clock.sleepers).toBe(0);
  });

  it("does not bind one name to another", async () => {
    plant(path, foreign);
    expect(await open().run("b", ONCE, async () => "begun")).toBe("begun");
  });
});

describe("file lock: a worker thread as its holder", () => {
  const startThread = async (): Promise<Worker> => {
    const program = join(await compileForChildren(), "test/node/programs/lock-thread.js");
    const worker = new Worker(program, { workerData: { directory, name: "a" } });
    const message = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    expect(message).toBe("held");
    return worker;
  };

  it("excludes the main thread, and is named as a thread of the same process", async () => {
    const worker = await startThread();
    const late = await open(hurriedClock)
      .run("a", { timeoutMs: 20_000 }, async () => "begun")
      .catch((error: unknown) => error);
    expect(late).toBeInstanceOf(LockTimeoutError);
    expect((late as Error).message).toContain("thread");
    const released = new Promise((resolve) => worker.once("message", resolve));
    worker.postMessage("release");
    expect(await released).toBe("released");
    expect(await open().run("a", ONCE, async () => "begun")).toBe("begun");
    await worker.terminate();
  }, 30_000);

  it("is followed at once when it was terminated, though its process lives on", async () => {
    const worker = await startThread();
    await worker.terminate();
    expect(names()).toEqual(["a.lock"]);
    expect(await open().run("a", { timeoutMs: 2000 }, async () => "begun")).toBe("begun");
    expect(names()).toEqual([]);
  }, 30_000);
});

describe("file lock: what killed processes leave", () => {
  const old = (name: string) => utimesSync(join(directory, name), 1, 1);
  const NONCE = "00000000-0000-4000-8000-000000000000";

  it("MP-15 sweeps temporary files older than a minute, and claims of the dead", async () => {
    writeFileSync(join(directory, `b.lock.${NONCE}.tmp`), "");
    old(`b.lock.${NONCE}.tmp`);
    writeFileSync(join(directory, `c.lock.${NONCE}.tmp`), "");
    plant(join(directory, `d.lock.${NONCE}.claim`), dead);
    plant(join(directory, `e.lock.${NONCE}.claim`), foreign);
    old(`e.lock.${NONCE}.claim`);
    plant(join(directory, `f.lock.${NONCE}.claim`), foreign);
    await open().run("a", ONCE, async () => {});
    expect(names()).toEqual([`c.lock.${NONCE}.tmp`, `f.lock.${NONCE}.claim`]);
  });

  it("leaves other files alone, however old", async () => {
    const others = ["b.json", "b.json.tmp", "b.lock", `b.lock.${NONCE}.aside`, "notes.txt"];
    for (const name of others) writeFileSync(join(directory, name), "");
    others.forEach(old);
    mkdirSync(join(directory, "b.lock.x.tmp"));
    await open().run("a", ONCE, async () => {});
    expect(names()).toEqual([...others, "b.lock.x.tmp"].sort());
  });
});

describe("file lock: faults of the file system", () => {
  it("MP-08 goes on under this process's line alone where others could write to the directory, and tells it once", async () => {
    chmodSync(directory, 0o777);
    const told: StorageError[] = [];
    const lock = openFileLock({ directory, clock: systemClock, onTrouble: (error) => told.push(error) });
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
    expect(names()).toEqual([]);
  });

  it("MP-16 gives StorageError, with the code and the session kept, where the fault does not pass", async () => {
    const file = join(directory, "file");
    writeFileSync(file, "");
    const lock = openFileLock({ directory: join(file, "below"), clock: systemClock, onTrouble: () => {} });
    const error = await lock.run("a", { timeoutMs: 5000 }, async () => "begun").catch((fault: unknown) => fault);
    expect(error).toMatchObject({
      code: "storage",
      kind: "unavailable",
      causeCode: "ENOTDIR",
      retryable: true,
      sessionKept: true,
    });
  });
});
