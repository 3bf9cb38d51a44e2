/** The command where scripts call it: many at once, with readers that go, with nothing to stand on. */
import { mkdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli, useWorld } from "./command.js";

const theWorld = useWorld();

describe("CM-07 The command in scripts", { timeout: 120_000 }, () => {
  it("20 calls at once, with a token that is due, make one refresh and give one token", async () => {
    const world = theWorld();
    world.provider.settings.accessTokenLifetimeSeconds = 1;
    world.provider.settings.editAccessToken = (claims) => ({ ...claims, exp: (claims.iat as number) - 10 });
    await world.signIn();
    world.provider.settings.editAccessToken = undefined;
    // What was just granted serves for half of its life, whatever it says of itself.
    await new Promise((resolve) => setTimeout(resolve, 1200));
    world.provider.settings.accessTokenLifetimeSeconds = 600;
    const calls = await Promise.all(Array.from({ length: 20 }, () => world.run(["token", "--non-interactive"])));
    expect(new Set(calls.map(({ code, stderr }) => `${code} ${stderr}`))).toEqual(new Set(["0 "]));
    expect(new Set(calls.map(({ stdout }) => stdout)).size).toBe(1);
    expect(world.provider.ledger.count("token", "refresh_token")).toBe(1);
  });

  it("a reader that goes is no failure, and a result that cannot be written is one: list, completion, token", async () => {
    const world = theWorld();
    await world.signIn();
    const env = world.env as NodeJS.ProcessEnv;
    const run = (script: string) => spawnSync("bash", ["-c", script], { env, cwd: world.work, encoding: "utf8" });
    for (const args of ["list", "completion bash", "token", "help"]) {
      const command = `'${process.execPath}' '${cli}' ${args}`;
      expect(run(`${command} | true; exit \${PIPESTATUS[0]}`)).toMatchObject({ status: 0, stderr: "" });
      expect(run(`${command} > /dev/full`)).toMatchObject({ status: 1, stderr: expect.stringContaining("ENOSPC") });
      expect(run(`${command} 2>&- <&- | cat`).stdout.length).toBeGreaterThan(20);
    }
  });

  it("a working directory that was removed is none to look for a file in", async () => {
    const world = theWorld();
    await world.signIn();
    const gone = join(world.directory, "gone");
    mkdirSync(gone);
    const script = `cd '${gone}' && rmdir '${gone}' && '${process.execPath}' '${cli}' token && '${process.execPath}' '${cli}' list`;
    const ended = spawnSync("bash", ["-c", script], { env: world.env as NodeJS.ProcessEnv, encoding: "utf8" });
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(ended.stdout).toMatch(/^eyJ[\w.-]+\nalice\n/);
  });
});
