import { readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli, gate, useWorld } from "./command.js";

const theWorld = useWorld();

/** Whether nobody listens at the port. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => socket.destroy() && resolve(false));
    socket.once("error", () => resolve(true));
  });
}

describe("A sign-in", { timeout: 60_000 }, () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("that %s ends gives port and lock back, with exit code %i", async (signal, exitCode) => {
    const world = theWorld();
    const command = world.start(["login"]);
    const address = new URL(await world.addressOf(command));
    const port = Number(new URL(address.searchParams.get("redirect_uri") ?? "").port);
    expect(await isFree(port)).toBe(false);
    command.child.kill(signal);
    const ended = await command.ended;
    expect(ended).toMatchObject({ code: exitCode, signal: null, stdout: "" });
    expect(ended.stderr).toMatch(/\nkeystone-auth: Interrupted\.\n$/);
    expect(await isFree(port)).toBe(true);
    expect(readdirSync(world.tokens)).toEqual([]);
  });
});

describe("A sign-in whose stderr has gone", { timeout: 60_000 }, () => {
  it("goes on in the browser that it opens, and ends well", async () => {
    const world = theWorld();
    const browser = join(world.work, "browser.sh");
    writeFileSync(browser, `#!/bin/sh\nexec '${process.execPath}' -e 'fetch(process.argv[1])' "$1"\n`, { mode: 0o755 });
    const shell = `exec 3>&2; { sleep 0.2; "$0" "$@"; echo "code $?" >&3; } 2>&1 >/dev/null | true`;
    const command = ["sh", "-c", shell, process.execPath, cli];
    const ended = await world.run(["login"], { command, env: { BROWSER: browser } });
    expect(ended.stderr).toBe("code 0\n");
    expect((await world.run(["status"])).code).toBe(0);
  });
});

describe("A renewal", { timeout: 60_000 }, () => {
  it("that Ctrl-C meets after the refresh token was sent is stored all the same", async () => {
    const world = theWorld();
    await world.signIn();
    const sent = gate();
    const mayAnswer = gate();
    world.provider.once("token", async (exchange) => {
      sent.resolve();
      await mayAnswer.promise;
      return await exchange.next();
    });
    const command = world.start(["token", "--force-refresh"]);
    await sent.promise;
    command.child.kill("SIGINT");
    await command.shown(/(Interrupted)/);
    mayAnswer.resolve();
    expect(await command.ended).toMatchObject({ code: 130, stdout: "" });
    // The provider kills a session whose used-up refresh token comes again.
    expect((await world.run(["token", "--force-refresh", "--non-interactive"])).code).toBe(0);
    expect(world.provider.sessionAlive()).toBe(true);
  });
});
