/** The settings that choose how a sign-in goes: no browser, port, hint, prompt, acr_values; the device code as JSON. */
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { cli, useWorld, type World } from "./command.js";
import { atTerminal, hasScript, TerminalSession } from "./terminal-run.js";

const theWorld = useWorld();
let session: TerminalSession | undefined;
afterEach(async () => {
  await session?.close();
  session = undefined;
});

/** A browser that leaves a note where it was opened. */
function notingBrowser(world: World): { readonly env: Record<string, string>; readonly wasOpened: () => boolean } {
  const [path, note] = [join(world.directory, "browser"), join(world.directory, "opened")];
  writeFileSync(path, `#!/bin/sh\ntouch ${note}\n`);
  chmodSync(path, 0o755);
  return { env: { BROWSER: path }, wasOpened: () => existsSync(note) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("CM-06 --no-browser", { timeout: 60_000 }, () => {
  const ways: [string, string[], Record<string, string>, object | undefined][] = [
    ["the flag", ["--no-browser"], {}, undefined],
    ["the variable", [], { CEGAL_KEYSTONE_AUTH_NO_BROWSER: "true" }, undefined],
    ["the file", [], {}, { noBrowser: true }],
  ];
  it.for(ways)("shows a code at a terminal instead: by %s", async ([_name, more, env, file], context) => {
    if (!hasScript) context.skip("there is no script of util-linux here");
    const world = theWorld();
    if (file) writeFileSync(join(world.work, "keystone-auth.json"), JSON.stringify(file));
    const browser = notingBrowser(world);
    const terminal = new TerminalSession([process.execPath, cli, "login", ...more], {
      cwd: world.work,
      env: { ...world.env, ...browser.env, ...env } as NodeJS.ProcessEnv,
    });
    session = terminal;
    await terminal.shows("enter this code");
    await world.provider.ledger.waitFor("device_authorization");
    world.provider.approveDevice();
    await terminal.shows("Signed in as alice.");
    expect(await terminal.ended()).toBe(0);
    expect(browser.wasOpened()).toBe(false);
  });

  it("where nobody can read a code it is exit code 3 at once, and a device code that is asked for is shown", async () => {
    const world = theWorld();
    expect(await world.run(["login", "--no-browser"])).toMatchObject({ code: 3, stdout: "" });
    const command = world.start(["login", "--no-browser", "--flow", "device_code"]);
    world.provider.approveDevice(await command.shown(/^ {4}([A-Z0-9-]{4,})$/m));
    expect((await command.ended).code).toBe(0);
  });

  it("without it the browser is opened", async () => {
    const world = theWorld();
    const browser = notingBrowser(world);
    expect((await world.signIn(["login"], { env: browser.env })).code).toBe(0);
    await expect.poll(browser.wasOpened).toBe(true);
  });

  it.skipIf(!hasScript)(
    "at a terminal shows the address with auth_code_no_fallback (skipped without util-linux's script)",
    async () => {
      const world = theWorld();
      const browser = notingBrowser(world);
      const { env, ...rest } = atTerminal("login", "--no-browser", "--flow", "auth_code_no_fallback");
      const command = world.start([], { ...rest, env: { ...env, ...browser.env } });
      let shown = "";
      for await (const part of command.child.stdout ?? []) {
        shown += part as string;
        const url = /^(http\S+response_type=code\S+)\r$/m.exec(shown)?.[1];
        if (url !== undefined && world.provider.ledger.count("authorize") === 0) await world.provider.authorize(url);
      }
      expect((await command.ended).code).toBe(0);
      expect(shown).not.toContain("Your browser opens");
      expect(browser.wasOpened()).toBe(false);
    },
  );

  it("is what doctor and status say, too", async () => {
    const world = theWorld();
    const doctor = await world.run(["doctor", "--no-browser", "--json"]);
    const { checks } = JSON.parse(doctor.stdout) as { checks: { check: string; message: string }[] };
    expect(checks.find(({ check }) => check === "browser")?.message).toContain("--no-browser is given");
    const status = await world.run(["status", "--no-browser"]);
    expect(status.stdout).toMatch(/^noBrowser +true {2}\(option --no-browser\)$/m);
  });
});

describe("CM-06 A sign-in", { timeout: 60_000 }, () => {
  it("listens at the port that --port names, with the path of the file", async () => {
    const world = theWorld();
    writeFileSync(
      join(world.work, "keystone-auth.json"),
      JSON.stringify({ issuer: world.provider.issuer, loopback: { ports: [1], path: "/back" } }),
    );
    const port = await freePort();
    const env = { CEGAL_KEYSTONE_URL: "" };
    const command = world.start(["login", "--port", `${port}`, "--port", "0"], { env });
    const address = new URL(await world.addressOf(command));
    expect(address.searchParams.get("redirect_uri")).toBe(`http://127.0.0.1:${port}/back`);
    await world.provider.authorize(address);
    expect((await command.ended).code).toBe(0);
  });

  it("sends login_hint and prompt, which make no other session", async () => {
    const world = theWorld();
    const command = world.start(["token", "--login-hint", "alice", "--prompt", "select_account"]);
    const address = new URL(await world.addressOf(command));
    expect(Object.fromEntries(address.searchParams)).toMatchObject({ login_hint: "alice", prompt: "select_account" });
    await world.provider.authorize(address);
    const { stdout } = await command.ended;
    expect((await world.run(["token", "--non-interactive"])).stdout).toBe(stdout);
  });

  it("sends --acr-values once, and the session is that of every other command", async () => {
    const world = theWorld();
    const command = world.start(["login", "--acr-values", "mfa"]);
    const address = new URL(await world.addressOf(command));
    expect(address.searchParams.get("acr_values")).toBe("mfa");
    await world.provider.authorize(address);
    await command.ended;
    expect((await world.run(["token", "--non-interactive"])).code).toBe(0);
    const refused = await world.run(["token", "--acr-values", "mfa"]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("an option of login, not of token") });
  });

  it("with --json and nobody before it ends at once, as without", async () => {
    const ended = await theWorld().run(["token", "--json"], { env: { BROWSER: undefined } });
    expect(ended).toMatchObject({ code: 3, stdout: "" });
    expect(JSON.parse(ended.stderr)).toMatchObject({ error: { code: "environment", exitCode: 3 } });
  });

  it.each(["login", "token"])("tells its device code as one line of JSON on stderr with --json: %s", async (name) => {
    const world = theWorld();
    const command = world.start([name, "--json", "--flow", "device_code"]);
    const line = await command.shown(/^(\{.*\})$/m);
    const { deviceCode } = JSON.parse(line) as { deviceCode: { userCode: string } };
    expect(deviceCode).toEqual({
      verificationUri: expect.stringMatching(/^http/),
      verificationUriComplete: expect.stringMatching(/^http/),
      userCode: expect.any(String),
      expiresInSeconds: 600,
    });
    world.provider.approveDevice(deviceCode.userCode);
    const { code, stderr, stdout } = await command.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: `${line}\n` });
    expect(JSON.parse(stdout)).toMatchObject({ subject: "alice" });
  });

  it("is not kept with --storage memory", async () => {
    const world = theWorld();
    expect((await world.signIn(["token", "--storage", "memory"])).code).toBe(0);
    expect(existsSync(world.tokens)).toBe(false);
    expect((await world.run(["status", "--storage", "memory"])).code).toBe(3);
  });
});
