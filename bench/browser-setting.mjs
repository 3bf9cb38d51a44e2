/** A page on localhost with the bundled package, a provider on 127.0.0.1, and a headless Chromium. */
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { findBrowsers } from "../scripts/browsers.mjs";
import { support } from "../scripts/demo/prepare.mjs";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"];

/** The package as an app's bundler splits it, from what was built. */
async function bundle() {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("programs/page.mjs", import.meta.url))],
    conditions: ["browser"],
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    outdir: "/bundle",
    write: false,
  });
  return new Map(outputFiles.map(({ path, text }) => [path.replace(/^.*\/bundle\//, "/"), text]));
}

function answerWith(files) {
  // Isolated, so that the clock of the page tells microseconds.
  const isolated = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "credentialless" };
  return ({ url }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    const file = files.get(pathname);
    response.writeHead(200, { ...isolated, "content-type": file ? "text/javascript" : "text/html" });
    response.end(
      file ?? '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
    );
  };
}

/** `undefined` where there is no Chromium. */
export async function openBrowserSetting() {
  const { chromium } = findBrowsers();
  if (chromium === undefined) return undefined;
  const [files, playwright, { startFakeProvider }] = await Promise.all([
    bundle(),
    import("playwright-core"),
    support("fake-provider"),
  ]);
  const server = createServer(answerWith(files));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://localhost:${server.address().port}`;
  const provider = await startFakeProvider({ strictReuseDetection: true, refreshTokens: "always" });
  const browser = await playwright.chromium.launch({ executablePath: chromium.path, args: FLAGS });
  const options = { clientId: "spa", issuer: provider.issuer, allowInsecureLoopback: true };

  async function openPage(context, path = "/") {
    const page = await context.newPage();
    await page.goto(origin + path);
    await page.waitForFunction("window.bench !== undefined");
    return page;
  }

  /** Signs in by redirect. The token has expired soon after, unless it is to be `valid`. */
  async function signIn(page, { valid = true } = {}) {
    provider.settings.accessTokenLifetimeSeconds = valid ? 3600 : 1;
    await page.evaluate((given) => bench.leave(given), options);
    await page.waitForURL((url) => url.origin === origin && url.searchParams.has("code"));
    await page.waitForFunction("window.bench !== undefined");
    await page.evaluate((given) => bench.token(given), options);
    provider.settings.accessTokenLifetimeSeconds = 3600;
  }

  async function close() {
    await browser.close();
    server.closeAllConnections();
    await Promise.all([provider.close(), new Promise((resolve) => server.close(resolve))]);
  }
  return { browser, provider, options, openPage, signIn, close };
}
