/** Two programs of one person need a login at once: real processes, and a browser that does what the test says. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it, type TestContext } from "vitest";
import type { OidcClientOptions } from "../../src/node/index.js";
import { compileForChildren } from "../support/compile.js";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.js";

const LIMIT_MS = 60_000;
let build: string;
beforeAll(async () => {
  build = await compileForChildren();
}, 180_000);

class Program {
  out = "";
  err = "";
  readonly ended: Promise<unknown>;

  constructor(readonly child: ChildProcess) {
    child.stdout?.setEncoding("utf8").on("data", (part: string) => (this.out += part));
    child.stderr?.setEncoding("utf8").on("data", (part: string) => (this.err += part));
    this.ended = once(child, "close");
  }

  /** What the pattern's group captures, once it is there. */
  async shown(pattern: RegExp, from: "out" | "err" = "out"): Promise<string> {
    for (;;) {
      const found = pattern.exec(this[from])?.[1];
      if (found !== undefined) return found;
      if (this.child.exitCode !== null) throw new Error(`the program ended: ${this.out}${this.err}`);
      await sleep(20);
    }
  }

  /** The address that its browser was given. */
  opened(): Promise<string> {
    return this.shown(/^open (\S+)/m);
  }
}

interface Scene {
  readonly provider: FakeProvider;
  start(more?: Partial<OidcClientOptions>): Program;
}

async function startScene({ onTestFinished }: TestContext): Promise<Scene> {
  const provider = await startFakeProvider();
  const directory = mkdtempSync(join(tmpdir(), "keystone-auth-"));
  const programs: Program[] = [];
  onTestFinished(async () => {
    for (const { child } of programs) child.kill("SIGKILL");
    await Promise.all(programs.map(({ ended }) => ended));
    await provider.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    provider,
    start: (more = {}) => {
      const options = {
        clientId: "prizm",
        issuer: provider.issuer,
        extraScopes: ["offline_access"],
        allowInsecureLoopback: true,
        storageDirectory: join(directory, "tokens"),
        ...more,
      };
      const path = join(build, "test/node/programs/sign-in.js");
      const program = new Program(spawn(process.execPath, [path, JSON.stringify(options)], { stdio: "pipe" }));
      programs.push(program);
      return program;
    },
  };
}

/** The same, with a first program that waits for its browser. */
async function startWithFirst(context: TestContext): Promise<Scene & { first: Program; address: string }> {
  const scene = await startScene(context);
  const first = scene.start();
  return { ...scene, first, address: await first.opened() };
}

const seconds = (program: Program, pattern: RegExp) => Number(pattern.exec(program.out)?.[1]);
const OPENED_AFTER = /^open \S+ after (\S+) s$/m;

describe.concurrent("A second program that needs a login", () => {
  it("DX-14 TM-07 says within two seconds which process it waits for, and uses that one's session", {
    timeout: LIMIT_MS,
  }, async (context) => {
    const { provider, start, first, address } = await startWithFirst(context);
    const second = start();
    const began = performance.now();
    expect(Number(await second.shown(/sign-in that process (\d+) has begun/, "err"))).toBe(first.child.pid);
    // A process starts in it, too.
    expect(performance.now() - began).toBeLessThan(5000);
    expect(second.err.trim().split("\n")).toHaveLength(1);
    await provider.authorize(address);
    await Promise.all([first.ended, second.ended]);
    expect(first.out).toContain("signed in");
    expect(second.out).toMatch(/^signed in/);
    expect(provider.ledger.count("token", "authorization_code")).toBe(1);
  });

  it("DX-14 says nothing where its turn comes at once", { timeout: LIMIT_MS }, async (context) => {
    const { provider, start } = await startScene(context);
    const only = start();
    await provider.authorize(await only.opened());
    await only.ended;
    expect(only.out).toContain("signed in");
    expect(only.err).not.toContain("Waiting for the sign-in that");
  });

  it("TM-07 offers a login of its own after 10 s, with all of its own time, and both succeed", {
    timeout: LIMIT_MS,
  }, async (context) => {
    const { provider, start, first, address: forgotten } = await startWithFirst(context);
    const second = start({ loginTimeoutSeconds: 8 });
    const address = await second.opened();
    expect(new URL(address).searchParams.get("redirect_uri")).not.toBe(
      new URL(forgotten).searchParams.get("redirect_uri"),
    );
    expect(seconds(second, OPENED_AFTER)).toBeGreaterThan(9);
    expect(seconds(second, OPENED_AFTER)).toBeLessThan(15);
    expect(second.err).toContain("not finished yet");
    // More than is left of 8 s that began with the wait.
    await sleep(5000);
    await provider.authorize(address);
    await second.ended;
    expect(second.out).toContain("signed in");
    await provider.authorize(forgotten);
    await first.ended;
    expect(first.out).toContain("signed in");
    expect(provider.ledger.count("token", "authorization_code")).toBe(2);
  });

  it("TM-07 uses the first one's session where that is finished after all", { timeout: LIMIT_MS }, async (context) => {
    const { provider, start, first, address: late } = await startWithFirst(context);
    const second = start();
    await second.opened();
    await provider.authorize(late);
    await Promise.all([first.ended, second.ended]);
    expect([first.out, second.out]).toEqual([
      expect.stringContaining("signed in"),
      expect.stringContaining("signed in"),
    ]);
    expect(provider.ledger.count("token", "authorization_code")).toBe(1);
  });

  it("TM-07 has its turn, and all of its time, when the first one ends or is killed", {
    timeout: LIMIT_MS,
  }, async (context) => {
    const { provider, start, first } = await startWithFirst(context);
    const second = start({ loginTimeoutSeconds: 8 });
    await second.shown(/sign-in that process (\d+) has begun/, "err");
    await sleep(5000);
    first.child.kill("SIGKILL");
    const address = await second.opened();
    expect(seconds(second, OPENED_AFTER)).toBeLessThan(9.5);
    await sleep(5000);
    await provider.authorize(address);
    await second.ended;
    expect(second.out).toContain("signed in");
  });

  it("TM-07 still ends in its own time where nobody signs in", { timeout: LIMIT_MS }, async (context) => {
    const { start } = await startWithFirst(context);
    const second = start({ loginTimeoutSeconds: 2 });
    await second.ended;
    expect(second.out).toMatch(/^failed timeout after 1[0-5]/m);
  });

  it("TM-07 waits on where the only port is taken by the first one's login", { timeout: LIMIT_MS }, async (context) => {
    const { provider, start } = await startScene(context);
    const port = 20_000 + (process.pid % 20_000);
    const first = start({ loopback: { ports: [port] } });
    const address = await first.opened();
    const second = start({ loopback: { ports: [port] } });
    await second.shown(/sign-in that process (\d+) has begun/, "err");
    await sleep(12_000);
    expect(second.out).toBe("");
    await provider.authorize(address);
    await Promise.all([first.ended, second.ended]);
    expect(second.out).toMatch(/^signed in/);
  });

  it("DX-14 leaves the terminal to a program that shows device codes itself, and tells its logger alone", {
    timeout: LIMIT_MS,
  }, async (context) => {
    const { start } = await startScene(context);
    const first = start({ flow: "device_code" });
    await first.shown(/(enter this code)/, "err");
    const second = start({ flow: "device_code", onDeviceCode: "quiet" as never });
    expect(Number(await second.shown(/^log .*sign-in that process (\d+) has begun/m))).toBe(first.child.pid);
    expect(second.err).toBe("");
    await second.shown(/^(code) /m);
  });
});
