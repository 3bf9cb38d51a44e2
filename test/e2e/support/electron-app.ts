/**
 * A stand-in for an Electron app: a page in a real browser with the ready-made preload script, over a stand-in for Electron's
 * IPC, to real main-process code in Node.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { type ElectronInvokeEvent, type ServedTokens, serveTokens } from "../../../src/electron/main.js";
import { OidcClient } from "../../../src/node/index.js";
import { dist, root } from "../../packaging/built-package.js";
import { type FakeProvider, startFakeProvider } from "../../support/fake-provider.js";
import type { BrowserDriver, Profile, Tab } from "./driver.js";

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
  window.__emit = (channel, data) => { for (const listener of listeners.get(channel) ?? []) listener({}, structuredClone(data)); };
  window.__electron = {
    contextBridge: { exposeInMainWorld: (key, api) => Object.defineProperty(window, key, { value: Object.freeze(api) }) },
    ipcRenderer: {
      invoke: (channel, message) => window.__invoke(channel, structuredClone(message)),
      on: (channel, listener) => listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
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

/** Serves the page, the example's files and the package's. */
export class PageServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<PageServer> {
    const script = await bundledRenderer();
    const policy = /"(default-src [^"]+)"/.exec(await readFile(join(example, "pages.mjs"), "utf8"))?.[1] ?? "";
    const server = createServer(({ url = "/" }, response) => {
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
    return new PageServer(server);
  }

  get origin(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function bundledRenderer(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(dist, "electron-renderer.js")],
    bundle: true,
    format: "esm",
    platform: "browser",
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

/** One app with one window: a provider, session files, the main process's client, and a tab that it serves. */
export class ElectronApp {
  readonly #directory: string;
  readonly #profile: Profile;
  readonly #served: ServedTokens;
  readonly #handlers = new Map<string, Handler>();
  readonly client: OidcClient;
  /** What has crossed between the two sides. */
  readonly crossed: unknown[] = [];
  /** How often the system browser was opened. */
  opened = 0;

  private constructor(
    readonly provider: FakeProvider,
    readonly tab: Tab,
    readonly origin: string,
    { directory, profile }: { directory: string; profile: Profile },
  ) {
    this.#directory = directory;
    this.#profile = profile;
    this.client = new OidcClient({
      clientId: "desktop",
      issuer: provider.issuer,
      allowInsecureLoopback: true,
      storageDirectory: directory,
      openBrowser: (url) => {
        this.opened += 1;
        provider.authorize(url).catch(() => {});
      },
    });
    this.#served = serveTokens(this.client, {
      allowedOrigins: [origin],
      ipcMain: {
        handle: (channel, handler) => void this.#handlers.set(channel, handler),
        removeHandler: (channel) => void this.#handlers.delete(channel),
      },
    });
  }

  static async start(driver: BrowserDriver, origin: string): Promise<ElectronApp> {
    const provider = await startFakeProvider({ refreshTokens: "always" });
    const directory = await mkdtemp(join(tmpdir(), "keystone-auth-electron-"));
    const profile = await driver.newProfile();
    const tab = await profile.open(`${origin}/start`);
    const app = new ElectronApp(provider, tab, origin, { directory, profile });
    await app.#connect();
    await app.open();
    return app;
  }

  get page(): Page {
    return (this.tab as unknown as { page: Page }).page;
  }

  /** Loads the page anew, with a client. */
  async open(): Promise<void> {
    await this.tab.goto(`${this.origin}/app`);
    await this.tab.run(
      "window.client = new sdk.OidcClient(); window.events = []; client.on('session', ({ reason }) => events.push(reason));",
    );
  }

  async close(): Promise<void> {
    this.#served.close();
    await this.client.close();
    await this.#profile.close();
    await this.provider.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Puts the preload script into each document of the tab, and the main process behind it. */
  async #connect(): Promise<void> {
    const { origin, page } = this;
    const sender = { on: () => {}, removeListener: () => {} };
    const send = (channel: string, data: unknown) => this.#send(channel, data);
    const senderFrame = { origin, url: origin, parent: null, send };
    await page.exposeFunction("__invoke", async (channel: string, message: unknown) => {
      this.crossed.push(message);
      const handler = this.#handlers.get(channel);
      if (handler === undefined) throw new Error(`Error invoking remote method '${channel}': no handler`);
      const answer = await handler({ sender, senderFrame, processId: 1, frameId: 1 }, message);
      this.crossed.push(answer);
      return answer;
    });
    const preload = await readFile(join(dist, "electron-preload.cjs"), "utf8");
    await page.addInitScript(`${BRIDGE}; (function (require, exports) { ${preload} })(() => window.__electron, {});`);
  }

  #send(channel: string, data: unknown): void {
    this.crossed.push(data);
    this.page
      .evaluate(([to, event]) => (globalThis as unknown as { __emit(...parts: unknown[]): void }).__emit(to, event), [
        channel,
        data,
      ] as const)
      .catch(() => {});
  }
}
