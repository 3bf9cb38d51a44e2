/**
 * The renderer's client as a bundler makes it, in real Chromium, with the ready-made preload script, over a stand-in for
 * Electron's IPC to real main-process code in Node.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../electron/eventually.js";
import { type ElectronInvokeEvent, type ServedTokens, serveTokens } from "../../src/electron/main.js";
import { OidcClient } from "../../src/node/index.js";
import { dist, ensureBuilt, root } from "../packaging/built-package.js";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.js";
import { secretsIn } from "../support/secrets-in.js";
import { type BrowserDriver, outcomeOf, type Outcome, type Profile, type Tab } from "./support/driver.js";
import { findDrivers } from "./support/find-drivers.js";

const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>App</title><link rel="icon" href="data:,"></head>
<body><button id="go">Go</button><script type="module">
import * as sdk from "/renderer.js";
window.sdk = sdk;
// Before the driver runs anything: what it runs counts as a user's action.
if (location.pathname === "/early") {
  const early = new sdk.OidcClient().getAccessToken();
  window.early = early.catch(({ name, reason, message }) => ({ name, reason, message }));
}
</script></body></html>`;

/** What Electron does between the two processes: messages as structured clones, errors as sentences. */
const BRIDGE = `{
  const listeners = new Map();
  window.__tell = (channel, data) => { for (const tell of listeners.get(channel) ?? []) tell({}, structuredClone(data)); };
  window.__electron = {
    contextBridge: { exposeInMainWorld: (key, api) => Object.defineProperty(window, key, { value: Object.freeze(api) }) },
    ipcRenderer: {
      invoke: (channel, message) => window.__invoke(channel, structuredClone(message)),
      on: (channel, tell) => listeners.set(channel, [...(listeners.get(channel) ?? []), tell]),
    },
  };
}`;

const example = join(root, "examples", "electron");

/** The example's files, and the package's as they are in it: without a bundler. */
function fileOf(url: string): string | undefined {
  if (/^\/(index\.html|renderer\.mjs|style\.css)$/.test(url)) return join(example, "page", url);
  const [, name] = /^\/keystone-auth\/([\w-]+\.js)$/.exec(url) ?? [];
  return name === undefined ? undefined : join(dist, name);
}

type Handler = (event: ElectronInvokeEvent, message: unknown) => Promise<unknown>;
const launch = findDrivers().find(({ name }) => name === "Chromium")?.launch;

describe.skipIf(launch === undefined)("Chromium: a renderer's client", () => {
  let driver: BrowserDriver;
  let server: Server;
  let origin: string;
  let provider: FakeProvider;
  let directory: string;
  let client: OidcClient;
  let served: ServedTokens;
  let profile: Profile;
  let tab: Tab;
  let opened: number;
  const crossed: unknown[] = [];

  beforeAll(async () => {
    await ensureBuilt();
    const renderer = await build({
      entryPoints: [join(dist, "electron-renderer.js")],
      bundle: true,
      format: "esm",
      platform: "browser",
      write: false,
      logLevel: "silent",
    });
    const script = renderer.outputFiles[0]?.text ?? "";
    const policy = /"(default-src [^"]+)"/.exec(await readFile(join(example, "pages.mjs"), "utf8"))?.[1] ?? "";
    server = createServer(({ url = "/" }, response) => {
      const type = /\.m?js$/.test(url) ? "text/javascript" : url.endsWith(".css") ? "text/css" : "text/html";
      const file = fileOf(url);
      const head = { "content-type": type, ...(file && { "content-security-policy": policy }) };
      if (file === undefined) return response.writeHead(200, head).end(url === "/renderer.js" ? script : PAGE);
      readFile(file).then(
        (text) => response.writeHead(200, head).end(text),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://localhost:${(server.address() as AddressInfo).port}`;
    driver = await (launch as () => Promise<BrowserDriver>)();
  });
  afterAll(async () => {
    await driver.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  beforeEach(async () => {
    provider = await startFakeProvider({ refreshTokens: "always" });
    directory = await mkdtemp(join(tmpdir(), "keystone-auth-electron-"));
    opened = 0;
    crossed.length = 0;
    client = new OidcClient({
      clientId: "desktop",
      issuer: provider.issuer,
      allowInsecureLoopback: true,
      storageDirectory: directory,
      openBrowser: (url) => {
        opened += 1;
        provider.authorize(url).catch(() => {});
      },
    });
    profile = await driver.newProfile();
    tab = await profile.open(`${origin}/start`);
    await connect();
  });
  afterEach(async () => {
    served.close();
    await client.close();
    await profile.close();
    await provider.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** Serves the client to the page, and loads the page with its preload script. */
  async function connect(): Promise<void> {
    const { page } = tab as unknown as { page: Page };
    const handlers = new Map<string, Handler>();
    served = serveTokens(client, {
      allowedOrigins: [origin],
      ipcMain: {
        handle: (channel, handler) => void handlers.set(channel, handler),
        removeHandler: (channel) => void handlers.delete(channel),
      },
    });
    const sender = { on: () => {}, removeListener: () => {} };
    const frame = {
      origin,
      url: origin,
      parent: null,
      send: (channel: string, data: unknown) => {
        crossed.push(data);
        page
          .evaluate(
            ([to, event]) => (globalThis as unknown as { __tell(...parts: unknown[]): void }).__tell(to, event),
            [channel, data] as const,
          )
          .catch(() => {});
      },
    };
    await page.exposeFunction("__invoke", async (channel: string, message: unknown) => {
      crossed.push(message);
      const handler = handlers.get(channel);
      if (handler === undefined) throw new Error(`Error invoking remote method '${channel}': no handler`);
      const answer = await handler({ sender, senderFrame: frame, processId: 1, frameId: 1 }, message);
      crossed.push(answer);
      return answer;
    });
    const preload = await readFile(join(dist, "electron-preload.cjs"), "utf8");
    await page.addInitScript(`${BRIDGE}; (function (require) { ${preload} })(() => window.__electron);`);
    await open();
  }

  async function open(): Promise<void> {
    await tab.goto(`${origin}/app`);
    await tab.run(
      "window.client = new sdk.OidcClient(); window.events = []; client.on('session', ({ reason }) => events.push(reason));",
    );
  }

  const call = (body: string) => tab.run<Outcome>(`return ${outcomeOf(body)};`);

  it("gets the main process's token and then serves it from memory", async () => {
    const token = await client.getAccessToken();
    expect(await call("return await client.getAccessToken();")).toEqual({ ok: true, value: token });
    const before = crossed.length;
    const same = await call(`const now = Date.now(); Date.now = () => now;
      for (let i = 0; i < 1000; i += 1) await client.getAccessToken();
      return await client.getAccessToken();`);
    expect(same).toEqual({ ok: true, value: token });
    expect(crossed.length - before).toBeLessThanOrEqual(2);
  });

  it("asks a person from a click, and from nothing else", async () => {
    await tab.goto(`${origin}/early`);
    const refused = await tab.run("return await window.early;");
    expect(refused).toMatchObject({ name: "LoginRequiredError", reason: "no_session" });
    expect((refused as Error).message).toContain("click");
    expect(opened).toBe(0);
    await open();
    await tab.click(`window.asked = ${outcomeOf("return await client.getAccessToken();")};`);
    const token = await tab.run<Outcome>("return await window.asked;");
    expect(token).toEqual({ ok: true, value: await client.getAccessToken({ interaction: "never" }) });
    expect(opened).toBe(1);
    await eventually(() => tab.run("return events;")).toEqual(["signed_in"]);
  });

  it("forgets its token when somebody signs out in the main process", async () => {
    await client.getAccessToken();
    await call("return await client.getAccessToken();");
    await client.signOut({ local: true });
    await eventually(() => tab.run("return events.at(-1);")).toBe("signed_out");
    const refused = await call('return await client.getAccessToken({ interaction: "never" });');
    expect(refused).toMatchObject({ ok: false, error: { code: "login_required", reason: "signed_out" } });
  });

  it("rebuilds errors as its own classes, and takes a call back by its signal", async () => {
    await client.getAccessToken();
    provider.once("token", (exchange) => exchange.html(503, "down"));
    const kinds = await tab.run(`
      const error = await client.getAccessToken({ forceRefresh: true }).catch((e) => e);
      const aborted = await client.getAccessToken({ forceRefresh: true, signal: AbortSignal.abort() }).catch((e) => e);
      return [error instanceof sdk.NetworkError, error.retryable, error.status, aborted instanceof sdk.AbortedError];`);
    expect(kinds).toEqual([true, true, 503, true]);
  });

  it("makes one refresh of 1,000 calls, and no secret crosses", async () => {
    await client.getAccessToken();
    await client.destroyAccessToken();
    const tokens = await tab.run<string[]>(
      "return [...new Set(await Promise.all(Array.from({ length: 1000 }, () => client.getAccessToken())))];",
    );
    expect(tokens).toHaveLength(1);
    expect(provider.ledger.count("token", "refresh_token")).toBe(1);
    await call("return await client.getTokenSet();");
    await call("return await client.getIdTokenClaims();");
    await call("return await client.signOut();");
    const parts = tokens.flatMap((token) => [token, ...token.split(".")]);
    const secrets = provider.secrets().filter((secret) => !parts.includes(secret));
    expect(secrets.length).toBeGreaterThan(5);
    expect(secretsIn(crossed, secrets)).toEqual([]);
  });

  it("works in the example's page: without a bundler, under its Content-Security-Policy", async () => {
    const { page } = tab as unknown as { page: Page };
    const problems: string[] = [];
    page.on("console", (message) => void (message.type() === "error" && problems.push(message.text())));
    page.on("pageerror", (error) => void problems.push(error.message));
    await tab.goto(`${origin}/index.html`);
    const shown = (id: string) => page.locator(id).textContent();
    await eventually(() => shown("#who")).toBe("Nobody is signed in.");
    await page.click("#sign-in");
    await eventually(() => shown("#who")).toBe("Signed in as alice.");
    await eventually(() => shown("#result")).toMatch(/^Signed in\./);
    await page.click("#call");
    await eventually(() => shown("#result")).toMatch(/^A token of \d+ characters, valid until /);
    await page.click("#sign-out");
    await eventually(() => shown("#result")).toBe("Signed out (revocation: done).");
    await eventually(() => shown("#who")).toBe("Nobody is signed in.");
    expect(problems.filter((text) => !text.includes("favicon"))).toEqual([]);
  });

  it("says what is missing where there is no preload script", async () => {
    const plain = await driver.newProfile();
    const page = await plain.open(`${origin}/plain`);
    const outcome = await page.run<Outcome>(`return ${outcomeOf("return new sdk.OidcClient();")};`);
    expect(outcome).toMatchObject({ ok: false, error: { name: "EnvironmentError", code: "environment" } });
    expect(JSON.stringify(outcome)).toContain("webPreferences.preload");
    await plain.close();
  });
});
