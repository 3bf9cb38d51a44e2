/** The command with `--storage encrypted-file`, and a program with the library: one session, by a real GNOME Keyring. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { root } from "../packaging/built-package.js";
import { cli, type RunOptions, useWorld, type World } from "./command.js";

const theWorld = useWorld();
const missing = ["dbus-run-session", "dbus-send", "gnome-keyring-daemon"].filter(
  (name) => spawnSync(name, ["--version"]).error !== undefined,
);
function needsKeyring(context: TestContext): void {
  if (missing.length > 0)
    context.skip(`there is no ${missing.join(" and no ")} here; as root on Debian "npm run browsers" installs them`);
}

/** In a desktop session of its own, whose keyring is unlocked; what is in it lies in the home of the world. */
function inSession(world: World, command: readonly string[] = []): RunOptions {
  const runtime = join(world.home, "run");
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  const unlocked = 'printf PASSWORD | gnome-keyring-daemon --unlock --components=secrets >/dev/null; exec "$@"';
  const run = command.length > 0 ? command : [process.execPath, cli];
  return {
    command: ["dbus-run-session", "--", "bash", "-c", unlocked, "--", ...run],
    env: { XDG_RUNTIME_DIR: runtime },
  };
}

const ENCRYPTED = ["--storage", "encrypted-file"];
const filesOf = (world: World, ending: string) => readdirSync(world.tokens).filter((name) => name.endsWith(ending));

/** A program with the settings of the command. */
async function libraryToken(world: World): Promise<string> {
  const program = join(world.work, "program.mjs");
  const options = {
    clientId: "prizm",
    issuer: world.provider.issuer,
    extraScopes: ["offline_access", "hub_connector_api"],
    audiences: ["hub_connector_api"],
    storage: "encrypted-file",
    interaction: "never",
  };
  const text = `import { OidcClient } from ${JSON.stringify(join(root, "dist", "node.js"))};
process.stdout.write((await new OidcClient(${JSON.stringify(options)}).getAccessToken()) + "\\n");`;
  writeFileSync(program, text);
  const ended = await world.run([], inSession(world, [process.execPath, program]));
  expect(ended.code).toBe(0);
  return ended.stdout;
}

describe("CM-06 With a session that is encrypted by the keychain", { timeout: 120_000 }, () => {
  it("command and library share it, and every command that reads a session reads it", async (context) => {
    needsKeyring(context);
    const world = theWorld();
    const run = (...args: string[]) => world.run([...args, ...ENCRYPTED], inSession(world));
    expect((await world.signIn(["login", ...ENCRYPTED], inSession(world))).code).toBe(0);
    expect(filesOf(world, ".json")).toEqual([]);
    const [sealed = ""] = filesOf(world, ".sealed");
    expect(world.secretsIn(readFileSync(join(world.tokens, sealed), "utf8"))).toEqual([]);

    const { stdout: token } = await run("token");
    expect(await libraryToken(world)).toBe(token);
    expect(await run("status")).toMatchObject({ code: 0, stdout: expect.stringContaining("signed in as alice") });
    expect((await run("whoami")).stdout).toMatch(/^alice\n/);
    const list = JSON.parse((await run("list", "--json")).stdout) as { sessions: object[] };
    expect(list.sessions).toEqual([
      expect.objectContaining({ subject: "alice", storage: "encrypted-file", problem: null, renewable: true }),
    ]);

    const logout = await world.run(["logout", "--all"], inSession(world));
    expect(logout).toMatchObject({ code: 0, stderr: expect.stringContaining("signed out here, tokens revoked") });
    expect(world.provider.sessionAlive()).toBe(false);
    expect((await run("status")).code).toBe(3);
  });

  it("without the keychain says why, makes no key, and logout --all deletes what it cannot read", async (context) => {
    needsKeyring(context);
    const world = theWorld();
    await world.signIn(["login", ...ENCRYPTED], inSession(world));
    const env = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent", XDG_RUNTIME_DIR: "/nonexistent" };
    expect(await world.run(["token", ...ENCRYPTED], { env })).toMatchObject({ code: 6, stdout: "" });
    const status = await world.run(["status", ...ENCRYPTED], { env });
    expect(status).toMatchObject({ code: 6, stdout: "", stderr: expect.stringMatching(/There is no keychain/) });
    const { stdout } = await world.run(["list"], { env });
    expect(stdout).toMatch(/^cannot be read\nfile +s-[0-9a-f]{64}\.sealed\nThere is no keychain/);

    // Another keyring, which has no key: it is not given one by a command that only looks.
    rmSync(join(world.home, ".local"), { recursive: true });
    expect((await world.run(["list"], inSession(world))).stdout).toContain("holds no key for this directory");
    expect((await world.run(["list"], inSession(world))).stdout).toContain("holds no key for this directory");

    const logout = await world.run(["logout", "--all"], { env });
    expect(logout).toMatchObject({ code: 6, stderr: expect.stringContaining("were not revoked") });
    expect(filesOf(world, ".sealed")).toEqual([]);
    expect(world.provider.sessionAlive()).toBe(true);
  });
});
