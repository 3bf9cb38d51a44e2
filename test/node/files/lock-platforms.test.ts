/** What holds on every platform: told by a stand-in of `process.platform`, on the files and sockets of this machine. */
import { readdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LockProcess, LockScene } from "../programs/lock-driver.js";

let scene: LockScene;

beforeEach(() => {
  scene = new LockScene();
});

afterEach(async () => {
  await scene.close();
});

describe.each(["linux", "darwin", "win32"])("file lock on %s (a stand-in of process.platform)", (platform) => {
  const startTwo = async (): Promise<[LockProcess, LockProcess]> => [
    await scene.start({ platform }),
    await scene.start({ platform }),
  ];

  it("LK-06 waits for a holder whose event loop is blocked, far beyond its missing heartbeats", async () => {
    const [holder, other] = await startTwo();
    expect(await holder.ask("hold a 1000")).toBe("held");
    expect(await holder.ask("block")).toBe("blocked");
    expect(await other.ask("hurry")).toBe("hurrying");
    const answer = await other.ask("hold a 30000");
    expect(answer).toMatch(/^failed lock_timeout /);
    expect(answer).toContain(`process ${holder.pid}, which is alive`);
    // Once it has died, nobody waits for it.
    const held = other.ask("hold a 30000");
    await holder.kill();
    expect(await held).toBe("held");
  }, 60_000);

  it("LK-06 waits for a holder that is stopped, and lets it go on as the holder", async () => {
    const [holder, other] = await startTwo();
    expect(await holder.ask("hold a 1000")).toBe("held");
    holder.signal("SIGSTOP");
    expect(await other.ask("hurry")).toBe("hurrying");
    expect(await other.ask("hold a 30000")).toMatch(/^failed lock_timeout .*which is alive/);
    holder.signal("SIGCONT");
    expect(await holder.ask("still")).toBe("still true");
    expect(await holder.ask("release")).toBe("released");
    expect(await other.ask("hold a 30000")).toBe("held");
  }, 60_000);

  it("LK-06 goes on at once when the holder was killed, waiting or not, and leaves nothing", async () => {
    const [holder, other] = await startTwo();
    const third = await scene.start({ platform });
    expect(await holder.ask("hold a 1000")).toBe("held");
    const held = other.ask("hold a 5000");
    await holder.kill();
    expect(await held).toBe("held");
    await other.kill();
    expect(await third.ask("hold a 5000")).toBe("held");
    expect(await third.ask("release")).toBe("released");
    expect(await third.finish()).toBe(0);
    expect(readdirSync(scene.directory).filter((name) => name.includes("lock"))).toEqual([]);
  }, 60_000);

  it("LK-06 hands the lock from one to the next, and nobody is kept alive by it", async () => {
    const [holder, other] = await startTwo();
    expect(await holder.ask("hold a 1000")).toBe("held");
    const held = other.ask("hold a 10000");
    expect(await holder.ask("release")).toBe("released");
    expect(await held).toBe("held");
    expect(await holder.finish()).toBe(0);
    expect(await other.finish()).toBe(0);
  }, 60_000);
});
