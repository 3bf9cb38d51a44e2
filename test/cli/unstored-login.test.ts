/** `login` whose session nobody finds afterwards: before the person is asked where that can be, else afterwards, it says so and why. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

describe("FS-11 login where the settings say that the session is not stored", { timeout: 60_000 }, () => {
  it.each<[string, string[], Record<string, string | undefined>, string]>([
    ["with --storage memory", ["--storage", "memory"], {}, 'The option storage is "memory".'],
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

describe("FS-11 login where the session cannot be stored", { timeout: 60_000 }, () => {
  const logins = (world: World) => world.provider.ledger.count("authorize");
  /** Makes the place unusable, and gives the command's options and variables. */
  type Spoilt = (world: World) => { readonly flags?: string[]; readonly env?: Record<string, string> };

  it.each<[string, Spoilt, string | RegExp]>([
    ["without a home", () => ({ env: { HOME: "/dev/null", USERPROFILE: "/dev/null" } }), /\/dev\/null|home directory/],
    [
      "below a file",
      ({ work }) => ({ flags: ["--storage-directory", spoil(join(work, "file")) + "/tokens"] }),
      "is a file",
    ],
    [
      "in a directory that others can write to",
      ({ work }) => ({ flags: ["--storage-directory", open(join(work, "open"))] }),
      "Other users can write",
    ],
    [
      "where a newer version has stored the session",
      (world) => recordOfNewer(world),
      "A newer version of keystone-auth",
    ],
    ["where a directory is in the place of the record", (world) => recordAsDirectory(world), "is not a regular file"],
    [
      "without a keychain, which is needed",
      (world) => (withoutKeychain(world, "fail"), { env: NO_KEYCHAIN }),
      "keychain",
    ],
  ])("%s asks nobody, and ends with the store's error and exit code 6", async (_title, make, why) => {
    const world = theWorld();
    const first = await world.signIn();
    const { flags = [], env = {} } = make(world);
    const before = logins(world);
    const { code, stdout, stderr } = await world.run(["login", ...flags], { env });
    expect([first.code, code, stdout, logins(world)]).toEqual([0, 6, "", before]);
    expect(stderr).toMatch(why);
    expect(stderr).not.toMatch(/asks you to sign in|is in memory/);
    const json = await world.run(["login", "--json", ...flags], { env });
    const last = json.stderr.trim().split("\n").at(-1) ?? "";
    expect([json.code, JSON.parse(last)]).toMatchObject([6, { error: { code: "storage", exitCode: 6 } }]);
  });

  it("says so where the write fails after the sign-in: exit code 6, and stored is false", async () => {
    const world = theWorld();
    const flags = ["--config", join(world.work, "patience.json")];
    writeFileSync(join(world.work, "patience.json"), JSON.stringify({ storageTimeoutSeconds: 1 }));
    const shut = () =>
      world.provider.once("token", async (exchange) => {
        chmodSync(world.tokens, 0o777);
        return await exchange.next();
      });
    mkdirSync(world.tokens, { recursive: true, mode: 0o700 });
    shut();
    const { code, stderr } = await world.signIn(["login", ...flags]);
    expect(code).toBe(6);
    expect(stderr).toContain("✓ Signed in as alice.");
    expect(stderr).toContain(said("Other users can write to"));
    chmodSync(world.tokens, 0o700);
    shut();
    const json = await world.signIn(["login", "--json", ...flags]);
    const whyNotStored = expect.stringContaining("Other users can write to") as string;
    expect([json.code, JSON.parse(json.stdout)]).toMatchObject([6, { signedIn: true, stored: false, whyNotStored }]);
  });
});

function spoil(path: string): string {
  writeFileSync(path, "");
  return path;
}

function open(path: string): string {
  mkdirSync(path);
  chmodSync(path, 0o777);
  return path;
}

function recordOfNewer({ tokens }: World) {
  const [name = ""] = readdirSync(tokens).filter((file) => /^s-[0-9a-f]{64}\.json$/.test(file));
  const record = JSON.parse(readFileSync(join(tokens, name), "utf8")) as object;
  writeFileSync(join(tokens, name), JSON.stringify({ ...record, version: 2 }));
  return {};
}

function recordAsDirectory({ tokens }: World) {
  const [name = ""] = readdirSync(tokens).filter((file) => /^s-[0-9a-f]{64}\.json$/.test(file));
  rmSync(join(tokens, name));
  mkdirSync(join(tokens, name));
  return {};
}
