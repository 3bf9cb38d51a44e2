/** What the documents advise, against a real forward proxy, a provider that it alone can find, and a company's own authority. */
import { createServer } from "node:net";
import { Agent, type Dispatcher, fetch as send, ProxyAgent } from "undici";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { OidcClient, type OidcClientOptions } from "../../../src/node/index.js";
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "../../support/fake-provider.js";
import { type ForwardProxy, PROXY_PASSWORD, startForwardProxy } from "../../support/forward-proxy.js";
import { privateAuthority } from "../../support/test-certificates.js";

const { ca, client: shown, server: tls } = privateAuthority;
let proxy: ForwardProxy;
const open: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  proxy = await startForwardProxy();
  vi.stubEnv("HTTPS_PROXY", proxy.url);
  vi.stubEnv("NO_PROXY", "");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const each of [...open.splice(0), proxy]) await each.close();
});

async function start(options: FakeProviderOptions): Promise<FakeProvider> {
  const provider = await startFakeProvider({ clientSecrets: { service: "CANARY-client-secret" }, ...options });
  open.unshift(provider);
  return provider;
}

/** A program that needs no person. */
function clientOf(issuer: string, options: Partial<OidcClientOptions> = {}): OidcClient {
  const client = new OidcClient({
    clientId: "service",
    clientSecret: "CANARY-client-secret",
    flow: "client_credentials",
    issuer,
    storage: "memory",
    allowInsecureLoopback: true,
    ...options,
  });
  open.unshift(client);
  return client;
}

/** As the documents have it. */
const through = (dispatcher: Dispatcher) =>
  ((url: string, init: object) => send(url, { ...init, dispatcher })) as unknown as typeof fetch;

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable(),
    (error: unknown) => error as Error,
  );

test("TM-11 a provider behind a proxy that is not used: NetworkError says so by the variable's name, and what to do", async () => {
  const { issuer } = await start({ host: "id.corp.invalid", tls });
  const error = await failureOf(clientOf(issuer).getAccessToken());
  expect(error).toMatchObject({ code: "network", retryable: true });
  expect(error.message).toMatch(
    /Try again when the network is back\. HTTPS_PROXY is set and was not used: .*NODE_USE_ENV_PROXY/,
  );
  expect(error.message).not.toContain(PROXY_PASSWORD);
  expect(error.message).not.toContain(new URL(proxy.url).host);
  expect(proxy.asked).toEqual([]);
});

test("TM-11 a provider that NO_PROXY names, and a fetch of the program's own: nothing is said of proxies", async () => {
  const { issuer } = await start({ host: "id.corp.invalid", tls });
  vi.stubEnv("NO_PROXY", "corp.invalid");
  expect((await failureOf(clientOf(issuer).getAccessToken())).message).not.toMatch(/PROXY/);
  vi.stubEnv("NO_PROXY", "");
  const own = clientOf(issuer, { fetch: (url, init) => fetch(url, init) });
  expect((await failureOf(own.getAccessToken())).message).not.toMatch(/PROXY/);
});

test("TM-11 a direct way that swallows everything: TimeoutError says it, too", async () => {
  const silent = createServer((socket) => void socket.on("error", () => {}));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void silent.close());
  vi.stubEnv("HTTP_PROXY", proxy.url);
  const { port } = silent.address() as { port: number };
  const error = await failureOf(clientOf(`http://127.0.0.1:${port}`, { requestTimeoutSeconds: 0.3 }).getAccessToken());
  expect(error).toMatchObject({ code: "timeout" });
  expect(error.message).toMatch(/Try again\. HTTP_PROXY is set and was not used: /);
});

test("TM-11 undici's ProxyAgent by the option fetch: the token comes through the proxy", async () => {
  const { issuer, port } = await start({ host: "id.corp.invalid", tls });
  const dispatcher = new ProxyAgent({ uri: proxy.url, requestTls: { ca } });
  open.push(dispatcher);
  const client = clientOf(issuer, { fetch: through(dispatcher) });
  expect(await client.getAccessToken()).not.toBe("");
  expect(new Set(proxy.asked)).toEqual(new Set([`id.corp.invalid:${port}`]));
});

test("NF-06 a proxy that asks for a sign-in of its own: the error says so, and nothing of a network that is away", async () => {
  const { issuer } = await start({ host: "id.corp.invalid", tls });
  const dispatcher = new ProxyAgent({ uri: `http://${new URL(proxy.url).host}`, requestTls: { ca } });
  open.push(dispatcher);
  const error = await failureOf(clientOf(issuer, { fetch: through(dispatcher) }).getAccessToken());
  expect(error).toMatchObject({ code: "response" });
  expect(error.message).toMatch(/A proxy asks for a sign-in of its own \(status 407\)\. .*user name and password/);
});

test("a port at which fetch asks nobody: the error names it and the option, and no network", async () => {
  const error = await failureOf(clientOf("http://127.0.0.1:6000").getAccessToken());
  expect(error).toMatchObject({ code: "configuration", option: "issuer", retryable: false });
  expect(error.message).toMatch(/127\.0\.0\.1:6000 cannot be asked: fetch sends nothing to the port 6000/);
});

test("TM-11 undici's Agent with a client certificate: the token comes with it, and not without", async () => {
  const { issuer } = await start({ tls: { ...tls, ca, requestCert: true } });
  const withAgent = (dispatcher: Agent) => {
    open.push(dispatcher);
    return clientOf(issuer, { fetch: through(dispatcher) });
  };
  expect(await withAgent(new Agent({ connect: { ca, ...shown } })).getAccessToken()).not.toBe("");
  const refused = await failureOf(withAgent(new Agent({ connect: { ca } })).getAccessToken());
  expect(refused).toMatchObject({ code: "network" });
});
