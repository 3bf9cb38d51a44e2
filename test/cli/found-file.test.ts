/** A keystone-auth.json that was merely found is somebody's choice, perhaps a stranger's. */
import { chmodSync, chownSync, lchownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useWorld, type World } from "./command.js";

const theWorld = useWorld();

/** Nothing from the environment. */
const bare = {
  CEGAL_KEYSTONE_URL: "",
  CEGAL_KEYSTONE_CLIENT_ID: "",
  CEGAL_KEYSTONE_SCOPES: "",
  CEGAL_KEYSTONE_AUDIENCES: "",
};
const STRANGER = 54_321;
const isRoot = process.geteuid?.() === 0;

function write(path: string, content: unknown): string {
  writeFileSync(path, JSON.stringify(content));
  return path;
}

async function status(world: World, args: string[] = [], env = {}) {
  const { stdout, stderr, code } = await world.run(["status", "--json", ...args], { env });
  const read = stdout === "" ? undefined : (JSON.parse(stdout) as Record<string, unknown>);
  const settings = read?.settings as Record<string, { value: unknown; source: string }> | undefined;
  return { code, stderr, file: read?.file, settings };
}

describe("CM-01 With another issuer than its own, a file that was merely found", { timeout: 60_000 }, () => {
  it("does not choose where the session is kept: a cloned repository gets no refresh token into its work tree", async () => {
    const world = theWorld();
    const path = write(join(world.work, "keystone-auth.json"), { storageDirectory: "docs" });
    const login = await world.signIn();
    expect(login.code).toBe(0);
    expect(login.stderr).toContain(`The key storageDirectory of ${path} is not used`);
    expect(readdirSync(world.work)).toEqual(["keystone-auth.json"]);
    expect(readdirSync(world.tokens).filter((name) => name.endsWith(".json"))).toHaveLength(1);
  });

  it.each([
    ["that it names too", { issuer: "https://other.example", storageDirectory: "docs", loopback: { ports: [1] } }],
    ["that it does not name", { storageDirectory: "docs", loopback: { ports: [1] } }],
  ])("does not choose the port either, for an issuer %s; its other keys count", async (_, content) => {
    const world = theWorld();
    const path = write(join(world.work, "keystone-auth.json"), { ...content, loginTimeoutSeconds: 60 });
    const { settings, stderr } = await status(world);
    expect(settings?.storageDirectory).toEqual({ value: world.tokens, source: "default" });
    expect(settings).not.toHaveProperty("loopback");
    expect(settings?.loginTimeoutSeconds).toEqual({ value: 60, source: `file ${path}` });
    expect(stderr.match(/is not used/g)).toHaveLength(2);
    const doctor = JSON.parse((await world.run(["doctor", "--json"])).stdout) as { checks: Record<string, string>[] };
    expect(doctor.checks[0]).toMatchObject({
      check: "settings",
      outcome: "warning",
      advice: expect.stringMatching(/loopback/),
    });
  });

  it("chooses both with its own issuer, or where it is named; what is set elsewhere is no matter", async () => {
    const world = theWorld();
    const both = { storageDirectory: "docs", loopback: { ports: [1] } };
    const path = write(join(world.work, "keystone-auth.json"), {
      ...both,
      issuer: "https://own.example",
      clientId: "own",
    });
    const source = `file ${path}`;
    const docs = join(world.work, "docs");
    const own = await status(world, [], bare);
    expect(own).toMatchObject({ stderr: "", settings: { storageDirectory: { value: docs, source } } });
    expect(own.settings?.loopback).toEqual({ value: '{"ports":[1]}', source });
    const named = await status(world, ["--config", path]);
    expect(named).toMatchObject({ stderr: "", settings: { storageDirectory: { value: docs, source } } });
    const flags = ["--storage-directory", world.tokens];
    expect((await status(world, flags)).stderr).not.toContain("storageDirectory");
  });
});

describe("A file that is not trusted", { timeout: 60_000 }, () => {
  it("CM-02 since others can write to it is passed over with a warning where issuer and client are set elsewhere", async () => {
    const world = theWorld();
    const path = write(join(world.work, "keystone-auth.json"), { clientId: "planted" });
    chmodSync(path, 0o666);
    const warning = `Other users can write to ${path}, so it is not used. If you trust it, name it with --config or CEGAL_KEYSTONE_CONFIG.`;
    const passed = await status(world);
    expect(passed).toMatchObject({ code: 3, file: null, settings: { clientId: { value: "prizm" } } });
    expect(passed.stderr).toBe(`keystone-auth: ${warning}\n`);
    // Where it would be needed it is a fault, not a guess.
    for (const env of [bare, { CEGAL_KEYSTONE_CLIENT_ID: "" }, { CEGAL_KEYSTONE_URL: "" }]) {
      const refused = await status(world, [], env);
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(warning) });
    }
    expect(await status(world, ["--config", path], bare)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("issuer is not given"),
    });
    expect(await status(world, ["--config", path])).toMatchObject({ code: 3, file: path, stderr: "" });
  });

  it.skipIf(!isRoot).each<[string, (path: string, world: World) => void]>([
    ["a file", (path) => (write(path, { clientId: "planted" }), chownSync(path, STRANGER, STRANGER))],
    ["no JSON", (path) => (writeFileSync(path, "{"), chownSync(path, STRANGER, STRANGER))],
    ["a directory", (path) => (mkdirSync(path), chownSync(path, STRANGER, STRANGER))],
    [
      "a link to a file of ours",
      (path, world) => {
        symlinkSync(write(join(world.home, "secret.txt"), { clientId: "planted" }), path);
        lchownSync(path, STRANGER, STRANGER);
      },
    ],
    ["a link to nothing", (path) => (symlinkSync("/nowhere", path), lchownSync(path, STRANGER, STRANGER))],
  ])("CM-02 since it is another user's stops nobody, be it %s (skipped without root)", async (_, plant) => {
    const world = theWorld();
    const path = join(world.work, "keystone-auth.json");
    plant(path, world);
    const passed = await status(world);
    expect(passed).toMatchObject({ code: 3, file: null, settings: { clientId: { value: "prizm" } } });
    expect(passed.stderr).toContain(`${path} belongs to another user (uid ${STRANGER}), so it is not used.`);
    expect(await status(world, [], bare)).toMatchObject({ code: 2, stderr: expect.stringContaining("another user") });
  });
});

describe("The client secret of the environment", { timeout: 60_000 }, () => {
  it("is not sent to the issuer of a file that was merely found", async () => {
    const world = theWorld();
    const content = { issuer: world.provider.issuer, clientId: "service", flow: "client_credentials" };
    const path = write(join(world.work, "keystone-auth.json"), content);
    const env = { ...bare, CEGAL_KEYSTONE_CLIENT_SECRET: world.provider.settings.clientSecrets.service ?? "" };
    const refused = await world.run(["token"], { env });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("is not sent to an issuer") });
    expect(world.provider.requests).toHaveLength(0);
    expect((await world.run(["token", "--config", path], { env })).code).toBe(0);
  });
});
