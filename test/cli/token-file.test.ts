/** `exec --token-file`: a token that is kept fresh for a command that outlives it. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { dueAt } from "../../src/cli/token-file.js";
import { gate, type Running, useWorld, type World } from "./command.js";

const theWorld = useWorld();
const node = process.execPath;

/** Tells where its file is, and then each content of it that is new. */
const READER = `
import { readFileSync } from "node:fs";
const path = process.env[process.argv[2] ?? "KEYSTONE_ACCESS_TOKEN_FILE"];
console.error("file " + path);
let last;
setInterval(() => {
  const token = readFileSync(path, "utf8");
  if (token !== last) console.error("token " + token);
  last = token;
}, 10);
`;

function startReader(world: World, ...args: string[]): Running {
  return world.start(["exec", "--token-file", ...args, "--", node, "--input-type=module", "-e", READER]);
}

/** How often the reader has told a token. */
async function tokens(command: Running, count: number): Promise<void> {
  await command.shown(new RegExp(`((?:token eyJ[^]*?){${count}})`));
}

const folderOf = (path: string) => dirname(path);

describe("exec --token-file", { timeout: 60_000 }, () => {
  it("gives the token in a file of this user alone, and removes it with its folder at the end", async () => {
    const world = theWorld();
    await world.signIn();
    const { stdout: token } = await world.run(["token"]);
    const look = `const { statSync, readFileSync } = require("node:fs"); const path = process.env.KEYSTONE_ACCESS_TOKEN_FILE;
      console.log(JSON.stringify({ path, text: readFileSync(path, "utf8"), variable: process.env.KEYSTONE_ACCESS_TOKEN,
        modes: [path, require("node:path").dirname(path)].map((each) => (statSync(each).mode & 0o777).toString(8)) })); process.exitCode = 5;`;
    const ended = await world.run(["exec", "--token-file", "--", node, "-e", look]);
    const found = JSON.parse(ended.stdout) as { path: string };
    expect(ended).toMatchObject({ code: 5, stderr: "" });
    expect(found).toMatchObject({ text: token.trim(), variable: token.trim(), modes: ["600", "700"] });
    expect(existsSync(folderOf(found.path))).toBe(false);
  });

  it("there is none without the option, and with --env it has the variable's name", async () => {
    const world = theWorld();
    await world.signIn();
    const env = await world.run(["exec", "--", "env"]);
    expect(env.stdout).not.toContain("_FILE=");
    const named = await world.run(["exec", "--token-file", "--env", "HUB", "--", "env"]);
    expect(named.stdout).toMatch(/^HUB_FILE=\/.*\/access-token$/m);
    expect(named.stdout).not.toContain("KEYSTONE_ACCESS_TOKEN");
  });

  it("lies where the user's own runtime files do, where there is such a folder", async () => {
    const world = theWorld();
    await world.signIn();
    const { stdout } = await world.run(["exec", "--token-file", "--", "env"], { env: { XDG_RUNTIME_DIR: world.work } });
    expect(stdout).toMatch(new RegExp(`^KEYSTONE_ACCESS_TOKEN_FILE=${world.work}/keystone-auth-`, "m"));
    expect(readdirSync(world.work)).toEqual([]);
  });

  it("is replaced before the token expires, by one request, and never without a person's doing asks one", async () => {
    const world = theWorld();
    world.provider.settings.accessTokenLifetimeSeconds = 4;
    await world.signIn();
    const command = startReader(world);
    const path = await command.shown(/^file (.*)$/m);
    await tokens(command, 3);
    expect(existsSync(path)).toBe(true);
    command.child.kill("SIGTERM");
    const { stderr, code } = await command.ended;
    expect(code).toBe(143);
    expect(existsSync(folderOf(path))).toBe(false);
    expect(stderr.match(/^token eyJ/gm)?.length).toBeGreaterThanOrEqual(3);
    expect(world.provider.ledger.count("authorize")).toBe(1);
    expect(world.provider.ledger.maxPostsPerRefreshToken()).toBe(1);
  });

  it("keeps the old token where it cannot be renewed, says so once, and tries again", async () => {
    const world = theWorld();
    world.provider.settings.accessTokenLifetimeSeconds = 8;
    await world.signIn();
    let refusals = 0;
    const isBack = gate();
    world.provider.on("token", async (exchange) => {
      if (refusals === 3) {
        await isBack.promise;
        return await exchange.next();
      }
      refusals += 1;
      return exchange.error("temporarily_unavailable", undefined, 503);
    });
    const command = startReader(world);
    await command.shown(/(could not be renewed, and keeps the old token)/);
    const path = await command.shown(/^file (.*)$/m);
    expect(readFileSync(path, "utf8")).toMatch(/^eyJ/);
    isBack.resolve();
    await tokens(command, 2);
    command.child.kill("SIGTERM");
    const { stderr } = await command.ended;
    expect(stderr.match(/could not be renewed/g)).toHaveLength(1);
    expect(world.secretsIn(stderr.replace(/^token .*$/gm, ""))).toEqual([]);
  });

  it.each(["SIGINT", "SIGHUP"] as const)("is removed when %s ends the command", async (signal) => {
    const world = theWorld();
    await world.signIn();
    const command = startReader(world);
    const path = await command.shown(/^file (.*)$/m);
    expect(statSync(path).isFile()).toBe(true);
    command.child.kill(signal);
    await command.ended;
    expect(existsSync(folderOf(path))).toBe(false);
  });

  it("is removed where the command cannot be started", async () => {
    const world = theWorld();
    await world.signIn();
    const env = { XDG_RUNTIME_DIR: join(world.work) };
    const ended = await world.run(["exec", "--token-file", "--", "there-is-no-such-command"], { env });
    expect(ended.code).toBe(127);
    expect(readdirSync(world.work)).toEqual([]);
  });
});

describe("A token in a file", () => {
  it.each([
    ["an hour", 3600, 3480],
    ["two minutes", 120, 60],
    ["four seconds", 4, 2],
    ["no time", 0, 0],
  ])("that has %s left is renewed in time", (_name, left, due) => {
    expect(dueAt(1_000_000 + left * 1000, 1_000_000)).toBe(1_000_000 + due * 1000);
  });
});
