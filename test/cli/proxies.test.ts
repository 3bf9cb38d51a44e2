/** The command behind a proxy, by whichever Node runs this: `npm run proxies` takes several. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { knowsProxies } from "../../src/node/network/proxies.js";
import { type ForwardProxy, PROXY_PASSWORD, startForwardProxy } from "../support/forward-proxy.js";
import { privateAuthority } from "../support/test-certificates.js";
import { useWorld, type World } from "./command.js";

const startsAgain = knowsProxies(process.version);
let proxy: ForwardProxy;
beforeEach(async () => {
  proxy = await startForwardProxy();
});
afterEach(() => proxy.close());

/** A proxy in the environment, an authority of the company's own, and a note of each start of Node. */
function behindProxy(world: World, more: Record<string, string> = {}) {
  const [authority, preload, starts] = ["ca.pem", "preload.mjs", "starts"].map((name) => join(world.directory, name));
  writeFileSync(authority as string, privateAuthority.ca);
  const note = `import { appendFileSync } from "node:fs"; appendFileSync(process.env.STARTS, process.pid + "\\n");`;
  writeFileSync(preload as string, `${note}\nif (process.env.WITHOUT_EXECVE) delete process.execve;`);
  const env = {
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: authority,
    NODE_OPTIONS: `--import ${preload}`,
    STARTS: starts,
    ...more,
  };
  const pids = () =>
    existsSync(starts as string)
      ? readFileSync(starts as string, "utf8")
          .trim()
          .split("\n")
      : [];
  return { env, pids };
}

const asProgram = {
  CEGAL_KEYSTONE_CLIENT_ID: "service",
  CEGAL_KEYSTONE_CLIENT_SECRET: "CANARY-client-secret",
  CEGAL_KEYSTONE_FLOW: "client_credentials",
  CEGAL_KEYSTONE_SCOPES: "hub_connector_api",
};

describe("TM-11 With a provider that a proxy alone can find", () => {
  const theWorld = useWorld({
    host: "id.corp.invalid",
    tls: privateAuthority.server,
    clientSecrets: { service: asProgram.CEGAL_KEYSTONE_CLIENT_SECRET },
  });

  it.each([
    ["HTTPS_PROXY", (url: string) => ({ HTTPS_PROXY: url })],
    ["a value without http://", (url: string) => ({ HTTPS_PROXY: url.replace("http://", "") })],
    ["ALL_PROXY alone", (url: string) => ({ HTTPS_PROXY: "", ALL_PROXY: url })],
  ])("the command goes through %s, and says nothing of it", async (_title, variables) => {
    const world = theWorld();
    const { env } = behindProxy(world, { ...asProgram, ...variables(proxy.url) });
    const token = await world.run(["token"], { env });
    expect(token).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\S+\n$/), stderr: "" });
    expect(new Set(proxy.asked)).toEqual(new Set([`id.corp.invalid:${world.provider.port}`]));
  });

  it("doctor says that the proxy is used", async () => {
    const world = theWorld();
    const { env } = behindProxy(world, asProgram);
    const { stdout } = await world.run(["doctor", "--json"], { env });
    const { checks } = JSON.parse(stdout) as { checks: { check: string; outcome: string; message: string }[] };
    expect(checks.find(({ check }) => check === "proxy")).toMatchObject({
      outcome: "ok",
      message: "HTTPS_PROXY is set, and Node uses it.",
    });
    expect(checks.find(({ check }) => check === "metadata")).toMatchObject({ outcome: "ok" });
  });

  it("where this Node cannot, and undici is not there, the error says the way", async (context) => {
    context.skip(startsAgain, `Node ${process.version} needs no undici`);
    const world = theWorld();
    const hook = `export const resolve = (name, context, next) => { if (name === "undici") throw new Error("gone"); return next(name, context); };`;
    const without = join(world.directory, "without-undici.mjs");
    const register = `import { register } from "node:module"; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});`;
    writeFileSync(without, register);
    const { env } = behindProxy(world, { ...asProgram, NODE_OPTIONS: `--import ${without}` });
    const token = await world.run(["token"], { env });
    expect(token).toMatchObject({ code: 5, stdout: "" });
    expect(token.stderr).toMatch(/HTTPS_PROXY is set and was not used: .*the command needs the package undici 7/);
    expect(token.stderr).not.toContain(PROXY_PASSWORD);
    expect(proxy.asked).toEqual([]);
  });
});

describe("TM-11 With a provider on this machine", () => {
  const theWorld = useWorld({ tls: privateAuthority.server });

  it("NO_PROXY excepts it, and without that it is asked by the proxy", async () => {
    const world = theWorld();
    const { env } = behindProxy(world);
    expect(await world.signIn(["login"], { env: { ...env, NO_PROXY: "127.0.0.1" } })).toMatchObject({ code: 0 });
    expect(proxy.asked).toEqual([]);
    expect(await world.signIn(["login"], { env })).toMatchObject({ code: 0 });
    expect(proxy.asked).toContain(`127.0.0.1:${world.provider.port}`);
  });

  it("a stored token costs no second start, and a renewal that one", async () => {
    const world = theWorld();
    const { env, pids } = behindProxy(world);
    await world.signIn(["login"], { env: { ...env, NO_PROXY: "*" } });
    const before = pids().length;
    expect((await world.run(["token"], { env })).code).toBe(0);
    expect(pids().length - before).toBe(1);
    expect(proxy.asked).toEqual([]);
    expect((await world.run(["token", "--force-refresh"], { env })).code).toBe(0);
    expect(pids().length - before).toBe(startsAgain ? 3 : 2);
    expect(proxy.asked).not.toEqual([]);
    // The process is the same one all the same.
    if (startsAgain) expect(new Set(pids().slice(-2)).size).toBe(1);
  });

  it("what exec runs has the environment that was given", async () => {
    const world = theWorld();
    const { env } = behindProxy(world, { HTTPS_PROXY: proxy.url });
    await world.signIn(["login"], { env: { ...env, NO_PROXY: "*" } });
    const names = `process.stdout.write(Object.keys(process.env).filter((name) => /PROXY|AGAIN/.test(name)).join())`;
    const args = ["exec", "--force-refresh", "--", process.execPath, "-e", names];
    expect(await world.run(args, { env })).toMatchObject({ code: 0, stdout: "HTTPS_PROXY" });
    expect(proxy.asked).not.toEqual([]);
  });

  it("NODE_USE_ENV_PROXY=0 keeps the command from proxies", async () => {
    const world = theWorld();
    const { env, pids } = behindProxy(world, { NODE_USE_ENV_PROXY: "0" });
    expect(await world.signIn(["login"], { env })).toMatchObject({ code: 0 });
    expect([proxy.asked, pids().length]).toEqual([[], 1]);
  });

  it.each([
    ["in the same process", {}],
    ["in a child process, as on Windows", { WITHOUT_EXECVE: "1" }],
  ])("exit code, stdin and signals are those of the command %s", async (_title, more) => {
    const world = theWorld();
    const { env } = behindProxy(world, more);
    expect((await world.run(["token", "--non-interactive"], { env })).code).toBe(3);
    const login = world.start(["login"], { env });
    await world.addressOf(login);
    login.child.kill("SIGTERM");
    const { code, stderr } = await login.ended;
    expect([code, stderr]).toEqual([143, expect.stringContaining("Interrupted.")]);
    await world.signIn(["login"], { env });
    const git = ["git-credential", "get", "--host", "git.example.com"];
    const answer = await world.run(git, { env, stdin: "protocol=https\nhost=git.example.com\n\n" });
    expect(answer.stdout).toMatch(/^password=\S+$/m);
  });
});
