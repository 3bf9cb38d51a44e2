import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turnOfLoop } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { AbortedError, LockTimeoutError } from "../../../src/errors.js";
import { compileForChildren } from "../../support/compile.js";
import { FakeClock } from "../../support/fake-clock.js";
import { dead, foreign, hurriedClock, plant, useLockDirectory } from "./lock-files.js";

const scene = useLockDirectory();

const ONCE = { timeoutMs: 0 };

describe("file lock: waiting", () => {
  it("has one line for all who open the same directory, and only its head looks at the disk", async () => {
    plant(scene.path, foreign);
    const clock = new FakeClock();
    const locks = [scene.open(clock), scene.open(clock)];
    const calls = Array.from({ length: 1000 }, (_, place) =>
      (locks[place % 2] ?? scene.open(clock))
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
    plant(scene.path, foreign);
    const clock = new FakeClock();
    const first = scene
      .open(clock)
      .run("a", { timeoutMs: 3000 }, async () => "begun")
      .catch((error: unknown) => error);
    const second = scene
      .open(clock)
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
    plant(scene.path, foreign);
    const clock = new FakeClock();
    const abort = new AbortController();
    const run = scene
      .open(clock)
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
    const nonce = plant(scene.path, foreign);
    const clock = new FakeClock();
    const abort = new AbortController();
    const aborted = scene
      .open(clock)
      .run("a", { timeoutMs: 5000, signal: abort.signal }, async () => "begun")
      .catch((error: unknown) => error);
    const next = scene.open(clock).run("a", { timeoutMs: 5000 }, async () => "begun");
    await clock.waitForSleepers(2);
    abort.abort(new Error("a reason of the caller"));
    expect(await aborted).toBeInstanceOf(AbortedError);
    await clock.waitForSleepers(1);
    expect(readFileSync(scene.path, "utf8")).toContain(nonce);
    rmSync(scene.path);
    await clock.advance(200);
    expect(await next).toBe("begun");
    expect(clock.sleepers).toBe(0);
  });

  it("does not bind one name to another", async () => {
    plant(scene.path, foreign);
    expect(await scene.open().run("b", ONCE, async () => "begun")).toBe("begun");
  });
});

describe("file lock: a worker thread as its holder", () => {
  const startThread = async (): Promise<Worker> => {
    const program = join(await compileForChildren(), "test/node/programs/lock-thread.js");
    const worker = new Worker(program, { workerData: { directory: scene.directory, name: "a" } });
    const message = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    expect(message).toBe("held");
    return worker;
  };

  it("excludes the main thread, and is named as a thread of the same process", async () => {
    const worker = await startThread();
    const late = await scene
      .open(hurriedClock)
      .run("a", { timeoutMs: 20_000 }, async () => "begun")
      .catch((error: unknown) => error);
    expect(late).toBeInstanceOf(LockTimeoutError);
    expect((late as Error).message).toContain("thread");
    const released = new Promise((resolve) => worker.once("message", resolve));
    worker.postMessage("release");
    expect(await released).toBe("released");
    expect(await scene.open().run("a", ONCE, async () => "begun")).toBe("begun");
    await worker.terminate();
  }, 30_000);

  it("is followed at once when it was terminated, though its process lives on", async () => {
    const worker = await startThread();
    await worker.terminate();
    expect(scene.names()).toEqual(["a.lock"]);
    expect(await scene.open().run("a", { timeoutMs: 2000 }, async () => "begun")).toBe("begun");
    expect(scene.names()).toEqual([]);
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
    expect(await scene.open().run("a", { ...ONCE, instead }, async () => "worked")).toBe("worked");
    expect(asked.times).toBe(0);
  });

  it("spares a whole line of this process the lock, once there is an answer", async () => {
    const { asked, instead } = question();
    let works = 0;
    const lock = scene.open();
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
    plant(scene.path, foreign);
    const clock = new FakeClock();
    const { asked, instead } = question();
    const run = scene.open(clock).run("a", { timeoutMs: 9000, instead }, async () => "worked");
    await clock.waitForSleepers();
    await clock.advance(1000);
    expect(asked.times).toBe(0);
    asked.answer = "found";
    rmSync(scene.path);
    await clock.advance(50);
    expect(await run).toBe("found");
    expect(scene.names()).toEqual([]);
  });

  it("is asked when the holder was followed by another, which goes on", async () => {
    plant(scene.path, foreign);
    const clock = new FakeClock();
    const { asked, instead } = question();
    const run = scene.open(clock).run("a", { timeoutMs: 9000, instead }, async () => "worked");
    await clock.waitForSleepers();
    asked.answer = "found";
    const next = plant(scene.path, foreign);
    await clock.advance(50);
    expect(await run).toBe("found");
    expect(readFileSync(scene.path, "utf8")).toContain(next);
  });

  it("is asked before the lock of one that died while it was waited for is taken", async () => {
    plant(scene.path, foreign);
    const clock = new FakeClock();
    const { asked, instead } = question();
    const run = scene.open(clock).run("a", { timeoutMs: 9000, instead }, async () => "worked");
    await clock.waitForSleepers();
    asked.answer = "found";
    plant(scene.path, dead);
    await clock.advance(50);
    expect(await run).toBe("found");
    expect(scene.names()).toEqual(["a.lock"]);
  });

  it("ends with the caller's abort, also where it was asked in between", async () => {
    plant(scene.path, foreign);
    const clock = new FakeClock();
    const abort = new AbortController();
    const instead = async () => {
      abort.abort();
      return undefined;
    };
    const run = scene.open(clock).run("a", { timeoutMs: 9000, signal: abort.signal, instead }, async () => "worked");
    await clock.waitForSleepers();
    rmSync(scene.path);
    await clock.advance(50);
    await expect(run).rejects.toBeInstanceOf(AbortedError);
  });
});
