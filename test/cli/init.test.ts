/** `init`: its questions at a pseudo-terminal, its checks at a provider, and the file that comes of it. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, type TestContext } from "vitest";
import { writeConfigFile } from "../../src/cli/init/config-writer.js";
import { cli, useWorld, type World } from "./command.js";
import { hasScript, TerminalSession } from "./terminal-run.js";

const theWorld = useWorld();
let session: TerminalSession | undefined;
afterEach(async () => {
  await session?.close();
  session = undefined;
});

/** Nothing of the settings from the environment. */
const BARE = {
  CEGAL_KEYSTONE_URL: "",
  CEGAL_KEYSTONE_CLIENT_ID: "",
  CEGAL_KEYSTONE_SCOPES: "",
  CEGAL_KEYSTONE_AUDIENCES: "",
};
const fileOf = (world: World) => join(world.work, "keystone-auth.json");
const written = (world: World) => JSON.parse(readFileSync(fileOf(world), "utf8")) as unknown;

function atTerminal(context: TestContext, world: World, ...more: string[]): TerminalSession {
  if (!hasScript) context.skip("there is no script of util-linux here");
  const env = { ...world.env, ...BARE } as NodeJS.ProcessEnv;
  session = new TerminalSession([process.execPath, cli, "init", ...more], { cwd: world.work, env });
  return session;
}

/** Answers one question after the other; what stands alone is only waited for. */
async function answer(terminal: TerminalSession, answers: readonly (readonly [question: string, text?: string])[]) {
  for (const [question, text] of answers) {
    await terminal.shows(question);
    if (text !== undefined) terminal.type(`${text}\r`);
  }
}

describe("CM-06 init at a terminal", { timeout: 60_000 }, () => {
  it("asks, checks at the provider, and writes a file with which the command signs in", async (context) => {
    const world = theWorld();
    const terminal = atTerminal(context, world);
    await answer(terminal, [
      ["Issuer, the provider's address: ", "127.0.0.1:1/identity"],
      ["✗"],
      ["Use it all the same? [y/N]: ", "n"],
      ["Issuer, the provider's address: ", world.provider.issuer],
      ["has the device flow."],
      ["Client id: ", "prizm"],
      ['"-" for none [offline_access]: ', "offline_access hub_connector_api"],
      ['"-" for none [-]: ', "hub_connector_api"],
      ["is written. Sign in with: keystone-auth login"],
    ]);
    expect(await terminal.ended()).toBe(0);
    expect(terminal.text).toContain('✓ The provider knows the client "prizm".');
    expect(written(world)).toEqual({
      issuer: world.provider.issuer,
      clientId: "prizm",
      extraScopes: ["offline_access", "hub_connector_api"],
      audiences: ["hub_connector_api"],
    });
    expect(statSync(fileOf(world)).mode & 0o777).toBe(0o644);
    expect((await world.signIn(["login"], { env: BARE })).code).toBe(0);
    expect((await world.run(["token"])).code).toBe(0);
  });

  it("replaces a file only where the person says so", async (context) => {
    const world = theWorld();
    writeFileSync(fileOf(world), "mine");
    const terminal = atTerminal(context, world, "--issuer", world.provider.issuer, "--client-id", "prizm");
    await answer(terminal, [["exists. Replace it? [y/N]: ", ""], ["and nothing was written."]]);
    expect(await terminal.ended()).toBe(2);
    expect(readFileSync(fileOf(world), "utf8")).toBe("mine");
    const again = atTerminal(context, world, "--issuer", world.provider.issuer, "--client-id", "prizm");
    await answer(again, [
      ["exists. Replace it? [y/N]: ", "yes"],
      [`[${world.provider.issuer}]: `, ""],
      ["Client id [prizm]: ", ""],
      ["[offline_access]: ", "-"],
      ["[-]: ", ""],
      ["is written"],
    ]);
    expect(await again.ended()).toBe(0);
    expect(written(world)).toEqual({ issuer: world.provider.issuer, clientId: "prizm" });
    expect(readdirSync(world.work)).toEqual(["keystone-auth.json"]);
  });

  it.for([
    ["Ctrl-C", "\u0003"],
    ["Ctrl-D", "\u0004"],
  ] as const)("is left by %s, and nothing is written", async ([, key], context) => {
    const world = theWorld();
    const terminal = atTerminal(context, world);
    await terminal.shows("Issuer, the provider's address: ");
    terminal.type(key);
    await terminal.shows("Interrupted. Nothing was written.");
    expect(await terminal.ended()).toBe(130);
    expect(existsSync(fileOf(world))).toBe(false);
  });

  it("asks before it writes what a check has refused", async (context) => {
    const world = theWorld();
    world.provider.on("jwks", () => ({ status: 404 }));
    const terminal = atTerminal(context, world, "--issuer", world.provider.issuer, "--client-id", "prizm");
    await answer(terminal, [
      ["]: ", ""],
      ["]: ", ""],
      ["]: ", ""],
      ["]: ", ""],
      ["Write the file all the same? [y/N]: ", ""],
    ]);
    await terminal.shows("Nothing was written.");
    expect(await terminal.ended()).toBe(5);
    expect(existsSync(fileOf(world))).toBe(false);
  });
});

describe("keystone-auth.json", () => {
  it("is written over nothing that has come since it was looked for, and leaves nothing behind", () => {
    const directory = mkdtempSync(join(tmpdir(), "keystone-auth-init-"));
    try {
      const path = join(directory, "keystone-auth.json");
      writeFileSync(path, "theirs");
      expect(() => writeConfigFile(path, {}, false)).toThrow(`${path} exists, and nothing was written.`);
      expect(readFileSync(path, "utf8")).toBe("theirs");
      expect(() => writeConfigFile(join(path, "below"), {}, true)).toThrow("could not be written (ENOTDIR)");
      writeConfigFile(path, { issuer: "https://id.example" }, true);
      expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ issuer: "https://id.example" });
      expect(readdirSync(directory)).toEqual(["keystone-auth.json"]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe("CM-06 init without a terminal", { timeout: 60_000 }, () => {
  const init = (world: World, args: string[], env = {}) => world.run(["init", ...args], { env: { ...BARE, ...env } });

  it("takes all from the flags, and says which it needs", async () => {
    const world = theWorld();
    const lacking = await init(world, ["--issuer", world.provider.issuer]);
    expect(lacking).toMatchObject({ code: 2, stderr: expect.stringContaining("give --issuer and --client-id") });
    const flags = ["--issuer", world.provider.issuer, "--client-id", "prizm", "--scope", "one two", "--port", "8400"];
    const ended = await init(world, [...flags, "--no-browser", "--json"], { CEGAL_KEYSTONE_CLIENT_SECRET: "CANARY" });
    const settings = {
      issuer: world.provider.issuer,
      clientId: "prizm",
      extraScopes: ["one", "two"],
      noBrowser: true,
      loopback: { ports: [8400] },
    };
    expect(ended.code).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ path: fileOf(world), written: true, settings });
    expect(written(world)).toEqual(settings);
    expect((await init(world, flags)).stderr).toContain(`${fileOf(world)} exists, and nothing was written.`);
    const other = join(world.work, "other.json");
    expect((await init(world, [...flags, "--config", other])).code).toBe(0);
    expect(JSON.parse(readFileSync(other, "utf8"))).toMatchObject({ clientId: "prizm" });
  });

  it("writes nothing where a check fails, and ends with its exit code", async () => {
    const world = theWorld();
    await world.provider.down();
    const ended = await init(world, ["--issuer", world.provider.issuer, "--client-id", "prizm"]);
    expect(ended).toMatchObject({ code: 5, stdout: "", stderr: expect.stringMatching(/^✗ .*was not written\.\n$/s) });
    expect(existsSync(fileOf(world))).toBe(false);
  });
});
