/** `login` whose session nobody finds afterwards says so, and why. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useWorld, type World } from "./command.js";

const theWorld = useWorld();
/** Encrypted records, and no keychain. */
function withoutKeychain(world: World, instead: string): void {
  const settings = { issuer: world.provider.issuer, storage: "encrypted-file", withoutKeychain: instead };
  writeFileSync(join(world.work, "keystone-auth.json"), JSON.stringify(settings));
}
const NO_KEYCHAIN = {
  CEGAL_KEYSTONE_URL: "",
  DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent",
  XDG_RUNTIME_DIR: "/nonexistent",
};
const said = (why: string) => `\n! The session is not stored: it ends with this command. ${why}`;

describe("FS-11 login where the session is not stored", { timeout: 60_000 }, () => {
  it.each<[string, string[], Record<string, string | undefined>, string]>([
    ["with --storage memory", ["--storage", "memory"], {}, 'The option storage is "memory".'],
    ["without a home", [], { HOME: "/dev/null", USERPROFILE: "/dev/null" }, ""],
    ["without a keychain, where memory takes its place", [], NO_KEYCHAIN, "There is no keychain"],
  ])("%s says that it ends with the command, and why", async (_title, flags, env, why) => {
    const world = theWorld();
    if (env === NO_KEYCHAIN) withoutKeychain(world, "memory");
    const { code, stderr } = await world.signIn(["login", ...flags], { env });
    expect(code).toBe(0);
    expect(stderr).toContain("✓ Signed in as alice.");
    expect(stderr).toContain(said(why));
    const { stdout } = await world.signIn(["login", "--json", ...flags], { env });
    expect(JSON.parse(stdout)).toMatchObject({ signedIn: true, stored: false });
  });

  it("and says nothing of it where a keychain is wanting, and a plain file takes its place", async () => {
    const world = theWorld();
    withoutKeychain(world, "plain-file");
    const { stderr } = await world.signIn(["login"], { env: NO_KEYCHAIN });
    expect(stderr).toContain("✓ Signed in as alice.");
    expect(stderr).not.toContain("is not stored");
  });
});
