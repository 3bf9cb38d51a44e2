/** Node's own switches for proxies and authorities, by whichever Node runs this: `npm run proxies` takes several. */
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { afterEach, beforeAll, beforeEach, expect, test, type TestContext } from "vitest";
import { knowsSystemAuthorities } from "../../../src/node/network/hint.js";
import { knowsProxies } from "../../../src/node/network/proxies.js";
import { ensureBuilt, runProgram } from "../../packaging/built-package.js";
import { type FakeProvider, startFakeProvider } from "../../support/fake-provider.js";
import { type ForwardProxy, startForwardProxy } from "../../support/forward-proxy.js";
import { useScratchDirectories } from "../../support/scratch.js";
import { privateAuthority } from "../../support/test-certificates.js";

const scratch = useScratchDirectories();
const secret = "CANARY-client-secret";
let proxy: ForwardProxy;
let provider: FakeProvider;
let authority: string;

beforeAll(ensureBuilt, 60_000);

beforeEach(async () => {
  proxy = await startForwardProxy();
  const tls = privateAuthority.server;
  provider = await startFakeProvider({ host: "id.corp.invalid", tls, clientSecrets: { service: secret } });
  authority = join(scratch(), "ca.pem");
  writeFileSync(authority, privateAuthority.ca);
});

afterEach(async () => {
  await provider.close();
  await proxy.close();
});

/** What a program prints that asks for a token, and then for the findings on proxies and certificates. */
async function ask(env: Record<string, string>, nodeArgs: readonly string[] = []) {
  const options = { clientId: "service", clientSecret: secret, flow: "client_credentials", storage: "memory" };
  const program = `import { OidcClient } from "keystone-auth/node";
const client = new OidcClient(${JSON.stringify({ ...options, issuer: provider.issuer })});
const token = await client.getAccessToken().then(() => "had", ({ message }) => message);
const found = Object.fromEntries((await client.diagnose()).map(({ check, outcome, message }) => [check, outcome + " " + message]));
console.log(JSON.stringify({ token, proxy: found.proxy, certificates: found.certificates }));
await client.close();`;
  const place = { PATH: process.env.PATH, HOME: scratch() };
  const { stdout, stderr } = await runProgram(program, { nodeArgs, env: { ...place, ...env } as NodeJS.ProcessEnv });
  return { ...(JSON.parse(stdout) as { token: string; proxy: string; certificates: string }), stderr };
}

const needsProxies = (context: TestContext) =>
  context.skip(!knowsProxies(process.version), `Node ${process.version} has no NODE_USE_ENV_PROXY: npm run proxies`);

test("TM-11 with a proxy variable alone the proxy is not asked, and the error and the finding say so", async () => {
  const { token, proxy: found } = await ask({ HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: authority });
  expect(token).toMatch(/HTTPS_PROXY is set and was not used/);
  expect(found).toBe("warning HTTPS_PROXY is set, and Node does not use it.");
  expect(proxy.asked).toEqual([]);
});

test.for<[string, Record<string, string>, string[]]>([
  ["NODE_USE_ENV_PROXY=1", { NODE_USE_ENV_PROXY: "1" }, []],
  ["--use-env-proxy", {}, ["--use-env-proxy"]],
  ["--use-env-proxy in NODE_OPTIONS", { NODE_OPTIONS: "--use-env-proxy" }, []],
])("TM-11 with %s the token comes through the proxy, and the finding says so", async ([, env, args], context) => {
  needsProxies(context);
  const found = await ask({ HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: authority, ...env }, args);
  expect(found).toMatchObject({ token: "had", proxy: "ok HTTPS_PROXY is set, and Node uses it." });
  expect(new Set(proxy.asked)).toEqual(new Set([`id.corp.invalid:${provider.port}`]));
});

test("TM-11 with NODE_USE_ENV_PROXY=1 a proxy that does not answer is named by its variable, and NO_PROXY holds", async (context) => {
  needsProxies(context);
  const env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: authority, NODE_USE_ENV_PROXY: "1" };
  const excepted = await ask({ ...env, NO_PROXY: ".corp.invalid" });
  expect(excepted.token).not.toMatch(/PROXY/);
  expect(excepted.proxy).toMatch(/^ok HTTPS_PROXY is set, and not for the issuer's address/);
  expect(proxy.asked).toEqual([]);
  await proxy.close();
  const gone = await ask(env);
  expect(gone.token).toMatch(/goes through the proxy of HTTPS_PROXY: see that it answers/);
});

test.for<[string, Record<string, string>, string[], (version: string) => boolean]>([
  ["NODE_USE_SYSTEM_CA=1", { NODE_USE_SYSTEM_CA: "1" }, [], knowsSystemAuthorities],
  ["--use-system-ca", {}, ["--use-system-ca"], knowsProxies],
])(
  "TM-11 with %s an authority of the system is trusted, and the finding says so",
  async ([, env, args, knows], context) => {
    needsProxies(context);
    context.skip(!knows(process.version), `Node ${process.version} has no such switch: npm run proxies`);
    // Where OpenSSL looks for the system's authorities.
    const system = { HTTPS_PROXY: proxy.url, NODE_USE_ENV_PROXY: "1", SSL_CERT_FILE: authority };
    const without = await ask(system);
    expect(without.token).toMatch(
      /signed by nobody whom Node knows: .*NODE_EXTRA_CA_CERTS, or set NODE_USE_SYSTEM_CA=1/,
    );
    expect(without.certificates).toMatch(/the authorities that Node brings are trusted/);
    const found = await ask({ ...system, ...env }, args);
    expect(found.token).toBe("had");
    expect(found.certificates).toMatch(/and those of the system are trusted/);
  },
);
