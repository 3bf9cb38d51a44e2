/** A first visit over a slow line: until the page asks the provider for a login, beside the same code in one file. */
import { once } from "node:events";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { findBrowsers } from "../scripts/browsers.mjs";
import { support } from "../scripts/demo/prepare.mjs";
import { median } from "./numbers.mjs";

const VISITS = 5;
/** 400 ms there and back, 1.6 Mbit/s: a phone on a bad day. */
const LINE = { offline: false, latency: 400, downloadThroughput: 200_000, uploadThroughput: 94_000 };
const SHELL = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/app.js"></script>';

/** The app's bundle: as bundlers split it, or all in one file. */
async function bundle(options, splitting) {
  const { build } = await import("esbuild");
  const dist = fileURLToPath(new URL("../dist/browser.js", import.meta.url));
  const code = `import { OidcClient } from ${JSON.stringify(dist)}; new OidcClient(${JSON.stringify(options)}).getAccessToken();`;
  const { outputFiles } = await build({
    stdin: { contents: code, sourcefile: "app.js", resolveDir: tmpdir() },
    bundle: true,
    splitting,
    minify: true,
    format: "esm",
    entryNames: "app",
    outdir: "/bundle",
    write: false,
  });
  return new Map(outputFiles.map(({ path, text }) => [path.replace(/^.*\/bundle/, ""), text]));
}

async function visit(browser, provider, origin) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const line = await context.newCDPSession(page);
  await line.send("Network.enable");
  await line.send("Network.emulateNetworkConditions", LINE);
  provider.ledger.clear();
  const begin = performance.now();
  const left = page.waitForRequest((request) => request.url().includes("/authorize?"), { timeout: 30_000 });
  await page.goto(origin, { waitUntil: "commit" });
  await left;
  const ms = performance.now() - begin;
  await context.close();
  return ms;
}

export async function browserFirstVisit() {
  const what = "Chromium: first visit until the page leaves, 400 ms and 1.6 Mbit/s, against one file";
  const { chromium } = findBrowsers();
  if (chromium === undefined) return [{ what, result: "no Chromium here" }];
  const [playwright, { startFakeProvider }] = await Promise.all([import("playwright-core"), support("fake-provider")]);
  let files = new Map();
  const server = createServer(({ url }, response) => {
    const file = files.get(new URL(url, "http://x").pathname);
    response.writeHead(200, { "content-type": file ? "text/javascript" : "text/html" });
    response.end(file ?? SHELL);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://localhost:${server.address().port}`;
  const provider = await startFakeProvider({});
  const browser = await playwright.chromium.launch({
    executablePath: chromium.path,
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    const options = { clientId: "spa", issuer: provider.issuer, allowInsecureLoopback: true };
    const [split, whole] = [await bundle(options, true), await bundle(options, false)];
    const times = { split: [], whole: [] };
    for (let n = 0; n < VISITS; n += 1)
      for (const [name, bundled] of Object.entries({ split, whole })) {
        files = bundled;
        times[name].push(await visit(browser, provider, origin));
      }
    const [run, floor] = [median(times.split), median(times.whole)];
    const target = "≤ 1.2 ×";
    return [
      {
        what,
        measured: `${run.toFixed(0)} ms`,
        floor: `${floor.toFixed(0)} ms`,
        result: `${(run / floor).toFixed(2)} ×`,
        target,
        met: run / floor <= 1.2,
      },
    ];
  } finally {
    await browser.close();
    server.closeAllConnections();
    await Promise.all([provider.close(), new Promise((resolve) => server.close(resolve))]);
  }
}
