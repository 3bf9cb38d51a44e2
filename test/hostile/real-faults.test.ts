/** Faults made for real, as a whole client meets them: disks, owners, links, and a process that is stopped. */
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test, type TestContext } from "vitest";
import { compileForChildren } from "../support/compile.js";
import { recordFile } from "./world/records.js";
import { startWorld, type World } from "./world.js";

const never = { interaction: "never" } as const;

/** Kinds of `storage` events, as they come. */
function storageEvents(client: ReturnType<World["client"]>): string[] {
  const kinds: string[] = [];
  client.on("storage", ({ error }) => kinds.push(error.kind));
  return kinds;
}

function needRoot(context: TestContext, what: string): void {
  if (process.geteuid?.() !== 0) context.skip(`only root can ${what}`);
}

/** Puts a small disk under the world's directory. */
function smallDisk(context: TestContext, world: World): void {
  needRoot(context, "mount a small disk");
  mkdirSync(world.directory, { mode: 0o700 });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", world.directory], { stdio: "pipe" });
  } catch {
    context.skip("no file system can be mounted here");
  }
  // Before the world removes its directory.
  onTestFinished(() => void execFileSync("umount", ["-l", world.directory]));
}

function fill(world: World): string {
  const filler = join(world.directory, "filler");
  expect(() => writeFileSync(filler, Buffer.alloc(128 * 1024))).toThrow(expect.objectContaining({ code: "ENOSPC" }));
  return filler;
}

test("FS-09 a full disk when a rotated token is stored: the caller has it, an event tells, the file is whole, and the next write works", async (context) => {
  const world = await startWorld();
  smallDisk(context, world);
  const client = world.client();
  await client.getAccessToken();
  const before = world.stored();
  const kinds = storageEvents(client);
  let filler = "";
  // Before that, the lock tells that nothing can be stored, and no token is sent.
  world.provider.once("token", async (exchange) => {
    filler = fill(world);
    return await exchange.next();
  });
  const rotated = await client.getAccessToken({ forceRefresh: true });
  expect(await client.getAccessToken()).toBe(rotated);
  await expect.poll(() => new Set(kinds)).toEqual(new Set(["full"]));
  expect(world.stored()).toEqual(before);
  rmSync(filler);
  // The refresh token in memory is the one that counts: the file's would be a reuse.
  await client.getAccessToken({ forceRefresh: true });
  expect(world.provider.sessionAlive()).toBe(true);
  await world.client(never).getAccessToken({ forceRefresh: true });
});

test("FS-09 LK-11 a disk that is full before the refresh: the token that serves once is not sent, and the session is kept", async (context) => {
  const world = await startWorld();
  smallDisk(context, world);
  const client = world.client();
  await client.getAccessToken();
  const filler = fill(world);
  const error = await world.failure(client.getAccessToken({ forceRefresh: true }));
  expect(error).toMatchObject({ code: "storage", kind: "full", causeCode: "ENOSPC", sessionKept: true });
  expect(world.provider.ledger.count("token", "refresh_token")).toBe(0);
  rmSync(filler);
  await client.getAccessToken({ forceRefresh: true });
  expect(world.provider.sessionAlive()).toBe(true);
});

test("FS-09 a full disk at a login: the token is handed out, an event tells, and the program goes on in memory", async (context) => {
  const world = await startWorld();
  smallDisk(context, world);
  fill(world);
  const client = world.client();
  const kinds = storageEvents(client);
  const token = await client.getAccessToken();
  expect(await client.getAccessToken()).toBe(token);
  await expect.poll(() => kinds).toContain("full");
  await client.getAccessToken({ forceRefresh: true, ...never });
});

test("FS-08 a directory of another user is not used: StorageError permission, and nothing is written or read", async (context) => {
  needRoot(context, "give a directory to another user");
  const world = await startWorld();
  await world.signIn();
  const before = world.stored();
  chownSync(world.directory, 65_534, 65_534);
  onTestFinished(() => chownSync(world.directory, 0, 0));
  for (const options of [never, {}]) {
    const error = await world.failure(world.client(options).getAccessToken());
    expect(error).toMatchObject({ code: "storage", kind: "permission" });
  }
  expect(world.stored()).toEqual(before);
  expect(world.opened()).toBe(1);
});

test("FS-06 links in the place of the record, its directory and its lock lead nowhere, and what they point to stays as it is", async () => {
  const world = await startWorld();
  await world.signIn();
  const file = recordFile(world);
  const victim = join(world.directory, "..", "victim");
  writeFileSync(victim, "precious", { mode: 0o600 });
  rmSync(file);
  symlinkSync(victim, file);
  const client = world.client();
  await client.getAccessToken();
  expect(readFileSync(victim, "utf8")).toBe("precious");
  for (const name of readdirSync(world.directory)) expect(name).not.toBe("victim");
  await world.client(never).getAccessToken({ forceRefresh: true });
  expect(readFileSync(victim, "utf8")).toBe("precious");
});

test("FS-11 a directory that cannot be written: the login works, the session is in memory, and an event tells", async (context) => {
  const world = await startWorld();
  mkdirSync(world.directory, { mode: 0o700 });
  // Root writes wherever it likes, but for a file system that is read-only.
  if (process.geteuid?.() === 0) {
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "ro,mode=700", "tmpfs", world.directory], { stdio: "pipe" });
    } catch {
      context.skip("no file system can be mounted here");
    }
    onTestFinished(() => void execFileSync("umount", ["-l", world.directory]));
  } else chmodSync(world.directory, 0o500);
  const client = world.client();
  const kinds = storageEvents(client);
  const token = await client.getAccessToken();
  expect(await client.getAccessToken()).toBe(token);
  expect(await client.getAccessToken({ forceRefresh: true, ...never })).not.toBe(token);
  expect(new Set(kinds)).toEqual(new Set(["permission"]));
  expect(readdirSync(world.directory)).toEqual([]);
});

test("MP-05 a process that is stopped while it refreshes: others have the stored token or LockTimeoutError in time, and it harms nothing when it wakes", async () => {
  const world = await startWorld();
  const before = await world.signIn();
  let answer: () => void = () => {};
  const mayAnswer = new Promise<void>((resolve) => (answer = resolve));
  world.provider.once("token", async (exchange) => {
    await mayAnswer;
    return await exchange.next();
  });
  world.meddled();
  const program = join(await compileForChildren(), "test/hostile/programs/refresh.js");
  const child = spawn(process.execPath, [program, world.provider.issuer, world.directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await world.provider.ledger.waitFor("token");
  child.kill("SIGSTOP");
  const waiting = world.client({ ...never, lockTimeoutSeconds: 0.5 });
  expect(await waiting.getAccessToken()).toBe(before);
  expect(await world.failure(waiting.getAccessToken({ forceRefresh: true }))).toMatchObject({
    code: "lock_timeout",
    retryable: true,
    sessionKept: true,
  });
  answer();
  child.kill("SIGCONT");
  const { value: fresh } = await lines.next();
  expect(fresh).not.toBe(before);
  expect(await world.client(never).getAccessToken()).toBe(fresh);
  expect(world.provider.ledger.count("token")).toBe(1);
}, 60_000);
