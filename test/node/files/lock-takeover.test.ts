import {
  existsSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LockTimeoutError } from "../../../src/errors.js";
import { readLockFile } from "../../../src/node/files/lock-file.js";
import { claimPath, isStale, removeJudged } from "../../../src/node/files/lock-takeover.js";
import { FakeClock } from "../../support/fake-clock.js";
import { LockListener } from "../../../src/node/files/lock-holder.js";
import { dead, foreign, hurriedClock, own, plant, useLockDirectory } from "./lock-files.js";

const scene = useLockDirectory();

/** Starts a wait on a clock that stands still. */
function waitFor(clock: FakeClock, timeoutMs = 60_000) {
  const state = { begun: false, outcome: undefined as unknown };
  const work = async () => {
    state.begun = true;
    return "done";
  };
  const run = scene
    .open(clock)
    .run("a", { timeoutMs }, work)
    .catch((error: unknown) => error)
    .then((outcome) => {
      state.outcome = outcome;
    });
  return { state, run };
}

describe("file lock of a holder that cannot be asked after", () => {
  it("is taken over when its heartbeat has been missing for 10 s, and not before", async () => {
    plant(scene.path, foreign);
    const clock = new FakeClock();
    const { state, run } = waitFor(clock);
    await clock.advance(9_900);
    expect(state.begun).toBe(false);
    await clock.advance(300);
    await run;
    expect(state.outcome).toBe("done");
    expect(scene.names()).toEqual([]);
  });

  it("counts the 10 s by its own clock: jumps of the wall time say nothing", async () => {
    plant(scene.path, foreign);
    const clock = new FakeClock();
    const { state, run } = waitFor(clock, 5000);
    clock.jump(3_600_000);
    await clock.advance(5100);
    await run;
    expect(state.outcome).toBeInstanceOf(LockTimeoutError);
    expect((state.outcome as Error).message).toContain("another machine");
  });

  it("is waited for as long as its heart beats", async () => {
    plant(scene.path, foreign);
    const clock = new FakeClock();
    const { state, run } = waitFor(clock, 90_000);
    for (let beat = 1; beat <= 10; beat += 1) {
      await clock.advance(5000);
      lutimesSync(scene.path, Date.now() / 1000, Date.now() / 1000 + beat);
    }
    expect(state.begun).toBe(false);
    await clock.advance(10_200);
    await run;
    expect(existsSync(scene.path)).toBe(false);
  });

  it("is not displaced for the time in which the waiter was stopped itself, as both are by a Ctrl+Z", () => {
    plant(scene.path, foreign);
    let now = 0;
    const clock = { monotonic: () => now };
    const looks = [0, 4000, 8000, 60_000, 61_900, 62_100].map((at) => {
      now = at;
      const seen = readLockFile(scene.path);
      return seen !== undefined && isStale(scene.path, seen, clock);
    });
    expect(looks).toEqual([false, false, false, false, false, true]);
  });
});

describe("file lock: things that are no lock file", () => {
  const things: Record<string, (path: string) => void> = {
    "an empty file": (at) => writeFileSync(at, ""),
    "text that is no JSON": (at) => writeFileSync(at, "{{{{"),
    "JSON of another shape": (at) => writeFileSync(at, JSON.stringify({ pid: -1, nonce: "../../x" })),
    "a nonce that leads elsewhere": (at) =>
      writeFileSync(at, JSON.stringify({ ...dead, nonce: "../../../../../../../../etc/passwd-----" })),
    "JSON null": (at) => writeFileSync(at, "null"),
    "a mebibyte of zeros": (at) => writeFileSync(at, Buffer.alloc(1 << 20)),
    "an empty directory": (at) => mkdirSync(at),
    "a symbolic link to nowhere": (at) => symlinkSync(`${at}.missing`, at),
  };

  for (const [title, make] of Object.entries(things)) {
    it(`outlives ${title}: after 10 s it is removed`, async () => {
      make(scene.path);
      const clock = new FakeClock();
      const { state, run } = waitFor(clock);
      await clock.advance(9_900);
      expect(state.begun).toBe(false);
      await clock.advance(300);
      await run;
      expect(state.outcome).toBe("done");
      expect(scene.names()).toEqual([]);
    });
  }

  it("follows no symbolic link: what it points to is neither read, touched nor removed", async () => {
    const victim = join(scene.directory, "victim.txt");
    plant(victim, dead);
    utimesSync(victim, 1, 1);
    const before = readFileSync(victim, "utf8");
    symlinkSync(victim, scene.path);
    const { state, run } = waitFor(new FakeClock(), 0);
    await run;
    // Read, the content would have been that of a dead holder.
    expect(state.outcome).toBeInstanceOf(LockTimeoutError);
    const clock = new FakeClock();
    const second = waitFor(clock);
    await clock.advance(10_200);
    await second.run;
    expect(second.state.outcome).toBe("done");
    expect(readFileSync(victim, "utf8")).toBe(before);
    expect(statSync(victim).mtimeMs).toBe(1000);
  });

  it("moves a directory with content out of the way and destroys nothing in it", async () => {
    mkdirSync(scene.path);
    writeFileSync(join(scene.path, "kept.txt"), "kept");
    const clock = new FakeClock();
    const { state, run } = waitFor(clock);
    await clock.advance(10_200);
    await run;
    expect(state.outcome).toBe("done");
    const [kept, ...more] = scene.names();
    expect(more).toEqual([]);
    expect(readFileSync(join(scene.directory, kept ?? "", "kept.txt"), "utf8")).toBe("kept");
  });
});

describe("file lock: the way of taking over", () => {
  it("takes the lock of a dead holder at once", async () => {
    plant(scene.path, dead);
    expect(await scene.open().run("a", { timeoutMs: 0 }, async () => "done")).toBe("done");
    expect(scene.names()).toEqual([]);
  });

  it("never removes another file than the one that was judged", () => {
    const version = plant(scene.path, dead);
    const judged = readLockFile(scene.path);
    // In between somebody else has taken over.
    const other = plant(scene.path, own);
    expect(judged?.version).toBe(version);
    expect(removeJudged(scene.path, version, () => true)).toBeUndefined();
    expect(readLockFile(scene.path)?.version).toBe(other);
    expect(scene.names()).toEqual(["a.lock"]);
  });

  it("judges again under the claim: a heart that beats once more saves the lock", () => {
    const version = plant(scene.path, foreign);
    lutimesSync(scene.path, 1, 1);
    expect(removeJudged(scene.path, version, (_path, seen) => seen.modifiedAt !== 1000)).toBeUndefined();
    expect(scene.names()).toEqual(["a.lock"]);
  });

  it("leaves a dead holder's lock alone while a living process is about to remove it, and names that one", async () => {
    const version = plant(scene.path, dead);
    const listener = LockListener.open();
    plant(claimPath(scene.path, version), { ...own, socket: listener?.address });
    const late = await scene
      .open(hurriedClock)
      .run("a", { timeoutMs: 30_000 }, async () => "begun")
      .catch((error: unknown) => error);
    expect(late).toBeInstanceOf(LockTimeoutError);
    expect((late as Error).message).toContain(`process ${process.pid}`);
    listener?.close();
    expect(readLockFile(scene.path)?.version).toBe(version);
  });

  it("goes on where those who were taking over died in the middle of it, one after the other", async () => {
    const version = plant(scene.path, dead);
    const first = plant(claimPath(scene.path, version), dead);
    plant(claimPath(scene.path, first), dead);
    expect(await scene.open().run("a", { timeoutMs: 5000 }, async () => "done")).toBe("done");
    expect(scene.names()).toEqual([]);
  });

  it("tells the holder that its lock was taken over, and does not remove the new one's lock when it ends", async () => {
    let other = "";
    await scene.open().run("a", { timeoutMs: 0 }, async (hold) => {
      expect(hold.stillHeld()).toBe(true);
      other = plant(scene.path, foreign);
      expect(hold.stillHeld()).toBe(false);
    });
    expect(readLockFile(scene.path)?.version).toBe(other);
    expect(scene.names()).toEqual(["a.lock"]);
  });
});
