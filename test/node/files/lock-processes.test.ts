import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LockTimeoutError } from "../../../src/errors.js";
import { openFileLock } from "../../../src/node/files/lock.js";
import { type Holder, hurriedClock, plant } from "./lock-files.js";
import type { LockProcess } from "../programs/lock-driver.js";
import { LockScene } from "../programs/lock-driver.js";

const NOBODY = 65_534;
let scene: LockScene;

beforeEach(() => {
  scene = new LockScene();
  writeFileSync(join(scene.directory, "counter.txt"), "0");
  writeFileSync(join(scene.directory, "journal.txt"), "");
});

afterEach(async () => {
  await scene.close();
});

const read = (name: string) => readFileSync(join(scene.directory, name), "utf8");
const leftovers = () => readdirSync(scene.directory).filter((name) => name.includes(".lock"));

/** Reads the journal as one story: nobody enters while somebody who lives on is inside. */
function overlaps(killed: ReadonlySet<number>): string[] {
  const faults: string[] = [];
  let inside: number | undefined;
  for (const line of read("journal.txt").trim().split("\n")) {
    const [event, pid] = line.split(" ");
    if (event === "enter") {
      if (inside !== undefined && !killed.has(inside)) faults.push(`${line} while ${inside} is inside`);
      inside = Number(pid);
    } else if (inside === Number(pid)) inside = undefined;
    else faults.push(`${line} though ${inside} is inside`);
  }
  return faults;
}

/** Resolves with how many times the process entered. `onEnter` may kill it. */
async function count(one: LockProcess, times: number, onEnter: () => void = () => {}): Promise<number> {
  one.tell(`count shared ${times}`);
  let entered = 0;
  for (let line = await one.line(); line.startsWith("enter"); line = await one.line()) {
    entered += 1;
    onEnter();
  }
  return entered;
}

describe("file lock between processes", () => {
  it("loses no write of 8 processes that each count 25 times", async () => {
    const processes = await scene.startMany(8);
    await Promise.all(processes.map((one) => count(one, 25)));
    expect(overlaps(new Set())).toEqual([]);
    expect(read("counter.txt")).toBe("200");
    expect(leftovers()).toEqual([]);
  }, 60_000);

  it("MP-02 loses no write while holders are killed at random, and nobody waits for the dead", async () => {
    const killed = new Set<number>();
    let entered = 0;
    const worker = async (): Promise<void> => {
      for (let left = 25; left > 0; ) {
        const one = await scene.start();
        const onEnter = () => {
          if (killed.size >= 12 || Math.random() >= 0.15) return;
          killed.add(one.pid);
          one.signal("SIGKILL");
        };
        const done = await count(one, left, onEnter);
        entered += done;
        left -= done;
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    expect(killed.size).toBeGreaterThan(0);
    expect(overlaps(killed)).toEqual([]);
    const counted = Number(read("counter.txt"));
    const left = read("journal.txt").match(/^leave/gm)?.length ?? 0;
    // One that was killed may have written and not left, or entered and not written.
    expect(counted).toBeGreaterThanOrEqual(left);
    expect(counted).toBeLessThanOrEqual(left + killed.size);
    expect(entered).toBeGreaterThanOrEqual(200);
  }, 120_000);

  it("MP-02 lets the next process go on at once when the holder was killed", async () => {
    const [holder, next] = (await scene.startMany(2)) as [LockProcess, LockProcess];
    expect(await holder.ask("hold a 1000")).toBe("held");
    await holder.kill();
    // Far below the 10 s after which a holder that cannot be asked after is given up.
    expect(await next.ask("hold a 2000")).toBe("held");
  }, 30_000);

  it("MP-02 lets a process that waits already go on when the holder is killed", async () => {
    const [holder, next] = (await scene.startMany(2)) as [LockProcess, LockProcess];
    expect(await holder.ask("hold a 1000")).toBe("held");
    const held = next.ask("hold a 4000");
    await holder.kill();
    expect(await held).toBe("held");
  }, 30_000);

  it("MP-05 gives LockTimeoutError that names a healthy holder, which keeps its lock", async () => {
    const [holder, other] = (await scene.startMany(2)) as [LockProcess, LockProcess];
    expect(await holder.ask("hold a 1000")).toBe("held");
    const answer = await other.ask("hold a 300");
    expect(answer).toMatch(/^failed lock_timeout /);
    expect(answer).toContain(`process ${holder.pid}`);
    expect(await holder.ask("still")).toBe("still true");
    expect(await holder.ask("release")).toBe("released");
    expect(await other.ask("hold a 1000")).toBe("held");
  }, 30_000);

  it("gives a lock that was given back to one who waits", async () => {
    const [holder, other] = (await scene.startMany(2)) as [LockProcess, LockProcess];
    expect(await holder.ask("hold a 1000")).toBe("held");
    const held = other.ask("hold a 10000");
    expect(await holder.ask("release")).toBe("released");
    expect(await held).toBe("held");
    expect(await holder.ask("hold a 50")).toMatch(/^failed lock_timeout/);
  }, 30_000);

  it("does not take over from a holder that is stopped: it goes on as the holder", async () => {
    const [holder, other] = (await scene.startMany(2)) as [LockProcess, LockProcess];
    expect(await holder.ask("hold a 1000")).toBe("held");
    holder.signal("SIGSTOP");
    // Longer, on its clock, than a holder that cannot be asked after is waited for.
    const hurried = openFileLock({ directory: scene.directory, clock: hurriedClock, onTrouble: () => {} });
    const late = await hurried.run("a", { timeoutMs: 30_000 }, async () => "begun").catch((error: unknown) => error);
    expect(late).toBeInstanceOf(LockTimeoutError);
    expect((late as Error).message).toMatch(new RegExp(`process ${holder.pid}\\b.*stopped`));
    holder.signal("SIGCONT");
    expect(await holder.ask("still")).toBe("still true");
    expect(await holder.ask("release")).toBe("released");
    expect(await other.ask("hold a 1000")).toBe("held");
  }, 30_000);

  it("LK-06 does not take over from one that is stopped either where TMPDIR is too long for its socket", async () => {
    const long = join(scene.directory, "t".repeat(100));
    mkdirSync(long);
    const holder = await scene.start({ wrapper: ["env", "-u", "XDG_RUNTIME_DIR", `TMPDIR=${long}`] });
    expect(await holder.ask("hold a 1000")).toBe("held");
    holder.signal("SIGSTOP");
    const hurried = openFileLock({
      directory: scene.directory,
      clock: hurriedClock,
      onTrouble: () => {},
      outlastsDead: true,
    });
    await expect(hurried.run("a", { timeoutMs: 30_000 }, async () => "begun")).rejects.toThrow("which is alive");
    holder.signal("SIGCONT");
    expect(await holder.ask("still")).toBe("still true");
  }, 30_000);

  it("LK-01 is had at once after a holder that called process.exit() in the middle of its work", async () => {
    const [holder, other] = (await scene.startMany(2)) as [LockProcess, LockProcess];
    expect(await holder.ask("hold a 1000")).toBe("held");
    holder.tell("exit");
    await holder.exit;
    expect(await other.ask("hold a 1000")).toBe("held");
    expect(await other.ask("release")).toBe("released");
    expect(readdirSync(scene.directory).filter((name) => name.includes("lock"))).toEqual([]);
  }, 30_000);

  it("MP-08 goes on without a lock file where the directory is read-only, and tells it once", async () => {
    const one = await scene.start();
    const locks = join(scene.directory, "locks");
    mkdirSync(locks);
    // Root may write anywhere: the program becomes the user that the directory belongs to.
    const user = process.getuid?.() === 0 ? NOBODY : process.getuid?.();
    if (user === NOBODY) {
      chmodSync(scene.directory, 0o755);
      chownSync(locks, NOBODY, NOBODY);
      expect(await one.ask(`user ${NOBODY}`)).toBe("user changed");
    }
    chmodSync(locks, 0o500);
    expect(await one.ask("directory locks")).toBe("directory changed");
    expect(await one.ask("hold a 1000")).toBe("trouble permission EACCES");
    expect(await one.line()).toBe("held");
    expect(await one.ask("still")).toBe("still true");
    expect(await one.ask("release")).toBe("released");
    expect(await one.ask("hold a 1000")).toBe("held");
    expect(await one.ask("release")).toBe("released");
    expect(readdirSync(locks)).toEqual([]);
  }, 30_000);

  it("ends by itself: held or not, no timer keeps a process alive", async () => {
    const [holder, other] = (await scene.startMany(2)) as [LockProcess, LockProcess];
    expect(await holder.ask("hold a 1000")).toBe("held");
    expect(await other.ask("hold a 20")).toMatch(/^failed lock_timeout/);
    expect(await other.finish()).toBe(0);
    expect(await holder.finish()).toBe(0);
  }, 30_000);
});

describe("file lock: many who take over from one that died", () => {
  it("never gives two of 12 processes the lock of a dead holder, in 25 rounds", async () => {
    const racers = await scene.startMany(12);
    const holder = await scene.start();
    expect(await holder.ask("hold shared 5000")).toBe("held");
    await holder.kill();
    const path = join(scene.directory, "shared.lock");
    const gone = JSON.parse(read("shared.lock")) as Holder;
    for (let round = 1; round <= 25; round += 1) {
      plant(path, gone);
      await Promise.all(racers.map((one) => count(one, 1)));
    }
    expect(overlaps(new Set())).toEqual([]);
    expect(read("counter.txt")).toBe(String(25 * 12));
    expect(leftovers()).toEqual([]);
  }, 120_000);
});
