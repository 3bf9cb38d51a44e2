/** `logout --provider-session` says what was seen: by a browser that follows the provider's page back, or stays there. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useWorld, type World } from "./command.js";

const theWorld = useWorld();

/** A browser that opens what it is given, and goes where that leads. */
function browser(world: World): string {
  const path = join(world.directory, "browser");
  writeFileSync(path, `#!${process.execPath}\nfetch(process.argv[2]);\n`);
  chmodSync(path, 0o755);
  return path;
}

describe("logout --provider-session", { timeout: 60_000 }, () => {
  it("says that the provider has sent the browser back, with the file's postLogoutRedirectUri", async () => {
    const world = theWorld();
    await world.signIn();
    const file = { issuer: world.provider.issuer, postLogoutRedirectUri: "http://127.0.0.1" };
    writeFileSync(join(world.work, "keystone-auth.json"), JSON.stringify(file));
    const env = { BROWSER: browser(world), CEGAL_KEYSTONE_URL: "" };
    const { code, stderr } = await world.run(["logout", "--provider-session"], { env });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr:
        "✓ Signed out here. The provider has revoked the tokens. It has ended its own session, too, and sent the browser back.\n",
    });
    expect(world.provider.settings.signedIn).toBe(false);
  });

  it("says without it that a page was opened and nothing is seen of it, also as JSON", async () => {
    const world = theWorld();
    await world.signIn();
    const env = { BROWSER: browser(world) };
    const { stderr } = await world.run(["logout", "--provider-session"], { env });
    expect(stderr).toContain("was opened in the browser; what the person does there is not seen here.");
    await world.signIn();
    const { stdout } = await world.run(["logout", "--provider-session", "--json"], { env });
    expect(JSON.parse(stdout)).toEqual({ revocation: "done", providerSession: "asked", errors: [] });
  });
});
