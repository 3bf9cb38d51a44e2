/** Ctrl-C in `logout` while the provider hangs, in the words of the command. */
import { describe, expect, it } from "vitest";
import { useWorld } from "./command.js";

const theWorld = useWorld();

describe("LO-03 logout that is interrupted while the provider hangs", { timeout: 30_000 }, () => {
  it.each([
    ["", []],
    [" --all", ["--all"]],
  ] as const)("logout%s says so, and that the session is gone", async (_title, flags) => {
    const world = theWorld();
    await world.signIn();
    world.provider.on("revocation", () => new Promise(() => {}));
    const logout = world.start(["logout", ...flags]);
    await world.provider.ledger.waitFor("revocation", 1);
    logout.child.kill("SIGINT");
    const { code, stderr } = await logout.ended;
    expect(code).toBe(130);
    expect(stderr).toContain("Interrupted. The session here is gone.");
    expect(stderr).not.toContain("signal");
  });
});
