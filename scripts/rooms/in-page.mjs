/** One refresh in a page of Chromium, on the compiled sources as they are, before anything is bundled. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, normalize } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findBrowsers } from "../browsers.mjs";
import { whatRan } from "./coverage.mjs";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"];
const LIFETIME_SECONDS = 1;
const PACKAGES = ["idb-keyval", "oauth4webapi", "oidc-client-ts"];

const page = (() => {
  const imports = Object.fromEntries(PACKAGES.map((name) => [name, `/packages/${name}.js`]));
  return `<!doctype html><link rel="icon" href="data:,"><script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
import { OidcClient } from "/src/browser/index.js";
let client;
window.make = (options) => { client = new OidcClient(options); };
window.leave = () => void client.getAccessToken();
window.token = () => client.getAccessToken({ interaction: "never" });
</script>`;
})();

/** The packages, each as one file. */
async function bundlePackages() {
  const { build } = await import("esbuild");
  const files = PACKAGES.map(async (name) => {
    const stdin = { contents: `export * from "${name}";`, resolveDir: process.cwd() };
    const { outputFiles } = await build({ stdin, bundle: true, format: "esm", platform: "browser", write: false });
    return [`/packages/${name}.js`, outputFiles[0].text];
  });
  return new Map(await Promise.all(files));
}

const answerWith = (compiled, packages) => (request, response) => {
  const path = normalize(new URL(request.url, "http://localhost").pathname);
  const isSource = path.startsWith("/src/");
  const script = isSource ? readFileSync(join(compiled, path.slice("/src/".length)), "utf8") : packages.get(path);
  response.writeHead(200, { "content-type": script === undefined ? "text/html" : "text/javascript" });
  response.end(script ?? page);
};

async function refreshInPage(context, origin, provider) {
  const options = { clientId: "spa", issuer: provider.issuer, allowInsecureLoopback: true };
  const tab = await context.newPage();
  const makeClient = async () => {
    await tab.waitForFunction("window.token !== undefined");
    await tab.evaluate((given) => make(given), options);
  };
  await tab.goto(origin);
  await makeClient();
  await tab.evaluate(() => leave());
  await tab.waitForURL((url) => url.origin === origin && url.searchParams.has("code"));
  await makeClient();
  await tab.evaluate(() => token());
  await sleep(LIFETIME_SECONDS * 1000 + 100);
  await tab.goto(origin);
  await makeClient();
  provider.ledger.clear();
  await tab.coverage.startJSCoverage();
  await tab.evaluate(() => token());
  const scripts = await tab.coverage.stopJSCoverage();
  if (provider.ledger.count("token", "refresh_token") !== 1) throw new Error("The page did not refresh once.");
  return scripts;
}

/** `undefined` where there is no Chromium. @param {string} compiled directory of the compiler's JavaScript */
export async function measureInPage(compiled, startFakeProvider) {
  const { chromium } = findBrowsers();
  if (chromium === undefined) return undefined;
  const [packages, playwright] = await Promise.all([bundlePackages(), import("playwright-core")]);
  const provider = await startFakeProvider({ refreshTokens: "always", accessTokenLifetimeSeconds: LIFETIME_SECONDS });
  const server = createServer(answerWith(compiled, packages));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://localhost:${server.address().port}`;
  const browser = await playwright.chromium.launch({ executablePath: chromium.path, args: FLAGS });
  try {
    const scripts = await refreshInPage(await browser.newContext(), origin, provider);
    const prefix = `${origin}/src/`;
    return whatRan(scripts, (url) =>
      url.startsWith(prefix) ? url.slice(prefix.length).replace(/\.js$/, ".ts") : undefined,
    );
  } finally {
    await browser.close();
    server.closeAllConnections();
    await Promise.all([provider.close(), new Promise((resolve) => server.close(resolve))]);
  }
}
