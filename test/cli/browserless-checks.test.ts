/** `doctor` and `init` at a terminal where no browser opens: client and redirect URI are checked all the same. */
import { join } from "node:path";
import { describe, expect, it, onTestFinished, type TestContext } from "vitest";
import { cli, useWorld, type World } from "./command.js";
import { hasScript, TerminalSession } from "./terminal-run.js";

const theWorld = useWorld();

function atTerminal(context: TestContext, world: World, ...args: string[]): TerminalSession {
  if (!hasScript) context.skip("there is no script of util-linux here");
  const env = { ...world.env, BROWSER: "", CEGAL_KEYSTONE_AUTH_NO_BROWSER: "true" };
  const terminal = new TerminalSession([process.execPath, cli, ...args], { cwd: world.work, env });
  onTestFinished(() => terminal.close());
  return terminal;
}

describe("CM-08 At a terminal where no browser opens", { timeout: 60_000 }, () => {
  it("doctor says of client and redirect URI what a sign-in in a browser would meet", async (context) => {
    const world = theWorld();
    const terminal = atTerminal(context, world, "doctor");
    expect(await terminal.ended()).toBe(0);
    const text = terminal.text.replace(/\s+/g, " ");
    expect(text).toContain('✓ client The provider knows the client "prizm".');
    expect(text).toContain("✓ redirect URI For a sign-in in a browser: The provider takes http://127.0.0.1");
    expect(text).toContain("so the device flow is used");
  });

  it("doctor warns of a client that is not known, and of a port that cannot be had, and fails for neither", async (context) => {
    const world = theWorld();
    world.provider.on("authorize", () => ({ status: 400, headers: {}, body: "invalid_client" }));
    const client = atTerminal(context, world, "doctor", "--client-id", "nobody");
    expect(await client.ended()).toBe(0);
    expect(client.text.replace(/\s+/g, " ")).toContain(
      '! client For a sign-in in a browser: The provider does not know the client "nobody"',
    );
    const port = new URL(world.provider.issuer).port;
    const taken = atTerminal(context, world, "doctor", "--port", port);
    expect(await taken.ended()).toBe(0);
    expect(taken.text.replace(/\s+/g, " ")).toMatch(
      /! redirect URI For a sign-in in a browser: [^✓]*cannot|! redirect URI For a sign-in in a browser: .*port/,
    );
  });

  it("init checks the client, and shows nothing that was not looked at", async (context) => {
    const world = theWorld();
    world.provider.on("authorize", () => ({ status: 400, headers: {}, body: "invalid_client" }));
    const file = join(world.work, "made.json");
    const terminal = atTerminal(context, world, "init", "--config", file);
    for (const [question, answer] of [
      ["Issuer", ""],
      ["Client id", "nobody"],
      ["Scopes", "-"],
      ["Audiences", "-"],
    ] as const) {
      await terminal.shows(question);
      terminal.type(`${answer}\r`);
    }
    await terminal.shows("is written.");
    expect(await terminal.ended()).toBe(0);
    expect(terminal.text).toContain('! For a sign-in in a browser: The provider does not know the client "nobody"');
    expect(terminal.text).not.toContain("–");
  });
});
