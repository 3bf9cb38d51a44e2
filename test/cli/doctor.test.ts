import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gate, type RunOptions, useWorld, type World } from "./command.js";

const theWorld = useWorld();

interface Line {
  readonly name: string;
  readonly state: "ok" | "warning" | "failed" | "none";
  readonly found: string;
  readonly todo: string | null;
}

/** The report as JSON, by the names of its checks. */
async function examine(world: World, args: string[] = [], options: RunOptions = {}) {
  const { code, stdout, stderr } = await world.run(["doctor", "--json", ...args], options);
  const report = JSON.parse(stdout) as { healthy: boolean; checks: Line[] };
  const checks = Object.fromEntries(report.checks.map((check) => [check.name, check])) as Record<string, Line>;
  const failed = report.checks.filter(({ state }) => state === "failed").map(({ name }) => name);
  expect(report.healthy).toBe(code === 0);
  return { code, stdout, stderr, checks, failed };
}

describe("doctor", { timeout: 90_000 }, () => {
  it("finds nothing wrong with a healthy set-up, and leaves it as it was", async () => {
    const world = theWorld();
    const before = await examine(world);
    expect(before).toMatchObject({ code: 0, stderr: "", failed: [] });
    expect(readdirSync(world.home)).toEqual([]);
    expect(before.checks.storage?.found).toBe("~/.cegal-keystone/tokens is made with the first sign-in");
    expect(before.checks.session?.found).toBe("nobody is signed in");

    await world.signIn();
    const files = readdirSync(world.tokens);
    const text = await world.run(["doctor"]);
    expect(text).toMatchObject({ code: 0, stderr: "" });
    for (const name of [
      "settings",
      "discovery",
      "clock",
      "browser",
      "redirect",
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
    expect(other).toMatchObject({ code: 5, failed: ["discovery"] });
    expect(other.checks.discovery?.found).toBe(
      `the metadata is that of https://other.example/identity, not of ${provider.issuer}`,
    );
    expect(other.stdout).not.toContain("CANARY");

    delete provider.metadata.issuer;
    provider.on("discovery", async (exchange) => {
      const answer = await exchange.next();
      return { ...answer, headers: { ...answer.headers, date: new Date(Date.now() + 600_000).toUTCString() } };
    });
    const late = await examine(world, device);
    expect(late).toMatchObject({ code: 7, failed: ["clock", "device flow"] });
    expect(late.checks.clock?.found).toMatch(
      /^this machine is (599|600|601) s behind the provider, more than the 120 s/,
    );

    await provider.down();
    const down = await examine(world, device);
    expect(down).toMatchObject({ code: 5, failed: ["discovery"] });
    expect(down.checks.discovery).toMatchObject({
      found: expect.stringContaining("ECONNREFUSED"),
      todo: "Check the network and the VPN; look at the proxy below.",
    });
    expect(down.checks["device flow"]?.state).toBe("none");
    expect(down.checks.storage?.state).toBe("ok");
  });

  it("names what is wrong with this machine: the port, the browser, the directory", async () => {
    const world = theWorld();
    const config = join(world.work, "ports.json");
    writeFileSync(config, JSON.stringify({ loopback: { ports: [world.provider.port] } }));
    mkdirSync(world.tokens, { recursive: true });
    chmodSync(world.tokens, 0o777);
    const env = { BROWSER: "", CI: "true" };
    const found = await examine(world, ["--config", config, "--flow", "auth_code_no_fallback"], { env });
    expect(found).toMatchObject({ code: 1, failed: ["browser", "redirect", "storage", "session", "lock"] });
    expect(found.checks.browser?.found).toContain("this is a CI run (CI is set)");
    expect(found.checks.redirect?.found).toContain(`port ${world.provider.port} cannot be had`);
    expect(found.checks.storage?.found).toMatch(
      /^Other users can write to ~\/\.cegal-keystone\/tokens, so it is not used\./,
    );

    writeFileSync(join(world.work, "file"), "");
    const directory = join(world.work, "file", "tokens");
    const below = await examine(world, ["--storage-directory", directory], { env });
    expect(below.failed).toContain("storage");
    expect(below.checks.redirect?.state).toBe("none");
    expect(below.checks.browser).toMatchObject({
      state: "none",
      found: expect.stringContaining("the device flow is used"),
    });
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
    expect(found.checks.lock?.found).toContain(`process ${renewing.child.pid}`);
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
      state: "warning",
      found: expect.stringMatching(
        /^HTTPS_PROXY=http:\/\/proxy\.example:3128\/, http_proxy=http:\/\/proxy\.example:8080; Node does/,
      ),
    });
    expect(found.checks.certificates).toMatchObject({
      state: "warning",
      found: "NODE_EXTRA_CA_CERTS=~/USER/ca.pem cannot be read (ENOENT), and Node goes on without it",
    });
    expect(found.stdout).not.toContain("CANARY");
    expect(found.stdout).not.toContain(world.home);
    const open = await examine(world, [], { env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" } });
    expect(open.checks.certificates?.found).toContain("no certificate is checked");
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
    expect(found.checks.settings?.found).toMatch(
      /^~\/keystone-auth\.json, key "clientSecret": a secret does not belong/,
    );
    expect(Object.keys(found.checks)).toEqual(["settings", "keychain", "proxy", "certificates"]);
    expect(found.stdout).not.toContain("CANARY");
    expect(world.provider.requests).toHaveLength(0);
  });
});
