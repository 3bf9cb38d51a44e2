/** `token --id-token`, and kubectl with an API server that checks it. */
import { describe, expect, it } from "vitest";
import { type Claims, decodeJwt } from "../support/fake-provider.js";
import { cli, useWorld } from "./command.js";
import { hasScript, TerminalSession } from "./terminal-run.js";

const theWorld = useWorld();
const info = (interactive: boolean) => ({
  KUBERNETES_EXEC_INFO: JSON.stringify({
    apiVersion: "client.authentication.k8s.io/v1",
    kind: "ExecCredential",
    spec: { interactive },
  }),
});
/** Within the tolerance for clocks, so that it is taken, and over all the same. */
const expired = (claims: Claims): Claims => {
  const now = claims.iat as number;
  return { ...claims, iat: now - 100, exp: now - 10 };
};
const expiryOf = (jwt: string) => new Date((decodeJwt(jwt).exp as number) * 1000);

describe("CM-05 token --id-token", { timeout: 60_000 }, () => {
  it("prints the stored ID Token while it has time left, and asks the provider for nothing", async () => {
    const world = theWorld();
    await world.signIn();
    const requests = world.provider.requests.length;
    const { code, stdout, stderr } = await world.run(["token", "--id-token"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(decodeJwt(stdout.trim())).toMatchObject({ sub: "alice", aud: "prizm", sid: expect.any(String) });
    expect(world.provider.requests).toHaveLength(requests);
  });

  it("--json tells its own expiry and audience, and nothing of the access token", async () => {
    const world = theWorld();
    world.provider.settings.idTokenLifetimeSeconds = 5000;
    await world.signIn();
    const facts = JSON.parse((await world.run(["token", "--id-token", "--json"])).stdout) as Record<string, string>;
    const { idToken = "" } = facts;
    expect(facts).toEqual({
      idToken,
      expiresAt: expiryOf(idToken).toISOString(),
      issuer: world.provider.issuer,
      subject: "alice",
      audiences: ["prizm"],
    });
  });

  it("renews one that has expired by a refresh, although the access token has time left: once for all that ask", async () => {
    const world = theWorld();
    world.provider.settings.editIdToken = expired;
    const { stdout: first } = await world.signIn(["token"]);
    world.provider.settings.editIdToken = undefined;
    world.provider.settings.idTokenLifetimeSeconds = 600;
    const calls = await Promise.all(Array.from({ length: 4 }, () => world.run(["token", "--id-token"])));
    expect(new Set(calls.map(({ stdout }) => stdout)).size).toBe(1);
    expect(expiryOf(calls[0]?.stdout ?? "").getTime()).toBeGreaterThan(Date.now() + 500_000);
    expect(world.provider.ledger.count("token", "refresh_token")).toBe(1);
    expect((await world.run(["token"])).stdout).not.toBe(first);
  });

  it("renews one with less left than is wanted, but not one that lives no longer", async () => {
    const world = theWorld();
    world.provider.settings.idTokenLifetimeSeconds = 60;
    await world.signIn();
    await world.run(["token", "--id-token", "--min-validity", "100"]);
    expect(world.provider.ledger.count("token", "refresh_token")).toBe(0);
    world.provider.settings.editIdToken = (claims) => ({
      ...claims,
      iat: (claims.iat as number) - 50,
      exp: (claims.iat as number) + 20,
    });
    await world.run(["token", "--force-refresh"]);
    world.provider.settings.editIdToken = undefined;
    await world.run(["token", "--id-token"]);
    expect(world.provider.ledger.count("token", "refresh_token")).toBe(2);
  });

  it("where a refresh brings none, a person signs in, or the exit code is 3", async () => {
    const world = theWorld();
    world.provider.settings.editIdToken = expired;
    await world.signIn();
    world.provider.settings.editIdToken = undefined;
    world.provider.settings.idTokenLifetimeSeconds = 600;
    world.provider.on("token", async (exchange) => {
      const answer = await exchange.next();
      if (exchange.form.get("grant_type") === "refresh_token") delete answer.json.id_token;
      return answer;
    });
    const refused = await world.run(["token", "--id-token", "--non-interactive"]);
    expect(refused).toMatchObject({
      code: 3,
      stdout: "",
      stderr: expect.stringContaining("a refresh brought no new one"),
    });
    const granted = await world.signIn(["token", "--id-token"]);
    expect(granted.code).toBe(0);
    expect(expiryOf(granted.stdout).getTime()).toBeGreaterThan(Date.now() + 500_000);
  });

  it("has no meaning for a program that signs in as itself", async () => {
    const world = theWorld();
    const env = {
      CEGAL_KEYSTONE_CLIENT_SECRET: world.provider.settings.clientSecrets.service,
      CEGAL_KEYSTONE_CLIENT_ID: "service",
      CEGAL_KEYSTONE_FLOW: "client_credentials",
    };
    const ended = await world.run(["token", "--id-token"], { env });
    expect(ended).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("--id-token speaks of a person"),
    });
  });
});

describe("CM-05 token --exec-credential", { timeout: 60_000 }, () => {
  it("with --id-token holds the ID Token and its expiry", async () => {
    const world = theWorld();
    world.provider.settings.idTokenLifetimeSeconds = 5000;
    await world.signIn();
    const idToken = (await world.run(["token", "--id-token"])).stdout.trim();
    const { stdout } = await world.run(["token", "--exec-credential", "--id-token"], { env: info(false) });
    const expirationTimestamp = expiryOf(idToken).toISOString().replace(".000Z", "Z");
    expect(JSON.parse(stdout)).toMatchObject({ status: { token: idToken, expirationTimestamp } });
  });

  it("signs in by the browser where kubectl keeps stdin for itself, unless nobody may be asked", async () => {
    const world = theWorld();
    const args = ["token", "--exec-credential"];
    expect((await world.run([...args, "--non-interactive"], { env: info(false) })).code).toBe(3);
    const { code, stdout } = await world.signIn(args, { env: info(false) });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "ExecCredential",
      status: { token: expect.stringMatching(/^eyJ/) },
    });
  });

  it.for([
    ["offers to read a pasted answer at a terminal", {}, true],
    ["reads nothing where kubectl keeps stdin for itself", info(false), false],
  ] as const)("%s", async ([_title, more, pastes], context) => {
    if (!hasScript) context.skip("there is no script of util-linux here");
    const world = theWorld();
    const args = ["token", "--exec-credential", "--no-browser", "--flow", "auth_code_no_fallback"];
    const env = { ...world.env, ...more } as NodeJS.ProcessEnv;
    const terminal = new TerminalSession([process.execPath, cli, ...args], { cwd: world.work, env });
    try {
      await terminal.shows("response_type=code");
      await terminal.shows("Waiting for the sign-in at ");
      expect(terminal.text.includes("paste")).toBe(pastes);
      const url = /^(http\S+response_type=code\S+)$/m.exec(terminal.text)?.[1] ?? "";
      await world.provider.authorize(url);
      expect(await terminal.ended()).toBe(0);
    } finally {
      await terminal.close();
    }
  });
});
