/** The proxies that the environment names. `npm run proxies` has the same with real proxies and other versions of Node. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { knowsSystemAuthorities, networkHint } from "../../../src/node/network/hint.js";
import {
  knowsProxies,
  proxyAddress,
  proxyEnvironment,
  proxyUse,
  proxyVariable,
  type Runtime,
} from "../../../src/node/network/proxies.js";

const url = "https://id.corp.example/identity";

describe("TM-11 The variable for an address", () => {
  it.each([
    [url, { HTTPS_PROXY: "x" }, "HTTPS_PROXY"],
    [url, { https_proxy: "x", HTTPS_PROXY: "y" }, "https_proxy"],
    [url, { https_proxy: "", HTTPS_PROXY: "y" }, undefined],
    [url, { HTTP_PROXY: "x" }, "HTTP_PROXY"],
    [url, { ALL_PROXY: "x" }, "ALL_PROXY"],
    [url, { all_proxy: "x", HTTPS_PROXY: "y" }, "HTTPS_PROXY"],
    ["http://id.corp.example/", { HTTPS_PROXY: "x" }, undefined],
    ["http://id.corp.example/", { HTTPS_PROXY: "x", http_proxy: "y" }, "http_proxy"],
    [url, {}, undefined],
    [url, { NO_PROXY: "x" }, undefined],
  ])("%s with %j: %s", (address, env, name) => expect(proxyVariable(address, env)).toBe(name));

  it.each([
    ["*", url, true],
    ["id.corp.example", url, true],
    ["corp.example", url, true],
    [".corp.example", url, true],
    ["*.corp.example", url, true],
    ["CORP.example", url, true],
    ["other.example, corp.example", url, true],
    ["other.example corp.example", url, true],
    ["id.corp.example:443", url, true],
    ["id.corp.example:8443", url, false],
    ["p.example", url, false],
    ["", url, false],
    ["[::1]", "http://[::1]:80/", true],
    ["[::1]:8080", "http://[::1]:8080/", true],
    ["127.0.0.1:8080", "http://127.0.0.1:8081/", false],
  ])("NO_PROXY %j of %s excepts it: %s", (list, address, isExcepted) => {
    const env = { HTTPS_PROXY: "x", HTTP_PROXY: "x", NO_PROXY: list };
    expect(proxyVariable(address, env) === undefined).toBe(isExcepted);
    expect(proxyVariable(address, { ...env, NO_PROXY: "*", no_proxy: list }) === undefined).toBe(isExcepted);
  });
});

const runtime = (version: string, env: Record<string, string>, more: Partial<Runtime> = {}): Runtime => ({
  version,
  env: { HTTPS_PROXY: "http://user:CANARY@proxy.example:3128", ...env },
  args: [],
  isNode: true,
  ...more,
});

describe("TM-11 The variables are", () => {
  it.each([
    ["unused", runtime("v20.20.2", { NODE_USE_ENV_PROXY: "1" })],
    ["unused", runtime("v22.20.0", { NODE_USE_ENV_PROXY: "1" })],
    ["used", runtime("v22.21.0", { NODE_USE_ENV_PROXY: "1" })],
    ["unused", runtime("v23.11.0", { NODE_USE_ENV_PROXY: "1" })],
    ["used", runtime("v24.0.0", { NODE_USE_ENV_PROXY: "1" })],
    ["unused", runtime("v24.5.0", { NODE_USE_ENV_PROXY: "true" })],
    ["used", runtime("v24.5.0", { NODE_OPTIONS: "--no-warnings --use-env-proxy" })],
    ["used", runtime("v26.0.0", {}, { args: ["--use-env-proxy"] })],
    ["unused", runtime("v26.0.0", {})],
    // Set after the start.
    ["unused", runtime("v26.0.0", { NODE_USE_ENV_PROXY: "1" }, { dispatcher: "Agent" })],
    ["used", runtime("v20.20.2", {}, { dispatcher: "EnvHttpProxyAgent" })],
    ["own", runtime("v20.20.2", {}, { dispatcher: "ProxyAgent" })],
    ["own", runtime("v24.3.0", {}, { isNode: false })],
  ])("%s: %j", (use, how) => expect(proxyUse(how)).toBe(use));
});

describe("TM-11 An error says of a proxy that was not used", () => {
  const hint = (how: Runtime, isLate = false, causeCode: string | undefined = "ENOTFOUND") =>
    networkHint({ url, causeCode, isLate }, how);

  it.each([
    [
      "v20.20.2",
      /^Try again.* HTTPS_PROXY is set and was not used: .*Node 22\.21 or 24.*In Node 20\.20\.2 .*option fetch undici's ProxyAgent/,
    ],
    ["v23.11.0", /In Node 23\.11\.0 /],
    ["v22.21.0", /HTTPS_PROXY is set and was not used: .*only, set NODE_USE_ENV_PROXY=1\.$/],
    ["v26.12.0", /only, set NODE_USE_ENV_PROXY=1\.$/],
  ])("what to do in Node %s", (version, says) => {
    expect(hint(runtime(version, {}))).toMatch(says);
    expect(hint(runtime(version, {}), true)).toMatch(/^HTTPS_PROXY is set/);
    expect(hint(runtime(version, {}))).not.toMatch(/CANARY|proxy\.example/);
  });

  it("nothing where it is excepted, where another part sends the requests, and where none is named", () => {
    expect(hint(runtime("v24.0.0", { NO_PROXY: "corp.example" }))).toBeUndefined();
    expect(hint(runtime("v24.0.0", {}, { dispatcher: "MockAgent" }))).toBeUndefined();
    expect(hint(runtime("v24.0.0", { HTTPS_PROXY: "" }))).toBeUndefined();
  });

  it("what a certificate that Node does not take needs first", () => {
    const unknown = "UNABLE_TO_GET_ISSUER_CERT_LOCALLY";
    expect(hint(runtime("v24.0.0", {}), false, unknown)).toMatch(/^The certificate .*NODE_EXTRA_CA_CERTS\.$/);
    expect(hint(runtime("v24.6.0", {}), false, unknown)).toMatch(/NODE_EXTRA_CA_CERTS, or set NODE_USE_SYSTEM_CA=1/);
  });

  it("that one was used, and which", () => {
    expect(hint(runtime("v24.0.0", {}, { dispatcher: "EnvHttpProxyAgent" }))).toMatch(
      /goes through the proxy of HTTPS_PROXY/,
    );
  });

  it.each([
    [
      "ALL_PROXY",
      "http://proxy.example",
      /ALL_PROXY is set and was not used: .*name it in HTTPS_PROXY, which Node reads, and set/,
    ],
    ["HTTPS_PROXY", "socks5://u:CANARY@proxy.example", /names no http or https proxy/],
  ])("%s=%s: what is the matter with it", (name, value, says) => {
    const text = hint(runtime("v24.0.0", { HTTPS_PROXY: "", [name]: value }));
    expect(text).toMatch(says);
    expect(text).not.toMatch(/CANARY|proxy\.example/);
  });
});

describe("TM-11 The environment for a Node that is started again", () => {
  it.each([
    [{ HTTPS_PROXY: "http://p:1" }, { HTTPS_PROXY: "http://p:1" }],
    [
      { HTTPS_PROXY: "u:pw@p:1", NO_PROXY: "a" },
      { HTTPS_PROXY: "http://u:pw@p:1", NO_PROXY: "a" },
    ],
    [{ ALL_PROXY: "p:1" }, { ALL_PROXY: "http://p:1", HTTPS_PROXY: "http://p:1", HTTP_PROXY: "http://p:1" }],
    [
      { all_proxy: "https://p", https_proxy: "" },
      { all_proxy: "https://p", https_proxy: "https://p", HTTP_PROXY: "https://p" },
    ],
    [
      { HTTPS_PROXY: "socks5://p", HTTP_PROXY: "p:1" },
      { HTTPS_PROXY: "", HTTP_PROXY: "http://p:1" },
    ],
    [{ HTTPS_PROXY: "socks5://p" }, undefined],
    [{ HTTPS_PROXY: "http://[" }, undefined],
    [{ NO_PROXY: "a" }, undefined],
  ])("%j is %j", (env, usable) => expect(proxyEnvironment(env)).toEqual(usable));

  it("has no address that Node would not take at its start", () => {
    expect(proxyAddress("X", { X: "proxy.example:3128" })).toBe("http://proxy.example:3128");
    expect(proxyAddress("X", { X: "ftp://proxy.example" })).toBeUndefined();
  });
});

describe("TM-11 The documents name the versions that the code goes by", () => {
  const guide = readFileSync(new URL("../../../docs/node.md", import.meta.url), "utf8");
  it.each([
    ["NODE_USE_ENV_PROXY=1", knowsProxies],
    ["NODE_USE_SYSTEM_CA=1", knowsSystemAuthorities],
  ] as const)("for %s", (name, knows) => {
    const [, ...since] =
      new RegExp(`^\\| \`${name}\` \\| (\\d+)\\.(\\d+), (\\d+)\\.(\\d+) `, "m").exec(guide)?.map(Number) ?? [];
    const [major = 0, minor = 0, next = 0, later = 0] = since;
    expect([`v${major}.${minor}.0`, `v${next}.${later}.0`].map(knows)).toEqual([true, true]);
    expect([`v${major}.${minor - 1}.0`, `v${next}.${later - 1}.0`].map(knows)).toEqual([false, false]);
  });
});
