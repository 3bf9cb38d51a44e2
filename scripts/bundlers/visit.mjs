/** Visits a built page in Chromium: it has to get its token from the provider. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { start } from "../frameworks/processes.mjs";
import { throughProvider } from "../frameworks/person.mjs";
import { place, tool } from "./install.mjs";

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript" };
const SHELL = '<!doctype html><html lang="en"><script type="module" src="/page.js"></script></html>';

/** The provider's address stands in the page: it is not known when the page is built. */
const withIssuer = (html, issuer) =>
  /<html/.test(html)
    ? html.replace("<html", `<html data-issuer="${issuer}"`)
    : html.replace(/<!doctype html>/i, `<!doctype html><html data-issuer="${issuer}">`);

async function pageOf({ files }) {
  if (files === "import-map") return await readFile(join(place, "programs", "import-map.txt"), "utf8");
  return await readFile(join(place, "build", files, "index.html"), "utf8").catch(() => SHELL);
}

const fileOf = ({ files }, pathname) => {
  if (files !== "import-map") return join(place, "build", files, pathname);
  return pathname === "/page.js" ? join(place, "programs", "page.js") : join(place, pathname);
};

async function answer(way, issuer, request, response) {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  try {
    const body = pathname === "/" ? withIssuer(await pageOf(way), issuer) : await readFile(fileOf(way, pathname));
    response.writeHead(200, { "content-type": TYPES[extname(pathname) || ".html"] ?? "text/plain" }).end(body);
  } catch {
    response.writeHead(404).end();
  }
}

/** `localhost` is another site than the provider's 127.0.0.1. `serve(issuer)` is called when the page is built. */
export async function reserve(way) {
  let listener = (_request, response) => response.writeHead(503).end();
  const server = createServer((request, response) => void listener(request, response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  const end = () => new Promise((resolve) => server.close(resolve));
  let program;
  return {
    origin: `http://localhost:${port}`,
    serve: async (issuer) => {
      if (way.server === undefined) return void (listener = (...both) => answer(way, issuer, ...both));
      await end();
      program = await startNext(port, issuer);
    },
    close: async () => {
      program?.end();
      server.closeAllConnections();
      await end();
    },
  };
}

async function startNext(port, issuer) {
  const args = [tool("next", "dist", "bin", "next"), "start", "programs/next", "-H", "127.0.0.1", "-p", String(port)];
  const environment = { NEXT_TELEMETRY_DISABLED: "1", NEXT_PUBLIC_ISSUER: issuer };
  const program = start(process.execPath, args, { environment, cwd: place });
  program.ended.catch(() => {});
  for (let tries = 0; tries < 150; tries += 1) {
    const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (response?.ok) return program;
    await sleep(200);
  }
  throw new Error(`Next did not start:\n${program.output()}`);
}

/** Rejects with what was seen instead of a token. */
export async function visitPage(way, browser, origin) {
  const context = await browser.newContext();
  context.setDefaultTimeout(15_000);
  try {
    const page = await context.newPage();
    const faults = [];
    page.on("pageerror", (error) => faults.push(`${error.name}: ${error.message}`));
    if (way.says !== undefined) return await mustSay(page, faults, way.says, origin);
    await throughProvider(page, origin, "alice", async () => void (await page.goto(`${origin}/`)));
    const { dataset } = await page.evaluate(waitForEnd);
    if (!dataset.token) throw new Error(dataset.fault ?? (faults.join("\n") || "the page got no token"));
  } finally {
    await context.close();
  }
  return undefined;
}

async function mustSay(page, faults, text, origin) {
  await page.goto(`${origin}/`);
  for (let tries = 0; faults.length === 0 && tries < 100; tries += 1) await sleep(50);
  if (!faults.some((fault) => text.test(fault))) throw new Error(`the page says: ${faults.join("\n") || "nothing"}`);
}

/** In the page. */
async function waitForEnd() {
  const { dataset } = document.documentElement;
  for (let tries = 0; !dataset.token && !dataset.fault && tries < 200; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  return { dataset: { ...dataset } };
}
