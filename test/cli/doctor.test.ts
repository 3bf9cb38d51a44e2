import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gate, type RunOptions, useWorld, type World } from "./command.js";

const theWorld = useWorld();

interface Line {
  readonly check: string;
  readonly outcome: "ok" | "warning" | "failed" | "skipped";
  readonly message: string;
  readonly advice: string | null;
}

/** The report as JSON, by the names of its checks. */
async function examine(world: World, args: string[] = [], options: RunOptions = {}) {
  const { code, stdout, stderr } = await world.run(["doctor", "--json", ...args], options);
  const report = JSON.parse(stdout) as { healthy: boolean; checks: Line[] };
  const checks = Object.fromEntries(report.checks.map((line) => [line.check, line])) as Record<string, Line>;
  const failed = report.checks.filter(({ outcome }) => outcome === "failed").map(({ check }) => check);
  expect(report.healthy).toBe(code === 0);
  return { code, stdout, stderr, checks, failed };
}

describe("doctor", { timeout: 90_000 }, () => {
  it("finds nothing wrong with a healthy set-up, and leaves it as it was", async () => {
    const world = theWorld();
    const before = await examine(world);
    expect(before).toMatchObject({ code: 0, stderr: "", failed: [] });
    expect(readdirSync(world.home)).toEqual([]);
    expect(before.checks.storage?.message).toBe("~/.cegal-keystone/tokens is made with the first sign-in.");
    expect(before.checks.session?.message).toBe("Nobody is signed in.");

    await world.signIn();
    const files = readdirSync(world.tokens);
    const text = await world.run(["doctor"]);
    expect(text).toMatchObject({ code: 0, stderr: "" });
    for (const name of [
      "settings",
      "metadata",
      "keys",
      "clock",
      "client",
      "redirect URI",
      "scopes",
      "browser",
      "device flow",
      "storage",
      "session",
      "lock",
    ]) {
      expect(text.stdout).toMatch(new RegExp(`^✓ ${name} `, "m"));
    }
    for (const name of ["keychain", "proxy", "certificates"])
      expect(text.stdout).toMatch(new RegExp(`^[✓!–] ${name} `, "m"));
    expect(text.stdout).toContain("Nothing stands in the way of a sign-in.");
    expect(readdirSync(world.tokens)).toEqual(files);
  });

  it("names what is wrong with the provider: not reached, another issuer, no device flow, another time", async () => {
    const world = theWorld();
    const { provider } = world;
    provider.metadata.issuer = "https://user:CANARY@other.example/identity?key=CANARY";
    provider.metadata.device_authorization_endpoint = undefined;
    const device = ["--flow", "device_code"];
    const other = await examine(world, device);
    expect(other).toMatchObject({ code: 5, failed: ["metadata"] });
    expect(other.checks.metadata?.message).toBe(
      `${provider.issuer}/.well-known/openid-configuration holds the metadata of another issuer: it says "https://other.example/identity", and the option issuer is "${provider.issuer}".`,
    );
    expect(other.stdout).not.toContain("CANARY");

    delete provider.metadata.issuer;
    provider.on("discovery", async (exchange) => {
      const answer = await exchange.next();
      return { ...answer, headers: { ...answer.headers, date: new Date(Date.now() + 600_000).toUTCString() } };
    });
    const late = await examine(world, device);
    expect(late).toMatchObject({ code: 7, failed: ["clock", "device_flow"] });
    expect(late.checks.clock?.message).toMatch(
      /^This machine's clock is (599|600|601) s behind the provider's, more than the 120 s/,
    );

    await provider.down();
    const down = await examine(world, device);
    expect(down).toMatchObject({ code: 5, failed: ["metadata"] });
    expect(down.checks.metadata).toMatchObject({
      message: expect.stringContaining("ECONNREFUSED"),
      advice: "Check the option issuer (its host and port), the network, the VPN and the proxy.",
    });
    expect(down.checks.device_flow?.outcome).toBe("skipped");
    expect(down.checks.storage?.outcome).toBe("ok");
  });

  it("names what is wrong with this machine: the port, the browser, the directory", async () => {
    const world = theWorld();
    const config = join(world.work, "ports.json");
    writeFileSync(config, JSON.stringify({ loopback: { ports: [world.provider.port] } }));
    mkdirSync(world.tokens, { recursive: true });
    chmodSync(world.tokens, 0o777);
    const env = { BROWSER: "", CI: "true" };
    const found = await examine(world, ["--config", config, "--flow", "auth_code_no_fallback"], { env });
    expect(found).toMatchObject({ code: 1, failed: ["redirect_uri", "browser", "storage", "session", "lock"] });
    expect(found.checks.browser?.message).toContain("this is a CI run (CI is set)");
    expect(found.checks.redirect_uri?.message).toContain(`port ${world.provider.port} cannot be had`);
    expect(found.checks.storage?.message).toMatch(
      /^Other users can write to ~\/\.cegal-keystone\/tokens, so it is not used\./,
    );

    writeFileSync(join(world.work, "file"), "");
    const directory = join(world.work, "file", "tokens");
    const below = await examine(world, ["--storage-directory", directory], { env });
    expect(below.failed).toContain("storage");
    // A CI run has nobody who reads a code.
    expect(below.checks.browser).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("nobody can be asked here"),
    });
    const asked = { ...env, CEGAL_KEYSTONE_AUTH_DEVICE_FLOW: "true" };
    const byCode = await examine(world, ["--storage-directory", directory], { env: asked });
    expect([byCode.checks.redirect_uri?.outcome, byCode.checks.browser?.outcome]).toEqual(["skipped", "skipped"]);
  });

  it("names the process that holds the session's lock", async () => {
    const world = theWorld();
    await world.signIn();
    const [sent, mayAnswer] = [gate(), gate()];
    world.provider.once("token", async (exchange) => {
      sent.resolve();
      await mayAnswer.promise;
      return await exchange.next();
    });
    const renewing = world.start(["token", "--force-refresh"]);
    await sent.promise;
    const found = await examine(world);
    mayAnswer.resolve();
    expect(found).toMatchObject({ code: 6, failed: ["lock"] });
    expect(found.checks.lock?.message).toContain(`process ${renewing.child.pid}`);
    expect((await renewing.ended).code).toBe(0);
  });

  it("shows proxies and certificates without their secrets, and a home directory as ~", async () => {
    const world = theWorld();
    const { username } = userInfo();
    const env = {
      HTTPS_PROXY: "http://CANARY-user:CANARY-password@proxy.example:3128/?CANARY",
      http_proxy: "CANARY-user:CANARY-password@proxy.example:8080",
      NODE_EXTRA_CA_CERTS: join(world.home, username, "ca.pem"),
    };
    const found = await examine(world, [], { env });
    expect(found.code).toBe(0);
    expect(found.checks.proxy).toMatchObject({
      outcome: "warning",
      message: "HTTPS_PROXY and http_proxy are set, and Node does not use them.",
    });
    expect(found.checks.certificates).toMatchObject({
      outcome: "warning",
      message: "NODE_EXTRA_CA_CERTS names ~/USER/ca.pem, which cannot be read (ENOENT); Node goes on without it.",
    });
    expect(found.stdout).not.toMatch(/CANARY|proxy\.example/);
    expect(found.stdout).not.toContain(world.home);
    const open = await examine(world, [], { env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" } });
    expect(open.checks.certificates?.message).toContain("no certificate is checked");
  });

  it("holds no secret of the session", async () => {
    const world = theWorld();
    await world.signIn();
    const { stdout } = await world.run(["doctor"]);
    expect(world.secretsIn(stdout)).toEqual([]);
    expect(stdout).not.toContain("alice");
  });

  it("says what is wrong with the settings, and checks what needs none", async () => {
    const world = theWorld();
    const path = join(world.home, "keystone-auth.json");
    writeFileSync(path, JSON.stringify({ clientSecret: "CANARY" }));
    const found = await examine(world, [], { cwd: world.home });
    expect(found).toMatchObject({ code: 2, failed: ["settings"] });
    expect(found.checks.settings?.message).toMatch(
      /^~\/keystone-auth\.json, key "clientSecret": a secret does not belong/,
    );
    expect(Object.keys(found.checks)).toEqual(["settings", "proxy", "certificates"]);
    expect(found.stdout).not.toContain("CANARY");
    expect(world.provider.requests).toHaveLength(0);
  });
});
