import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSettings } from "../../src/cli/settings.js";
import { useWorld, type World } from "./command.js";

const theWorld = useWorld();

/** Settings from a file alone. */
const bare = {
  CEGAL_KEYSTONE_URL: "",
  CEGAL_KEYSTONE_CLIENT_ID: "",
  CEGAL_KEYSTONE_SCOPES: "",
  CEGAL_KEYSTONE_AUDIENCES: "",
};

function write(path: string, content: unknown): string {
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

interface Status {
  readonly settings: Record<string, { value: unknown; source: string }>;
  readonly file: string | null;
}

async function statusOf(world: World, args: string[], cwd: string, env = {}): Promise<Status> {
  const { stdout, stderr } = await world.run(["status", "--json", ...args], { cwd, env });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Status;
}

describe("The configuration file", { timeout: 60_000 }, () => {
  it("is the nearest keystone-auth.json upwards from the working directory", async () => {
    const world = theWorld();
    const deep = join(world.work, "a", "b");
    mkdirSync(deep, { recursive: true });
    const upper = write(join(world.work, "keystone-auth.json"), { issuer: "https://upper.example", clientId: "upper" });
    expect(await statusOf(world, [], deep, bare)).toMatchObject({
      file: upper,
      settings: {
        issuer: { value: "https://upper.example", source: `file ${upper}` },
        clientId: { value: "upper", source: `file ${upper}` },
      },
    });
    const nearer = write(join(world.work, "a", "keystone-auth.json"), { clientId: "nearer" });
    // The nearest one counts alone: two files are not mixed.
    const { stderr, code } = await world.run(["status"], { cwd: deep, env: bare });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("issuer is not given") });
    expect((await statusOf(world, ["--issuer", "https://x.example"], deep, bare)).file).toBe(nearer);
  });

  it("gives way to the environment, which gives way to the command line; status names each source", async () => {
    const world = theWorld();
    const file = write(join(world.work, "keystone-auth.json"), {
      $schema: "https://example.com/schema.json",
      issuer: "https://file.example",
      clientId: "file",
      extraScopes: ["file"],
      audiences: ["file"],
      flow: "device_code",
      storageDirectory: "sessions",
      loginTimeoutSeconds: 60,
    });
    const env = { ...bare, CEGAL_KEYSTONE_URL: "https://environment.example", CEGAL_KEYSTONE_SCOPES: "one  two" };
    // Named, so that all of it counts with another issuer too.
    const named = ["--config", file];
    const args = [...named, "--issuer", "https://option.example", "--scope", "three", "--scope", "four five"];
    const { settings } = await statusOf(world, args, world.work, env);
    expect(settings).toEqual({
      issuer: { value: "https://option.example", source: "option --issuer" },
      clientId: { value: "file", source: `file ${file}` },
      extraScopes: { value: ["three", "four", "five"], source: "option --scope" },
      audiences: { value: ["file"], source: `file ${file}` },
      flow: { value: "device_code", source: `file ${file}` },
      storageDirectory: { value: join(world.work, "sessions"), source: `file ${file}` },
      loginTimeoutSeconds: { value: 60, source: `file ${file}` },
      noBrowser: { value: false, source: "default" },
    });
    const second = await statusOf(world, named, world.work, { ...env, CEGAL_KEYSTONE_AUTH_DIR: "/var/empty/tokens" });
    expect(second.settings).toMatchObject({
      issuer: { value: "https://environment.example", source: "variable CEGAL_KEYSTONE_URL" },
      extraScopes: { value: ["one", "two"], source: "variable CEGAL_KEYSTONE_SCOPES" },
      storageDirectory: { value: "/var/empty/tokens", source: "variable CEGAL_KEYSTONE_AUTH_DIR" },
    });
  });

  it("is the one that --config or CEGAL_KEYSTONE_CONFIG names, which must exist", async () => {
    const world = theWorld();
    write(join(world.work, "keystone-auth.json"), { clientId: "found" });
    const named = write(join(world.work, "named.json"), { clientId: "named" });
    const env = { CEGAL_KEYSTONE_CLIENT_ID: "" };
    expect((await statusOf(world, ["--config", "named.json"], world.work, env)).settings.clientId?.value).toBe("named");
    const byVariable = { ...env, CEGAL_KEYSTONE_CONFIG: named };
    expect((await statusOf(world, [], world.work, byVariable)).settings.clientId?.value).toBe("named");
    const missing = await world.run(["status", "--config", "missing.json"]);
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("missing.json does not exist") });
  });

  it.each<[string, unknown, string]>([
    ["no JSON", '{\n  "issuer": oops\n}', "is not JSON"],
    ["an empty text", "", "is not JSON: it ends too early"],
    ["JSON that is no object", [], "must hold a JSON object"],
    ["a key in another spelling", { client_id: "x" }, 'there is no key "client_id". Do you mean "clientId"?'],
    ["a slip in a key (DX-17)", { isuer: "x" }, 'there is no key "isuer". Do you mean "issuer"?'],
    ["a key that is another's name for it", { scope: "x" }, 'there is no key "scope". Do you mean "extraScopes"?'],
    ["a key of every object", { constructor: "x" }, 'there is no key "constructor". The keys are issuer,'],
    ["a key that nobody knows", { colour: "red" }, 'there is no key "colour". The keys are issuer,'],
    ["a number for a text", { issuer: 5 }, 'key "issuer": must be a string'],
    ["a text for a list", { audiences: "hub" }, 'key "audiences": must be a list of strings'],
    ["a text for a number", { loginTimeoutSeconds: "60" }, 'key "loginTimeoutSeconds": must be a number of seconds'],
    ["a text for a flag", { allowInsecureLoopback: "yes" }, 'key "allowInsecureLoopback": must be true or false'],
    ["a flow that there is not", { flow: "magic" }, 'key "flow": must be one of auth_code,'],
    ["a list of parameters", { authorizationParams: ["x"] }, 'key "authorizationParams": must be an object of strings'],
    [
      "a key inside the loopback",
      { loopback: { prot: 1 } },
      'key "loopback": must be an object with host, ports and path',
    ],
    ["a secret", { clientSecret: "CANARY" }, 'key "clientSecret": a secret does not belong into a file'],
  ])("with %s is refused by the file's and the key's name", (_, content, message) => {
    const world = theWorld();
    const path = write(join(world.work, "bad.json"), content);
    let refusal: unknown;
    try {
      readSettings({ config: path } as never, {});
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ code: "configuration", message: expect.stringContaining(message) });
    expect(String(refusal)).toContain(path);
    expect(String(refusal)).not.toContain("CANARY");
  });

  it("with a fault leads to its line, and a command ends with exit code 2", async () => {
    const world = theWorld();
    write(join(world.work, "keystone-auth.json"), '{\n  "issuer": "CANARY",\n}');
    const { code, stderr, stdout } = await world.run(["token"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("line 3, column 1");
    expect(stderr).not.toContain("CANARY");
  });
});

describe("A setting that cannot be used", { timeout: 60_000 }, () => {
  it.each<[string[], Record<string, string>, string]>([
    [["--issuer", "http://id.example"], {}, "It was given by option --issuer."],
    [[], { CEGAL_KEYSTONE_FLOW: "magic" }, "CEGAL_KEYSTONE_FLOW must be one of auth_code,"],
    [["--min-validity", "soon"], {}, "--min-validity must be a number of seconds"],
    [["--flow", "client_credentials"], {}, "Set the environment variable CEGAL_KEYSTONE_CLIENT_SECRET."],
    [
      [],
      { CEGAL_KEYSTONE_CLIENT_ID: "" },
      "use --client-id, the variable CEGAL_KEYSTONE_CLIENT_ID, or the key clientId",
    ],
  ])("%j %j names the place where it was given", async (args, env, message) => {
    const { code, stderr } = await theWorld().run(["token", ...args], { env });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });
});
