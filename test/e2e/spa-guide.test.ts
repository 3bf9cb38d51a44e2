/** The programs of docs/spa.md, as they stand there, in a page: PG-01 is its sign-out. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt, root } from "../packaging/built-package.js";
import { type ProtectedApi, startProtectedApi } from "../support/protected-api.js";
import { type RealProvider, REAL_AUDIENCE, startRealProvider } from "../support/real-provider.js";
import { signInAtProvider } from "./support/at-provider.js";
import { type BrowserDriver, type Profile, type Tab, until } from "./support/driver.js";
import { findDriver } from "./support/find-drivers.js";

/** The blocks that begin with their file's name. */
function filesOfGuide(): Record<string, string> {
  const text = readFileSync(join(root, "docs", "spa.md"), "utf8");
  const blocks = text.matchAll(/^```ts\n\/\/ (\S+\.ts)\n(.*?)^```$/gms);
  return Object.fromEntries([...blocks].map(([, name, code]) => [name as string, code as string]));
}

/** Bundles them as an app's bundler would. The client's settings alone are this test's. */
async function bundleGuide(issuer: string): Promise<Map<string, string>> {
  const { "client.ts": client = "", ...files } = filesOfGuide();
  const settings = {
    "https://id.example/identity": issuer,
    '"my-spa",': '"spa", allowInsecureLoopback: true,',
    api1: "hub_connector_api",
  };
  const changed = Object.entries(settings).reduce((text, [from, to]) => text.replace(from, to), client);
  const page = `import "./main.js"; import * as api from "./api.js"; import * as ask from "./ask.js"; import * as out from "./sign-out.js";
    Object.assign(window, { api, ask, out, isReady: true });`;
  // Outside of this package, whose package.json says that most files have no effects.
  const directory = mkdtempSync(join(tmpdir(), "keystone-auth-guide-"));
  try {
    for (const [name, code] of Object.entries({ ...files, "client.ts": changed, "page.ts": page }))
      writeFileSync(join(directory, name), code);
    const { outputFiles } = await build({
      entryPoints: [join(directory, "page.ts")],
      alias: { "keystone-auth/browser": join(root, "dist", "browser.js") },
      bundle: true,
      splitting: true,
      format: "esm",
      outdir: "/bundle",
      write: false,
      logLevel: "silent",
    });
    return new Map(outputFiles.map(({ path, text }) => [path.replace(/^.*\/bundle\//, "/"), text]));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const { name: browser, launch } = findDriver() ?? { name: "No browser", launch: undefined };
describe.skipIf(launch === undefined)(`${browser}: docs/spa.md`, () => {
  let files = new Map<string, string>();
  let server: Server;
  let origin: string;
  let provider: RealProvider;
  let api: ProtectedApi;
  let driver: BrowserDriver;
  let profile: Profile;
  beforeAll(async () => {
    await ensureBuilt();
    server = createServer(({ url = "/" }, response) => {
      const script = files.get(new URL(url, "http://x").pathname);
      response.setHeader("content-type", script === undefined ? "text/html" : "text/javascript");
      response.end(
        script ?? '<!doctype html><link rel="icon" href="data:,"><body><script type="module" src="/page.js"></script>',
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://localhost:${(server.address() as AddressInfo).port}`;
    provider = await startRealProvider({ spaRedirectUris: [`${origin}/`] });
    api = await startProtectedApi({ issuer: provider.issuer, audience: REAL_AUDIENCE });
    files = await bundleGuide(provider.issuer);
    driver = await (launch as () => Promise<BrowserDriver>)();
    profile = await driver.newProfile();
  });
  afterAll(async () => {
    await profile?.close();
    await Promise.all([driver?.close(), provider?.close(), api?.close()]);
    server?.closeAllConnections();
    server?.close();
  });

  const shows = (tab: Tab, words: string) =>
    until(`the page shows "${words}"`, () =>
      tab.run<boolean>("return window.isReady && document.body.innerText.includes(input);", words),
    );
  const count = (request: string) => provider.requests.filter((one) => one === request).length;

  it("PG-01 signs in by its button, calls an API, and its sign-out reaches the provider and the other tab", async () => {
    const tab = await profile.open(`${origin}/orders?id=7#total`);
    await shows(tab, "Nobody is signed in");
    expect(await tab.run("return await ask.tokenIfSignedIn() ?? null;")).toBe(null);
    await tab.run("window.isReady = 'leaving';");
    await tab.press("button");
    await signInAtProvider(origin, tab, () => tab.run<boolean>("return window.isReady === true;"));
    await shows(tab, "Signed in as alice");
    expect(await tab.url()).toBe(`${origin}/orders?id=7#total`);
    // The API refuses one token: the guide's function hands it over and gets another one.
    api.failOnce(401);
    expect(await tab.run("return (await api.callApi(input)).status;", api.url)).toBe(200);
    expect(provider.refreshCount).toBe(1);

    const other = await profile.open(`${origin}/other`);
    await shows(other, "Signed in as alice");
    const [revocations, logouts] = [count("POST /token/revocation"), count("GET /session/end")];
    await tab.press("button");
    await shows(other, "Nobody is signed in");
    await until("the logout page", async () => count("GET /session/end") > logouts || undefined);
    await until("the revocation", async () => count("POST /token/revocation") > revocations || undefined);
    // The provider asks whether to end its own session, too.
    await signInAtProvider(origin, tab, async () => count("POST /session/end/confirm") > 0);
    // The next click asks for the password again.
    await other.press("button");
    await until("the provider's sign-in page", () =>
      other.run<boolean>("return document.querySelector('[name=password]') !== null;"),
    );
    expect(provider.serverErrors).toEqual([]);
  });
});
