import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turnOfLoop } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/clock.js";
import { AbortedError, LockTimeoutError } from "../../../src/errors.js";
import { openFileLock } from "../../../src/node/files/lock.js";
import type { Clock } from "../../../src/ports.js";
import { compileForChildren } from "../../support/compile.js";
import { FakeClock } from "../../support/fake-clock.js";
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

  it.each([
    [undefined, 25],
    [250, 250],
  ])("polls often at first, and every %s ms [25] later", async (pollMs, longest) => {
    plant(path, foreign);
    const clock = new FakeClock();
    const abort = new AbortController();
    const run = open(clock)
      .run("a", { timeoutMs: 60_000, signal: abort.signal, ...(pollMs && { pollMs }) }, async () => "begun")
      .catch((error: unknown) => error);
    await clock.waitForSleepers();
    expect(clock.pendingMs[0]).toBeLessThanOrEqual(5);
    await clock.advance(3000);
    const pauses: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      pauses.push(clock.pendingMs[0] ?? 0);
      await clock.advance(clock.pendingMs[0] ?? 0);
    }
    expect(Math.max(...pauses)).toBeLessThanOrEqual(longest);
    expect(Math.max(...pauses)).toBeGreaterThan(longest / 2);
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

describe("file lock: what a waiter asks instead of taking the lock", () => {
  /** Counts how often it is asked, and gives the answer from the time on that there is one. */
  function question() {
    const asked = { times: 0, answer: undefined as string | undefined };
    return {
      asked,
      instead: async () => {
        asked.times += 1;
        await turnOfLoop();
        return asked.answer;
      },
    };
  }

  it("is not asked where nobody had to be waited for", async () => {
    const { asked, instead } = question();
    expect(await open().run("a", { ...ONCE, instead }, async () => "worked")).toBe("worked");
    expect(asked.times).toBe(0);
  });

  it("spares a whole line of this process the lock, once there is an answer", async () => {
    const { asked, instead } = question();
    let works = 0;
    const lock = open();
    const call = () =>
      lock.run("a", { timeoutMs: 5000, instead }, async () => {
        works += 1;
        await turnOfLoop();
        asked.answer = "found";
        return "worked";
      });
    expect(await Promise.all(Array.from({ length: 20 }, call))).toEqual(["worked", ...Array(19).fill("found")]);
    expect(works).toBe(1);
  });

  it("is asked when the holder has given its lock back, and not before", async () => {
    plant(path, foreign);
    const clock = new FakeClock();
    const { asked, instead } = question();
    const run = open(clock).run("a", { timeoutMs: 9000, instead }, async () => "worked");
    await clock.waitForSleepers();
    await clock.advance(1000);
    expect(asked.times).toBe(0);
    asked.answer = "found";
    rmSync(path);
    await clock.advance(50);
    expect(await run).toBe("found");
    expect(names()).toEqual([]);
  });

  it("is asked when the holder was followed by another, which goes on", async () => {
    plant(path, foreign);
    const clock = new FakeClock();
    const { asked, instead } = question();
    const run = open(clock).run("a", { timeoutMs: 9000, instead }, async () => "worked");
    await clock.waitForSleepers();
    asked.answer = "found";
    const next = plant(path, foreign);
    await clock.advance(50);
    expect(await run).toBe("found");
    expect(readFileSync(path, "utf8")).toContain(next);
  });

  it("is asked before the lock of one that died while it was waited for is taken", async () => {
    plant(path, foreign);
    const clock = new FakeClock();
    const { asked, instead } = question();
    const run = open(clock).run("a", { timeoutMs: 9000, instead }, async () => "worked");
    await clock.waitForSleepers();
    asked.answer = "found";
    plant(path, dead);
    await clock.advance(50);
    expect(await run).toBe("found");
    expect(names()).toEqual(["a.lock"]);
  });

  it("ends with the caller's abort, also where it was asked in between", async () => {
    plant(path, foreign);
    const clock = new FakeClock();
    const abort = new AbortController();
    const instead = async () => {
      abort.abort();
      return undefined;
    };
    const run = open(clock).run("a", { timeoutMs: 9000, signal: abort.signal, instead }, async () => "worked");
    await clock.waitForSleepers();
    rmSync(path);
    await clock.advance(50);
    await expect(run).rejects.toBeInstanceOf(AbortedError);
  });
});
