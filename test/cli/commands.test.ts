import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useWorld } from "./command.js";

const theWorld = useWorld();
const JWT = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;

describe("keystone-auth", { timeout: 60_000 }, () => {
  it("signs in, gives the token to scripts without a further sign-in, says who it is, and signs out", async () => {
    const world = theWorld();
    const login = await world.signIn();
    expect(login).toMatchObject({ code: 0, stdout: "" });
    expect(login.stderr).toMatch(/✓ Signed in as alice\.\n$/);

    const token = await world.run(["token"]);
    expect(token).toMatchObject({ code: 0, stderr: "" });
    expect(token.stdout.trimEnd()).toMatch(JWT);
    expect(token.stdout).toBe(`${token.stdout.trimEnd()}\n`);
    expect(await world.run(["header"])).toEqual({
      code: 0,
      signal: null,
      stdout: `Authorization: Bearer ${token.stdout}`,
      stderr: "",
    });
    expect(world.provider.ledger.count("authorize")).toBe(1);

    expect(await world.run(["whoami"])).toMatchObject({
      code: 0,
      stdout: `alice\nissuer   ${world.provider.issuer}\nclient   prizm\n`,
      stderr: "",
    });

    const logout = await world.run(["logout"]);
    expect(logout).toMatchObject({ code: 0, stdout: "" });
    expect(logout.stderr).toBe("✓ Signed out here. The provider has revoked the tokens.\n");
    expect(world.provider.sessionAlive()).toBe(false);
    expect((await world.run(["whoami"])).code).toBe(3);
  });

  it("whoami asks the provider for the name that the ID Token does not have, and does without where it cannot", async () => {
    const world = theWorld();
    await world.signIn();
    world.provider.once("userinfo", () => ({ status: 200, json: { sub: "alice", email: "alice@example.org" } }));
    expect((await world.run(["whoami"])).stdout).toMatch(/^alice@example\.org\nsubject  alice\n/);
    world.provider.once("userinfo", () => ({ status: 200, json: { sub: "alice", name: "Alice A." } }));
    expect(JSON.parse((await world.run(["whoami", "--json"])).stdout)).toMatchObject({
      name: "Alice A.",
      subject: "alice",
    });
    world.provider.on("userinfo", () => ({ status: 200, json: { sub: "bob", name: "Bob" } }));
    expect((await world.run(["whoami"])).stdout).toMatch(/^alice\n/);
  });

  it("keeps sessions in files of this user alone, which programs with the same settings share", async () => {
    const world = theWorld();
    await world.signIn();
    const files = readdirSync(world.tokens).filter((name) => name.endsWith(".json"));
    expect(files).toHaveLength(1);
    expect(statSync(join(world.tokens, files[0] ?? "")).mode & 0o777).toBe(0o600);

    const { OidcClient } = await import("../../src/node/index.js");
    const client = new OidcClient({
      clientId: "prizm",
      issuer: world.provider.issuer,
      extraScopes: ["offline_access", "hub_connector_api"],
      audiences: ["hub_connector_api"],
      allowInsecureLoopback: true,
      storageDirectory: world.tokens,
      interaction: "never",
    });
    expect(`${await client.getAccessToken()}\n`).toBe((await world.run(["token"])).stdout);
  });

  it("signs in by itself where a token is asked for, unless it may not", async () => {
    const world = theWorld();
    expect(await world.run(["token", "--non-interactive"])).toMatchObject({ code: 3, stdout: "" });
    const token = await world.signIn(["token"]);
    expect(token.code).toBe(0);
    expect(token.stdout.trimEnd()).toMatch(JWT);
  });

  it("renews an expired token without a person, and on demand", async () => {
    const world = theWorld();
    world.provider.settings.accessTokenLifetimeSeconds = 1;
    await world.signIn();
    world.provider.settings.accessTokenLifetimeSeconds = 300;
    const renewed = await world.run(["token", "--non-interactive"]);
    expect(renewed.code).toBe(0);
    const forced = await world.run(["token", "--force-refresh"]);
    expect(forced.stdout).not.toBe(renewed.stdout);
    expect(world.provider.ledger.count("authorize")).toBe(1);
  });

  it("signs in by the device flow, with address and code on stderr", async () => {
    const world = theWorld();
    const command = world.start(["login", "--flow", "device_code"]);
    const code = await command.shown(/^ {4}([A-Z0-9-]{4,})$/m);
    world.provider.approveDevice(code);
    const { code: exitCode, stdout, stderr } = await command.ended;
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    expect(stderr).toContain("Signed in as alice.");
    expect(world.secretsIn(stderr).filter((secret) => secret !== code)).toEqual([]);
  });

  it("signs in as the program itself with a secret from the environment", async () => {
    const world = theWorld();
    const secret = world.provider.settings.clientSecrets.service ?? "";
    const env = { CEGAL_KEYSTONE_CLIENT_SECRET: secret, CEGAL_KEYSTONE_CLIENT_ID: "service" };
    const args = ["--flow", "client_credentials", "--scope", "hub_connector_api", "--non-interactive"];
    const token = await world.run(["token", ...args], { env });
    expect(token).toMatchObject({ code: 0, stderr: "" });
    expect(token.stdout.trimEnd()).toMatch(JWT);
    expect((await world.run(["whoami", ...args], { env })).stdout).toMatch(/^the program service\n/);
    const status = await world.run(["status", ...args], { env });
    expect(status.stdout).toContain("(set)");
    expect(world.secretsIn(status.stdout + status.stderr)).toEqual([]);
  });

  it("deletes the session here with --local, and leaves the provider alone", async () => {
    const world = theWorld();
    await world.signIn();
    expect((await world.run(["logout", "--local"])).stderr).toBe("✓ Signed out here.\n");
    expect(world.provider.sessionAlive()).toBe(true);
    expect((await world.run(["status"])).code).toBe(3);
  });

  it("signs out here when the provider cannot be reached, and says so by exit code", async () => {
    const world = theWorld();
    await world.signIn();
    await world.provider.down();
    const logout = await world.run(["logout"]);
    expect(logout).toMatchObject({ code: 5, stdout: "" });
    expect(logout.stderr).toContain("Not all of the sign-out could be done.");
    expect((await world.run(["status"])).code).toBe(3);
  });

  it("shows help and version on stdout", async () => {
    const world = theWorld();
    const help = await world.run(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const word of ["login", "doctor", "exec -- COMMAND", "CEGAL_KEYSTONE_URL", "Exit codes"]) {
      expect(help.stdout).toContain(word);
    }
    expect((await world.run(["token", "--help"])).stdout).toBe(help.stdout);
    expect(await world.run(["--version"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});

describe("With --json", { timeout: 60_000 }, () => {
  it("every command's result is one line of JSON on stdout, and nothing else is there", async () => {
    const world = theWorld();
    const read = async (...args: string[]): Promise<Record<string, unknown>> => {
      const { stdout } = await world.run([...args, "--json"]);
      expect(stdout.endsWith("\n") && stdout.indexOf("\n") === stdout.length - 1).toBe(true);
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    const login = JSON.parse((await world.signIn(["login", "--json"])).stdout) as unknown;
    const facts = {
      tokenType: "Bearer",
      expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
      scopes: expect.arrayContaining(["hub_connector_api"]),
      audiences: ["hub_connector_api"],
      subject: "alice",
    };
    expect(login).toEqual({ signedIn: true, stored: true, ...facts });
    expect(await read("token")).toEqual({ accessToken: expect.stringMatching(JWT), ...facts });
    expect(await read("header")).toEqual({ Authorization: expect.stringMatching(/^Bearer eyJ/) });
    const whoami = await read("whoami");
    expect(whoami).toMatchObject({
      subject: "alice",
      name: "alice",
      issuer: world.provider.issuer,
      clientId: "prizm",
      renewable: true,
      claims: { sub: "alice", iss: world.provider.issuer },
    });
    expect(world.secretsIn(JSON.stringify(whoami))).toEqual([]);
    expect(await read("status")).toMatchObject({
      settings: {
        issuer: { value: world.provider.issuer, source: "variable CEGAL_KEYSTONE_URL" },
        extraScopes: { value: ["offline_access", "hub_connector_api"], source: "variable CEGAL_KEYSTONE_SCOPES" },
        flow: { value: "auth_code", source: "default" },
        storageDirectory: { value: world.tokens, source: "default" },
      },
      file: null,
      session: { usable: true, renewable: true, subject: "alice", secondsLeft: expect.any(Number) },
    });
    expect(await read("logout")).toEqual({ revocation: "done", providerSession: "skipped", errors: [] });
    expect(await read("status")).toMatchObject({ session: { usable: false, subject: null, expiresAt: null } });
  });

  it("a failure is one line of JSON on stderr, with code, exit code and the fields of the error", async () => {
    const world = theWorld();
    const failed = await world.run(["token", "--json", "--non-interactive"]);
    expect(failed).toMatchObject({ code: 3, stdout: "" });
    expect(JSON.parse(failed.stderr)).toEqual({
      error: {
        code: "login_required",
        message: expect.stringContaining("keystone-auth login"),
        exitCode: 3,
        retryable: false,
        sessionKept: true,
        reason: "no_session",
      },
    });
  });
});

describe("What is done", { timeout: 60_000 }, () => {
  it.each<[string, string[], Record<string, string>, boolean]>([
    ["--verbose", ["--verbose"], {}, true],
    ["CEGAL_KEYSTONE_AUTH_LOG=debug", [], { CEGAL_KEYSTONE_AUTH_LOG: "debug" }, true],
    ["CEGAL_KEYSTONE_AUTH_LOG=info", [], { CEGAL_KEYSTONE_AUTH_LOG: "info" }, false],
    ["neither", [], {}, false],
  ])(
    "DX-05 10 to 20 lines for a first sign-in, 2 to 4 for a stored token, with time and level: %s",
    async (_title, more, env, isAll) => {
      const world = theWorld();
      const lines = ({ stderr }: { stderr: string }) =>
        stderr.split("\n").filter((line) => /^\d{4}-\d\d-\d\dT[\d:.]+Z (debug|info) keystone-auth: /.test(line));
      const first = lines(await world.signIn(["token", ...more], { env }));
      const stored = lines(await world.run(["token", ...more], { env }));
      if (isAll) {
        expect(first.length).toBeGreaterThanOrEqual(10);
        expect(first.length).toBeLessThanOrEqual(20);
        expect(stored).toEqual([
          expect.stringMatching(/read the store: a token with \d+ s left/),
          expect.stringContaining("gives the stored token"),
        ]);
      } else {
        expect([first.length > 0, stored]).toEqual(["CEGAL_KEYSTONE_AUTH_LOG" in env, []]);
        expect(first.join("\n")).not.toContain("read the store");
      }
      // What is said to whoever runs the command has neither.
      const settings = { env: { ...env, CEGAL_KEYSTONE_AUTH_DIR: "/dev/null/none" } };
      const { stderr } = await world.run(["token", "--non-interactive", ...more], settings);
      expect(stderr).toMatch(/^keystone-auth: \S/m);
    },
  );
});

describe("No secret", { timeout: 60_000 }, () => {
  it("stands on stderr, with --verbose, in any command, whether it succeeds or fails", async () => {
    const world = theWorld();
    const { provider } = world;
    const texts: string[] = [];
    const keep = ({ stderr }: { stderr: string }) => texts.push(stderr);
    keep(await world.signIn(["login", "--verbose"]));
    provider.settings.accessTokenLifetimeSeconds = 1;
    for (const command of ["token", "header", "whoami", "status"]) {
      keep(await world.run([command, "--verbose", "--force-refresh"].slice(0, command === "token" ? 3 : 2)));
    }
    provider.once("token", (exchange) => exchange.error("invalid_request", `no ${exchange.form.get("refresh_token")}`));
    keep(await world.run(["token", "--verbose", "--force-refresh", "--non-interactive"]));
    keep(await world.run(["exec", "--verbose", "--", "true"]));
    keep(await world.run(["doctor"]));
    keep(await world.run(["logout", "--verbose"]));
    expect(texts.join("\n").length).toBeGreaterThan(200);
    expect(world.secretsIn(texts.join("\n"))).toEqual([]);
  });
});
