/** `exec`: what is wrong with its command or its variable is named, and a token file comes back. */
import { existsSync, lstatSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { TokenFile } from "../../src/cli/token-file.js";
import type { TokenSet } from "../../src/token-set.js";
import { useWorld } from "./command.js";

const theWorld = useWorld();

describe("exec", { timeout: 30_000 }, () => {
  it("names a command that is not found", async () => {
    const world = theWorld();
    await world.signIn();
    const { code, stderr } = await world.run(["exec", "--", "no-such-command-\u001b[31m"]);
    expect({ code, stderr }).toEqual({
      code: 127,
      stderr: expect.stringMatching(/^keystone-auth: The command no-such-command-.* was not found\.\n$/),
    });
    expect(stderr).not.toContain("\u001b");
  });

  it("refuses --env PATH, and says why", async () => {
    const { code, stderr } = await theWorld().run(["exec", "--env", "PATH", "--", "true"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("are found by PATH") });
  });

  it("makes the folder of the token file again where somebody has removed it", async () => {
    const setOf = (accessToken: string, ms: number) =>
      ({ accessToken, expiresAt: new Date(Date.now() + ms) }) as unknown as TokenSet;
    const said: string[] = [];
    const file = new TokenFile({ renew: async () => setOf("second", 600_000), say: (text) => said.push(text) });
    onTestFinished(() => file.end());
    await file.begin(setOf("first", 2_000));
    rmSync(dirname(file.path), { recursive: true });
    await vi.waitFor(() => expect(existsSync(file.path)).toBe(true), { timeout: 10_000 });
    await vi.waitFor(() => expect(readFileSync(file.path, "utf8")).toBe("second"), { timeout: 10_000 });
    expect(lstatSync(dirname(file.path)).mode & 0o777).toBe(0o700);
    expect(said).toEqual([]);
    file.end();
    expect(existsSync(dirname(file.path))).toBe(false);
  });
});
