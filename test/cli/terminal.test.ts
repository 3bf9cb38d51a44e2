import { describe, expect, it } from "vitest";
import { showProgress, wantsColour } from "../../src/cli/terminal.js";
import { gate, useWorld } from "./command.js";
import { atTerminal, hasScript } from "./terminal-run.js";

const theWorld = useWorld();
const ERASE = "\r\u001b[2K";

describe.skipIf(!hasScript)("At a terminal (skipped without util-linux's script)", { timeout: 60_000 }, () => {
  it("a line says how long the command has waited, and is gone at the end", async () => {
    const world = theWorld();
    await world.signIn();
    const mayAnswer = gate();
    world.provider.once("token", async (exchange) => {
      await mayAnswer.promise;
      return await exchange.next();
    });
    const command = world.start([], atTerminal("token", "--force-refresh"));
    let shown = "";
    for await (const part of command.child.stdout ?? []) {
      shown += part as string;
      if (shown.includes("Waiting for the provider… 1 s")) mayAnswer.resolve();
    }
    expect((await command.ended).code).toBe(0);
    expect(shown).toContain(`${ERASE}Waiting for the provider… 0 s`);
    // Whatever was drawn last, the token stands on an empty line.
    expect(shown).toMatch(/… \d+ s\r\u001b\[2KeyJ[\w.-]+\r\n$/);
  });

  it("a sign-in shows its address below an empty line, and its own line after that", async () => {
    const world = theWorld();
    const mayAnswer = gate();
    world.provider.once("discovery", async (exchange) => {
      await mayAnswer.promise;
      return await exchange.next();
    });
    const command = world.start([], atTerminal("login"));
    let shown = "";
    for await (const part of command.child.stdout ?? []) {
      shown += part as string;
      if (shown.includes("Waiting for the provider… 0 s")) mayAnswer.resolve();
      const url = /^(http\S+response_type=code\S+)\r$/m.exec(shown)?.[1];
      if (url !== undefined && shown.includes(" left") && world.provider.ledger.count("authorize") === 0) {
        await world.provider.authorize(url);
      }
    }
    expect((await command.ended).code).toBe(0);
    expect(shown).toMatch(/… \d+ s\r\u001b\[2K\r\nprizm asks you to sign in\.\r\nYour browser opens/);
    expect(shown.slice(shown.indexOf("Your browser opens"))).not.toContain("Waiting for the provider");
    expect(shown).toMatch(/ left\r\u001b\[2K\u001b\[32m✓\u001b\[39m Signed in as \u001b\[1malice\u001b\[22m.\r\n$/);
  });

  it("a sign-in whose browser cannot be opened waits there for its address to be opened by hand", async () => {
    const world = theWorld();
    const { env, ...rest } = atTerminal("login", "--flow", "auth_code_no_fallback");
    const command = world.start([], { ...rest, env: { ...env, BROWSER: "/no/such/browser" } });
    let shown = "";
    for await (const part of command.child.stdout ?? []) {
      shown += part as string;
      const url = /^(http\S+response_type=code\S+)\r$/m.exec(shown)?.[1];
      const isTold = shown.includes("Open the address above by hand.");
      if (url !== undefined && isTold && world.provider.ledger.count("authorize") === 0) {
        await world.provider.authorize(url);
      }
    }
    expect((await command.ended).code).toBe(0);
  });

  it("DX-14 TM-07 the line gives way to one that names the process whose sign-in is waited for", async () => {
    const world = theWorld();
    const first = world.start(["token"]);
    const address = await world.addressOf(first);
    const second = world.start([], atTerminal("token"));
    let shown = "";
    for await (const part of second.child.stdout ?? []) {
      shown += part as string;
      const isTold = shown.includes(`Waiting for the sign-in that process ${first.child.pid} has begun.`);
      if (isTold && world.provider.ledger.count("authorize") === 0) await world.provider.authorize(address);
    }
    expect([(await first.ended).code, (await second.ended).code]).toEqual([0, 0]);
    expect(shown).toMatch(
      /^\r\u001b\[2KWaiting for the provider… .*\r\u001b\[2KWaiting for the sign-in that process \d+ has begun\.\r\neyJ/,
    );
    expect(shown.slice(shown.indexOf("has begun"))).not.toContain("Waiting for the provider");
  });

  it("a result has colours there, unless NO_COLOR is set", async () => {
    const world = theWorld();
    await world.signIn();
    const coloured = await world.run([], atTerminal("whoami"));
    expect(coloured.stdout).toContain("\u001b[1malice\u001b[22m");
    const plain = atTerminal("whoami");
    const without = await world.run([], { ...plain, env: { ...plain.env, NO_COLOR: "1" } });
    expect(without.stdout).not.toContain("\u001b[");
    expect(without.stdout).toContain("alice");
  });
});

describe("Elsewhere", { timeout: 60_000 }, () => {
  it.each(["auth_code", "device_code"])(
    "DX-14 one line names the process whose sign-in is waited for: %s",
    async (flow) => {
      const world = theWorld();
      const first = world.start(["token", "--flow", flow]);
      await first.shown(/(response_type=code|enter this code)/);
      const second = world.start(["token", "--flow", flow]);
      expect(Number(await second.shown(/sign-in that process (\d+) has begun/))).toBe(first.child.pid);
      if (flow === "device_code") world.provider.approveDevice();
      else await world.provider.authorize(await world.addressOf(first));
      const [one, other] = await Promise.all([first.ended, second.ended]);
      expect([one.code, other.code, other.stdout]).toEqual([0, 0, one.stdout]);
      expect(other.stderr.trim().split("\n")).toHaveLength(1);
    },
  );

  it("there are neither colours nor a line that waits, unless FORCE_COLOR asks for colours", async () => {
    const world = theWorld();
    await world.signIn();
    expect((await world.run(["whoami"])).stdout).not.toContain("\u001b[");
    const forced = await world.run(["whoami"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
    expect(forced.stdout).toContain("\u001b[1malice\u001b[22m");
  });
});

describe("Colours", () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: "1" }, false],
    [true, { NO_COLOR: "" }, true],
    [true, { TERM: "dumb" }, false],
    [false, { FORCE_COLOR: "1" }, true],
    [true, { FORCE_COLOR: "0" }, false],
    [false, { FORCE_COLOR: "1", NO_COLOR: "1", TERM: "dumb" }, true],
  ])("on a terminal: %j with %j are wanted: %j", (isTerminal, env, wanted) => {
    expect(wantsColour(isTerminal, env)).toBe(wanted);
  });
});

describe("The line that waits", () => {
  it("fits the terminal, keeps the time on a narrow one, and is erased", () => {
    const written: string[] = [];
    const erase = showProgress("Waiting for somebody", 16, (text) => written.push(text));
    erase();
    expect(written).toEqual([`${ERASE}Waiting fo… 0 s`, ERASE]);
  });
});
