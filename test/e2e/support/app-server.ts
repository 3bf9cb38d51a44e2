/** A single-page app on `localhost`: one HTML page for every path, with a client made of the options that a test sets. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { ensureBuilt } from "../../packaging/built-package.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The library as it is published, bundled as an app's bundler would, parts that load later in files of their own. Built once a run. */
let bundled: Promise<ReadonlyMap<string, string>> | undefined;

async function bundle(): Promise<ReadonlyMap<string, string>> {
  await ensureBuilt();
  const parts = await bundleOf({ sdk: "dist/browser.js", callback: "dist/browser-callback.js" }, true);
  // As a service worker needs it.
  return new Map([...parts, ...(await bundleOf({ whole: "dist/browser.js" }, false))]);
}

async function bundleOf(entryPoints: Record<string, string>, splitting: boolean): Promise<[string, string][]> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints,
    bundle: true,
    splitting,
    format: "esm",
    target: "es2022",
    outdir: "/bundle",
    write: false,
    logLevel: "silent",
  });
  return outputFiles.map(({ path, text }) => [path.replace(/^.*\/bundle\//, "/bundle/"), text]);
}

/** What the page does. All of it is plain data that ends up in the page. */
export interface AppSettings {
  /** Options of the page's client; `storage` may name a store that the page makes itself. */
  options: Record<string, unknown>;
  /** The options as an expression of `options`, where they are more than JSON can hold. */
  client?: string | undefined;
  /** A script of the page's own, run before the client is made: breaks storage, counts calls. */
  before?: string | undefined;
  /** A script after it: `client` and `sdk` are there. */
  after?: string | undefined;
  /** Further headers of the page. */
  headers?: Record<string, string> | undefined;
}

const escapeScript = (text: string) => text.replaceAll("<", "\\u003c");

function pageHtml({ options, client = "options", before = "", after = "" }: AppSettings): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>App</title><link rel="icon" href="data:,"></head>
<body><h1>App</h1><button id="go">Go</button><script>${before}</script>
<script type="module">
import * as sdk from "/bundle/sdk.js";
window.sdk = sdk;
window.events = [];
const options = ${escapeScript(JSON.stringify(options))};
const client = window.client = new sdk.OidcClient(${client});
window.options = options;
client.on("session", ({ reason }) => window.events.push(reason));
client.on("storage", ({ error }) => window.events.push("storage " + error.kind));
addEventListener("message", async ({ data, source, origin }) => {
  if (data !== "ask") return;
  const answer = await client.getAccessToken().catch(({ code, reason }) => ({ code, reason }));
  source.postMessage(answer, origin);
});
${after}
window.appIsReady = true;
</script></body></html>`;
}

/** A worker that makes a client of the options in its address, and answers each message, a call, with the outcome. */
const worker = (bundled: string) => `import * as sdk from "/bundle/${bundled}.js";
const client = new sdk.OidcClient(JSON.parse(new URL(self.location.href).searchParams.get("options")));
const run = {
${[
  "getAccessToken()",
  "getAccessToken({ interaction: 'never' })",
  "getAccessToken({ interaction: 'never', forceRefresh: true })",
]
  .map((call) => `  "return await client.${call};": () => client.${call},`)
  .join("\n")}
};
self.addEventListener("message", async ({ data, ports: [port] }) => {
  port.postMessage(await run[data]().then((value) => ({ ok: true, value }), describe));
});
function describe({ name, message, code, reason }) { return { ok: false, error: { name, message, code, reason } }; }`;

export class AppServer {
  settings: AppSettings;
  /** Answers 503 for the parts of the library whose path it matches. */
  unavailable: RegExp | undefined;
  /** Those that come only then. */
  slow: { readonly path: RegExp; readonly until: Promise<void> } | undefined;
  /** Paths that were asked for, with their queries. */
  readonly requests: string[] = [];
  #server: Server | undefined;
  #files: ReadonlyMap<string, string> = new Map();

  constructor(settings: AppSettings) {
    this.settings = settings;
  }

  get port(): number {
    return (this.#server?.address() as AddressInfo | undefined)?.port ?? 0;
  }

  /** `http://localhost:PORT`: another site than the provider's `127.0.0.1`. */
  get origin(): string {
    return `http://localhost:${this.port}`;
  }

  async start(): Promise<this> {
    bundled ??= bundle();
    this.#files = await bundled;
    const server = createServer((request, response) => this.#answer(request, response));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return this;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? "/";
    const { pathname } = new URL(url, "http://localhost");
    const file = this.#files.get(pathname);
    if (this.unavailable?.test(pathname)) {
      response.writeHead(503, { "cache-control": "no-store" }).end();
      return;
    }
    if (file !== undefined) {
      const send = () =>
        response.writeHead(200, { "content-type": "text/javascript", "cache-control": "no-store" }).end(file);
      if (this.slow?.path.test(pathname)) void this.slow.until.then(send);
      else send();
      return;
    }
    this.requests.push(url);
    const [, bundled] = /^\/worker-(sdk|whole)\.js$/.exec(pathname) ?? [];
    if (bundled !== undefined) {
      response.writeHead(200, { "content-type": "text/javascript" }).end(worker(bundled));
      return;
    }
    response.writeHead(200, { "content-type": "text/html", ...this.settings.headers });
    if (pathname === "/callback.html") {
      response.end('<!doctype html><title>Callback</title><script type="module" src="/bundle/callback.js"></script>');
    } else if (pathname === "/blank.html") {
      response.end("<!doctype html><title>Blank</title>");
    } else response.end(pageHtml(this.settings));
  }
}
