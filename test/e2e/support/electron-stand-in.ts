/**
 * A desktop app without Electron: a page of real Chromium with the ready-made preload script, over a stand-in for
 * Electron's IPC to real main-process code in Node.
 */
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { type ElectronInvokeEvent, type ServedTokens, serveTokens } from "../../../src/electron/main.js";
import type { OidcClient } from "../../../src/node/index.js";
import { dist, root } from "../../packaging/built-package.js";
import { listenOnLoopback } from "../../support/loopback-server.js";

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
const BRIDGE = `
  const listeners = new Map();
  window.__tell = (channel, data) => { for (const tell of listeners.get(channel) ?? []) tell({}, structuredClone(data)); };
  window.__electron = {
    contextBridge: { exposeInMainWorld: (key, api) => Object.defineProperty(window, key, { value: Object.freeze(api) }) },
    ipcRenderer: {
      invoke: (channel, message) => window.__invoke(channel, structuredClone(message)),
      on: (channel, tell) => listeners.set(channel, [...(listeners.get(channel) ?? []), tell]),
    },
  };`;

const example = join(root, "examples", "electron");

/** The example's files, and the package's as they are in it: without a bundler. */
function fileOf(url: string): string | undefined {
  if (/^\/(index\.html|renderer\.mjs|style\.css)$/.test(url)) return join(example, "page", url);
  const [, name] = /^\/keystone-auth\/([\w-]+\.js)$/.exec(url) ?? [];
  return name === undefined ? undefined : join(dist, name);
}

/** The renderer's client as a bundler makes it. */
async function bundleRenderer(): Promise<string> {
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

export interface RendererPages {
  /** `http://localhost:PORT`. `/plain` has no preload script; `/index.html` is the example's page. */
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves the pages of the app. `dist/` must be built. */
export async function serveRendererPages(): Promise<RendererPages> {
  const script = await bundleRenderer();
  const policy = /"(default-src [^"]+)"/.exec(await readFile(join(example, "pages.mjs"), "utf8"))?.[1] ?? "";
  const server: Server = createServer(({ url = "/" }, response) => {
    const type = /\.m?js$/.test(url) ? "text/javascript" : url.endsWith(".css") ? "text/css" : "text/html";
    const file = fileOf(url);
    const head = { "content-type": type, ...(file && { "content-security-policy": policy }) };
    if (file === undefined) return response.writeHead(200, head).end(url === "/renderer.js" ? script : PAGE);
    readFile(file).then(
      (text) => response.writeHead(200, head).end(text),
      () => response.writeHead(404).end(),
    );
  });
  const { port, close } = await listenOnLoopback(server);
  return { origin: `http://localhost:${port}`, close };
}

type Handler = (event: ElectronInvokeEvent, message: unknown) => Promise<unknown>;

/** Electron's IPC between a page and the main process. One for all tests of a page; each serves a client of its own. */
export class StandInIpc {
  /** All that went from one side to the other. */
  readonly crossed: unknown[] = [];
  readonly #handlers = new Map<string, Handler>();
  /** The same for all calls, as a frame of Electron's is. */
  readonly #event: ElectronInvokeEvent;

  private constructor(
    private readonly page: Page,
    private readonly origin: string,
  ) {
    this.#event = {
      sender: { on: () => {}, removeListener: () => {} },
      senderFrame: { origin, url: origin, parent: null, send: (to: string, data: unknown) => this.#send(to, data) },
      processId: 1,
      frameId: 1,
    };
  }

  static async between(page: Page, origin: string): Promise<StandInIpc> {
    const ipc = new StandInIpc(page, origin);
    await page.exposeFunction("__invoke", (channel: string, message: unknown) => ipc.#invoke(channel, message));
    const preload = await readFile(join(dist, "electron-preload.cjs"), "utf8");
    const run = `${BRIDGE}; (function (require) { ${preload} })(() => window.__electron);`;
    await page.addInitScript(`if (location.pathname !== "/plain") { ${run} }`);
    return ipc;
  }

  /** Serves the client to the page, as the main process does. */
  serve(client: OidcClient): ServedTokens {
    return serveTokens(client, {
      allowedOrigins: [this.origin],
      ipcMain: {
        handle: (channel, handler) => void this.#handlers.set(channel, handler),
        removeHandler: (channel) => void this.#handlers.delete(channel),
      },
    });
  }

  async #invoke(channel: string, message: unknown): Promise<unknown> {
    this.crossed.push(message);
    const handler = this.#handlers.get(channel);
    if (handler === undefined) throw new Error(`Error invoking remote method '${channel}': no handler`);
    const answer = await handler(this.#event, message);
    this.crossed.push(answer);
    return answer;
  }

  #send(channel: string, data: unknown): void {
    this.crossed.push(data);
    const tell = ([to, event]: readonly [string, unknown]) =>
      (globalThis as unknown as { __tell(...parts: unknown[]): void }).__tell(to, event);
    this.page.evaluate(tell, [channel, data] as const).catch(() => {});
  }
}
