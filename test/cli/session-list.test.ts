/** All stored sessions: `list`, and `logout --all`. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.js";
import { secretsIn } from "../support/secrets-in.js";
import { useWorld, type World } from "./command.js";

const theWorld = useWorld();
const others: FakeProvider[] = [];
afterEach(async () => {
  for (const other of others.splice(0)) await other.close();
});

/** Neither issuer nor client: `list` needs none. */
const NOTHING = {
  CEGAL_KEYSTONE_URL: "",
  CEGAL_KEYSTONE_CLIENT_ID: "",
  CEGAL_KEYSTONE_SCOPES: "",
  PYVAR_ALLOW_NON_HTTPS: "",
};

/** Signs in at a second provider, too. */
async function twoSessions(world: World): Promise<FakeProvider> {
  const other = await startFakeProvider({ subject: "bob" });
  others.push(other);
  await world.signIn();
  const env = { CEGAL_KEYSTONE_URL: other.issuer, CEGAL_KEYSTONE_CLIENT_ID: "other", CEGAL_KEYSTONE_AUDIENCES: "" };
  const login = world.start(["login"], { env });
  await other.authorize(await world.addressOf(login));
  expect((await login.ended).code).toBe(0);
  return other;
}

const sessionsIn = (world: World) => readdirSync(world.tokens).filter((name) => /^s-[0-9a-f]{64}\.json$/.test(name));

interface Listed {
  readonly issuer: string | null;
  readonly clientId: string | null;
  readonly file: string;
  readonly problem: string | null;
}
async function listed(world: World): Promise<readonly Listed[]> {
  const { stdout } = await world.run(["list", "--json"], { env: NOTHING });
  return (JSON.parse(stdout) as { sessions: Listed[] }).sessions;
}

describe("CM-06 list", { timeout: 60_000 }, () => {
  it("shows every stored session with issuer, client and person, and no token", async () => {
    const world = theWorld();
    expect(await world.run(["list"], { env: NOTHING })).toMatchObject({
      code: 0,
      stdout: "",
      stderr: `No session is stored in ${world.tokens}.\n`,
    });
    const other = await twoSessions(world);
    const { code, stdout, stderr } = await world.run(["list"], { env: NOTHING });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(
      `alice\nissuer    ${world.provider.issuer}\nclient    prizm\nscopes    openid offline_access hub_connector_api\naudiences hub_connector_api\ntoken     valid for`,
    );
    expect(stdout).toContain(`bob\nissuer    ${other.issuer}\nclient    other\n`);
    const { sessions, directory } = JSON.parse((await world.run(["list", "--json"], { env: NOTHING })).stdout) as {
      sessions: readonly Listed[];
      directory: string;
    };
    expect(directory).toBe(world.tokens);
    expect(sessions.map(({ file }) => file).sort()).toEqual(sessionsIn(world).sort());
    expect(sessions.find(({ clientId }) => clientId === "prizm")).toEqual({
      issuer: world.provider.issuer,
      clientId: "prizm",
      subject: "alice",
      name: "alice",
      scopes: ["openid", "offline_access", "hub_connector_api"],
      audiences: ["hub_connector_api"],
      expiresAt: expect.stringMatching(/^\d{4}-/),
      secondsLeft: expect.any(Number),
      renewable: true,
      accessTokenClaims: expect.objectContaining({ sub: "alice", aud: "hub_connector_api" }),
      endsAt: null,
      storage: "file",
      file: expect.stringMatching(/^s-/),
      problem: null,
    });
    const all = stdout + JSON.stringify(sessions);
    expect([world.secretsIn(all), secretsIn(all, other.secrets())]).toEqual([[], []]);
  });

  it("CM-02 is not stopped by a keystone-auth.json that is not trusted, and follows one that is", async () => {
    const world = theWorld();
    await world.signIn();
    const path = join(world.work, "keystone-auth.json");
    writeFileSync(path, JSON.stringify({ issuer: "https://id.example", storageDirectory: "elsewhere" }));
    expect((await world.run(["list"], { env: NOTHING })).stderr).toContain(join(world.work, "elsewhere"));
    chmodSync(path, 0o666);
    const passed = await world.run(["list"], { env: NOTHING });
    expect(passed.stderr).toContain(`Other users can write to ${path}, so it is not used.`);
    expect(passed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^alice\n/) });
  });

  it("shows no session that a sign-out has ended, although its file came after", async () => {
    const world = theWorld();
    await world.signIn();
    const [name = ""] = sessionsIn(world);
    const before = readFileSync(join(world.tokens, name));
    await world.run(["logout"]);
    writeFileSync(join(world.tokens, name), before, { mode: 0o600 });
    expect(await listed(world)).toEqual([]);
    expect((await world.run(["logout", "--all"], { env: NOTHING })).code).toBe(0);
    expect(sessionsIn(world)).toEqual([]);
  });

  it("names what cannot be read, and changes no file", async () => {
    const world = theWorld();
    await world.signIn();
    const odd = `s-${"0".repeat(64)}.json`;
    const [plain, sealed, newer] = [odd, odd.replace("json", "sealed"), odd.replace("0", "1")];
    writeFileSync(join(world.tokens, plain), "CANARY", { mode: 0o600 });
    writeFileSync(join(world.tokens, sealed), "CANARY", { mode: 0o600 });
    writeFileSync(join(world.tokens, newer), JSON.stringify({ version: 2, issuer: "x", clientId: "y" }), {
      mode: 0o600,
    });
    writeFileSync(join(world.tokens, "of-another-program.json"), "{}");
    const before = readdirSync(world.tokens).sort();
    const found = await listed(world);
    expect(found).toHaveLength(4);
    const problemOf = (name: string) => found.find(({ file }) => file === name)?.problem;
    expect(problemOf(plain)).toContain("is not a stored session");
    expect(problemOf(sealed)).toMatch(/keychain/);
    expect(problemOf(newer)).toMatch(/newer version/i);
    expect(JSON.stringify(found)).not.toContain("CANARY");
    expect(readdirSync(world.tokens).sort()).toEqual(before);
    expect((await world.run(["list"], { env: NOTHING })).stdout).toContain(`cannot be read\nfile      ${plain}\n`);
  });
});

describe("CM-06 logout --all", { timeout: 60_000 }, () => {
  it("ends every session here and at its own provider, and running programs know of it", async () => {
    const world = theWorld();
    const other = await twoSessions(world);
    const names = sessionsIn(world);
    const { code, stdout, stderr } = await world.run(["logout", "--all"], { env: NOTHING });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toContain(`✓ alice, client prizm at ${world.provider.issuer}: signed out here, tokens revoked.\n`);
    expect(stderr).toContain(`✓ bob, client other at ${other.issuer}: signed out here, tokens revoked.\n`);
    expect(stderr).toMatch(/\n2 sessions ended\.\n$/);
    expect([world.provider.sessionAlive(), other.sessionAlive()]).toEqual([false, false]);
    expect(sessionsIn(world)).toEqual([]);
    for (const name of names) {
      const mark = JSON.parse(readFileSync(join(world.tokens, name.replace(/json$/, "out.json")), "utf8")) as object;
      expect(mark).toMatchObject({ version: 1, isSignOut: true });
    }
    const again = await world.run(["logout", "--all"], { env: NOTHING });
    expect(again).toMatchObject({ code: 0, stderr: `No session is stored in ${world.tokens}.\n` });
  });

  it("is not held up by a session whose provider is away, nor by one that cannot be read; the exit code tells", async () => {
    const world = theWorld();
    const other = await twoSessions(world);
    await other.down();
    const odd = `s-${"0".repeat(64)}.json`;
    writeFileSync(join(world.tokens, odd), "CANARY", { mode: 0o600 });
    const { code, stdout } = await world.run(["logout", "--all", "--json"], { env: NOTHING });
    expect(sessionsIn(world)).toEqual([]);
    expect(world.provider.sessionAlive()).toBe(false);
    expect([5, 6]).toContain(code);
    const { sessions } = JSON.parse(stdout) as { sessions: { clientId: string | null; errors: { code: string }[] }[] };
    const errorOf = (id: string | null) =>
      sessions.find(({ clientId }) => clientId === id)?.errors.map((each) => each.code);
    expect([errorOf("prizm"), errorOf("other"), errorOf(null)]).toEqual([[], ["network"], ["storage"]]);
    expect(readdirSync(world.tokens).filter((name) => name.startsWith("s-000"))).toEqual([
      odd.replace(".json", ".out.json"),
    ]);
  });

  it("with --local tells no provider, and --provider-session does not go with it", async () => {
    const world = theWorld();
    await world.signIn();
    expect((await world.run(["logout", "--all", "--provider-session"])).code).toBe(2);
    expect(sessionsIn(world)).toHaveLength(1);
    expect((await world.run(["logout", "--all", "--local"], { env: NOTHING })).code).toBe(0);
    expect(sessionsIn(world)).toEqual([]);
    expect(world.provider.sessionAlive()).toBe(true);
  });
});
