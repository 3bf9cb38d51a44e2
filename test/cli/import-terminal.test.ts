/** `import` at a terminal: the token is asked for, and not shown. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it, type TestContext } from "vitest";
import type { SessionRecord } from "../../src/token-set.js";
import { cli, useWorld, type World } from "./command.js";
import { hasScript, TerminalSession } from "./terminal-run.js";

const theWorld = useWorld();
let session: TerminalSession | undefined;
afterEach(async () => {
  await session?.close();
  session = undefined;
});

function atTerminal(context: TestContext, world: World, ...more: string[]): TerminalSession {
  if (!hasScript) context.skip("there is no script of util-linux here");
  session = new TerminalSession([process.execPath, cli, "import", ...more], {
    cwd: world.work,
    env: world.env as NodeJS.ProcessEnv,
  });
  return session;
}

const QUESTION = "Refresh token (it is not shown): ";

it("asks for the token at a terminal and shows nothing of it", { timeout: 60_000 }, async (context) => {
  const world = theWorld();
  const directory = join(world.directory, "elsewhere");
  await world.signIn(["login", "--storage-directory", directory]);
  const [name = ""] = readdirSync(directory).filter((each) => /^s-[0-9a-f]{64}\.json$/.test(each));
  const { refreshToken = "" } = JSON.parse(readFileSync(join(directory, name), "utf8")) as SessionRecord;
  const terminal = atTerminal(context, world);
  await terminal.shows(QUESTION);
  terminal.type(`${refreshToken}\r`);
  expect(await terminal.ended()).toBe(0);
  expect(terminal.text).toContain("✓ The session of alice is imported.");
  expect(world.secretsIn(terminal.text)).toEqual([]);
  expect((await world.run(["token", "--non-interactive"])).code).toBe(0);
});

it("takes a token that is longer than a line of a terminal", { timeout: 60_000 }, async (context) => {
  const world = theWorld();
  const token = "x".repeat(5000);
  const terminal = atTerminal(context, world);
  await terminal.shows(QUESTION);
  terminal.type(`${token}\r`);
  expect(await terminal.ended()).toBe(4);
  expect(world.provider.ledger.postsOfRefreshToken.get(token)).toBe(1);
  expect(terminal.text).not.toContain("xx");
});

it.for([
  ["Ctrl-C", "\u0003"],
  ["Ctrl-D", "\u0004"],
] as const)("is left by %s, and has sent nothing", { timeout: 60_000 }, async ([, key], context) => {
  const world = theWorld();
  const terminal = atTerminal(context, world);
  await terminal.shows(QUESTION);
  terminal.type(key);
  expect(await terminal.ended()).toBe(130);
  expect([world.provider.ledger.count("token"), existsSync(world.tokens)]).toEqual([0, false]);
});

it("asks nobody with --non-interactive", { timeout: 60_000 }, async (context) => {
  const terminal = atTerminal(context, theWorld(), "--non-interactive");
  expect(await terminal.ended()).toBe(2);
  expect(terminal.text).toContain("import reads the refresh token from stdin");
});
