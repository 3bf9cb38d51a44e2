/** A lock is given back whatever the machine is short of. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/clock.js";
import type { StorageError } from "../../../src/errors.js";
import { openFileLock } from "../../../src/node/files/lock.js";
import { claimPath } from "../../../src/node/files/lock-takeover.js";
import { readLockFile } from "../../../src/node/files/lock-file.js";
import { useScratchDirectories } from "../../support/scratch.js";
import { LockScene } from "../programs/lock-driver.js";
import { dead, plant } from "./lock-files.js";
import { fill, remount, useMounts } from "./small-disk.js";

const scratch = useScratchDirectories();
const { smallDisk } = useMounts();
const troubles: StorageError[] = [];

afterEach(() => {
  troubles.length = 0;
});

const open = (directory: string) =>
  openFileLock({ directory, clock: systemClock, onTrouble: (error) => void troubles.push(error) });
const ONCE = { timeoutMs: 0 };
const SOON = { timeoutMs: 2000 };

describe("file lock: giving back", () => {
  it("LK-01 needs no new file: on a full disk the lock goes, and once there is space it is taken again", async (context) => {
    const disk = smallDisk(context);
    const directory = join(disk, "tokens");
    let empty = () => {};
    await open(directory).run("a", ONCE, async () => {
      empty = fill(disk);
    });
    expect(readdirSync(directory)).toEqual([]);
    expect(troubles).toEqual([]);
    empty();
    expect(await open(directory).run("a", ONCE, async (hold) => hold.stillHeld())).toBe(true);
    expect(troubles).toEqual([]);
  });

  it("LK-01 needs no file descriptor, and the holder knows that it holds it", async () => {
    const scene = new LockScene();
    try {
      const holder = await scene.start({ wrapper: ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"] });
      const other = await scene.start();
      expect(await holder.ask("hold a 1000")).toBe("held");
      expect(await holder.ask("exhaust")).toBe("exhausted EMFILE");
      expect(await holder.ask("still")).toBe("still true");
      expect(await holder.ask("release")).toBe("released");
      expect(await other.ask("hold a 0")).toBe("held");
      expect(await other.ask("release")).toBe("released");
      expect(await holder.ask("relax")).toBe("relaxed");
      expect(await holder.ask("hold a 1000")).toBe("held");
    } finally {
      await scene.close();
    }
  }, 60_000);

  it("LK-01 is tried again in the background where it fails; nobody waits for it, and this thread goes on meanwhile", async (context) => {
    const disk = smallDisk(context);
    const directory = join(disk, "tokens");
    const path = join(directory, "a.lock");
    const result = await open(directory).run("a", ONCE, async () => {
      remount(disk, "ro");
      return "worked";
    });
    expect(result).toBe("worked");
    expect(existsSync(path)).toBe(true);
    // Its own lock, which no work owns any more, excludes nobody of this thread.
    expect(await open(directory).run("a", SOON, async () => "unlocked")).toBe("unlocked");
    remount(disk, "rw");
    await expect.poll(() => existsSync(path), { timeout: 10_000 }).toBe(false);
    expect(troubles.map(({ causeCode }) => causeCode)).toContain("EROFS");
  });

  it("LK-01 takes at once what this thread could not remove before", async (context) => {
    const disk = smallDisk(context);
    const directory = join(disk, "tokens");
    await open(directory).run("a", ONCE, async () => {
      remount(disk, "ro");
    });
    remount(disk, "rw");
    expect(await open(directory).run("a", SOON, async (hold) => hold.stillHeld())).toBe(true);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("leaves the lock to one who has claimed it, and finishes what a dead one began", async () => {
    const directory = scratch();
    const path = join(directory, "a.lock");
    const lock = open(directory);
    await lock.run("a", ONCE, async () => {
      plant(claimPath(path, readLockFile(path)?.version ?? ""), dead);
    });
    await expect.poll(() => readdirSync(directory), { timeout: 10_000 }).toEqual([]);
    expect(troubles).toEqual([]);
  });
});
