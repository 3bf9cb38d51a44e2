import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../../src/clock.js";
import { openFileLock } from "../../../src/node/files/lock.js";
import { HolderConnection, isSocketAddress, LockListener } from "../../../src/node/files/lock-holder.js";
import { foreign, own, plant } from "./lock-files.js";
import { FakeClock } from "../../support/fake-clock.js";
import { useScratchDirectories } from "../../support/scratch.js";
import { LockScene } from "../programs/lock-driver.js";

const scratch = useScratchDirectories();
let temporary: string;
let folder: string;

beforeEach(() => {
  temporary = scratch();
  folder = join(temporary, `keystone-auth-${process.geteuid?.()}`);
  vi.stubEnv("TMPDIR", temporary);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

const open = (directory = join(temporary, "tokens"), clock = systemClock) =>
  openFileLock({
    directory,
    clock,
    onTrouble: (error) => {
      throw error;
    },
  });
const socketIn = (directory: string) =>
  (JSON.parse(readFileSync(join(directory, "a.lock"), "utf8")) as { socket?: string }).socket;
const connectTo = (path: string, holder = own) => new HolderConnection({ ...holder, nonce: "" }, path);

describe("The socket of a lock", () => {
  it("is named in the lock's file while the work runs, and leaves neither file nor handle", async () => {
    const handles = () => (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles().length;
    const before = handles();
    await open().run("a", { timeoutMs: 0 }, async () => {
      const address = socketIn(join(temporary, "tokens"));
      expect(isSocketAddress(address)).toBe(true);
      expect(existsSync(address ?? "")).toBe(true);
    });
    expect(readdirSync(folder)).toEqual([]);
    expect(handles()).toBe(before);
  });

  it("wakes who waits, without any clock, when the holder is done", async () => {
    const scene = new LockScene();
    try {
      const holder = await scene.start();
      expect(await holder.ask("hold a 1000")).toBe("held");
      // This clock stands still: no poll ever comes.
      const clock = new FakeClock();
      const run = open(scene.directory, clock).run("a", { timeoutMs: 5000 }, async () => "taken");
      await expect.poll(() => clock.pendingMs.some((ms) => ms === 1000)).toBe(true);
      expect(await holder.ask("release")).toBe("released");
      expect(await run).toBe("taken");
      expect(clock.sleepers).toBe(0);
    } finally {
      await scene.close();
    }
  }, 60_000);

  it("wakes who waits, without any clock, when the holder is killed", async () => {
    const scene = new LockScene();
    try {
      const holder = await scene.start();
      expect(await holder.ask("hold a 1000")).toBe("held");
      const clock = new FakeClock();
      const run = open(scene.directory, clock).run("a", { timeoutMs: 5000 }, async () => "taken");
      await expect.poll(() => clock.pendingMs.some((ms) => ms === 1000)).toBe(true);
      await holder.kill();
      // The process may be listed for a moment after its sockets have gone.
      await expect.poll(() => clock.advance(25).then(() => clock.sleepers)).toBe(0);
      expect(await run).toBe("taken");
    } finally {
      await scene.close();
    }
  }, 60_000);

  it("LK-06 is elsewhere where its path would be too long, where its folder is somebody else's, and where there is none", async () => {
    const runtime = scratch();
    vi.stubEnv("XDG_RUNTIME_DIR", runtime);
    let times = 0;
    const expectElsewhere = async (place: string) => {
      vi.stubEnv("TMPDIR", place);
      times += 1;
      const directory = join(temporary, `tokens${times}`);
      const socket = await open(directory).run("a", { timeoutMs: 0 }, async () => socketIn(directory));
      expect(socket).toContain(join(runtime, `keystone-auth-${process.geteuid?.()}`));
    };
    const long = join(temporary, "x".repeat(100));
    mkdirSync(long);
    await expectElsewhere(long);
    await expectElsewhere(join(temporary, "missing"));
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    await expectElsewhere(temporary);
    const planted = join(temporary, "planted");
    mkdirSync(planted);
    symlinkSync(temporary, join(planted, `keystone-auth-${process.geteuid?.()}`));
    await expectElsewhere(planted);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("refuses, and so tells that the holder is dead, where its pid belongs to a later process", async () => {
    const directory = join(temporary, "tokens");
    const socket = join(temporary, `${process.pid}-0123456789abcdef.sock`);
    writeFileSync(socket, "");
    await open(directory).run("a", { timeoutMs: 0 }, async () => {});
    plant(join(directory, "a.lock"), { ...own, socket });
    expect(await open(directory).run("a", { timeoutMs: 2000 }, async () => "taken")).toBe("taken");
    plant(join(directory, "a.lock"), { ...foreign, socket });
    await expect(open(directory).run("a", { timeoutMs: 300 }, async () => "taken")).rejects.toThrow("another machine");
  });

  it("LK-15 of a dead process is removed, and nothing else in its folder", () => {
    mkdirSync(folder, { mode: 0o700 });
    const dead = "4194305-0123456789abcdef.sock";
    const kept = [
      `${process.pid}-0123456789abcdef.sock`,
      "4194305-x.sock",
      "notes.sock",
      "4194305-0123456789abcdef.txt",
    ];
    for (const name of [dead, ...kept]) writeFileSync(join(folder, name), "");
    LockListener.open()?.close();
    expect(readdirSync(folder).sort()).toEqual([...kept].sort());
  });
});

describe("The connection of a waiter", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  it("is connected while somebody listens, and ends with that", async () => {
    const listener = LockListener.open();
    const connection = connectTo(listener?.address ?? "");
    await expect.poll(() => connection.isConnected).toBe(true);
    expect(connection).toMatchObject({ life: "alive", isOver: false });
    listener?.close();
    await expect.poll(() => connection.isOver).toBe(true);
    expect(connection.isConnected).toBe(false);
  });

  it("is refused where nobody listens any more, and tells nothing where there is no socket, or it is another machine's", async () => {
    const path = join(temporary, "1-0123456789abcdef.sock");
    const missing = connectTo(path);
    await expect.poll(() => missing.life).toBe("unknown");
    writeFileSync(path, "");
    const refused = connectTo(path);
    await expect.poll(() => refused.life).toBe("dead");
    const elsewhere = connectTo(path, foreign);
    await expect.poll(() => elsewhere.life).toBe("unknown");
    expect([missing, refused, elsewhere].some(({ isOver }) => isOver)).toBe(false);
  });

  it("is worth another try where too many wait: the holder lives", async () => {
    const path = join(temporary, "2-0123456789abcdef.sock");
    const server = createServer().listen({ path, backlog: 1 });
    servers.push(server);
    // All in one turn, so that none of them is accepted in between.
    const connections = Array.from({ length: 20 }, () => connectTo(path));
    await expect.poll(() => connections.some(({ isOver }) => isOver)).toBe(true);
    expect(connections.every(({ life }) => life === "alive")).toBe(true);
    for (const one of connections) one.close();
  });

  it("is only ever made to a socket of this library", () => {
    for (const address of [undefined, 7, "", "/var/run/docker.sock", "/x/1-2.sock", "\\\\.\\pipe\\other"])
      expect(isSocketAddress(address)).toBe(false);
    expect(isSocketAddress("\\\\.\\pipe\\keystone-auth-0123456789abcdef")).toBe(true);
    expect(isSocketAddress(`/${"x".repeat(100)}/1-0123456789abcdef.sock`)).toBe(false);
  });
});
