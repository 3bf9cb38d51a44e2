/** The renderer's client as a bundler makes it, in real Chromium, with the ready-made preload script. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../electron/eventually.js";
import type { ServedTokens } from "../../src/electron/main.js";
import { OidcClient } from "../../src/node/index.js";
import { ensureBuilt } from "../packaging/built-package.js";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.js";
import { secretsIn } from "../support/secrets-in.js";
import { outcomeOf, type Outcome, type Tab } from "./support/driver.js";
import { type RendererPages, serveRendererPages, StandInIpc } from "./support/electron-stand-in.js";
import { findDrivers } from "./support/find-drivers.js";
import { keptBrowser } from "./support/kept-browser.js";

const launch = findDrivers().find(({ name }) => name === "Chromium")?.launch;

describe.skipIf(launch === undefined)("Chromium: a renderer's client", () => {
  const browser = keptBrowser("Chromium", launch);
  let pages: RendererPages;
  let tab: Tab;
  let page: Page;
  let ipc: StandInIpc;
  let provider: FakeProvider;
  let directory: string;
  let client: OidcClient;
  let served: ServedTokens;
  let opened: number;
  const plain = () => `${pages.origin}/plain`;

  beforeAll(async () => {
    await ensureBuilt();
    pages = await serveRendererPages();
    const profile = await browser.profile(plain());
    const first = await profile.open(plain());
    const next = profile.nextTab();
    // A tab that a page has opened is not kept for other tests: its preload script would stay.
    await first.run("void open(location.href, '_blank', 'noopener');");
    tab = await next;
    ({ page } = tab as unknown as { page: Page });
    ipc = await StandInIpc.between(page, pages.origin);
  });
  afterAll(async () => {
    await browser.clean(plain());
    await pages?.close();
  });

  beforeEach(async () => {
    provider = await startFakeProvider({ refreshTokens: "always" });
    directory = await mkdtemp(join(tmpdir(), "keystone-auth-electron-"));
    opened = 0;
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
    ipc.crossed.length = 0;
    served = ipc.serve(client);
    await open();
  });
  afterEach(async () => {
    served.close();
    await client.close();
    await provider.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function open(): Promise<void> {
    await tab.goto(`${pages.origin}/app`);
    await tab.run(
      "window.client = new sdk.OidcClient(); window.events = []; client.on('session', ({ reason }) => events.push(reason));",
    );
  }

  const call = (body: string) => tab.run<Outcome>(`return ${outcomeOf(body)};`);

  it("gets the main process's token and then serves it from memory", async () => {
    const token = await client.getAccessToken();
    expect(await call("return await client.getAccessToken();")).toEqual({ ok: true, value: token });
    const before = ipc.crossed.length;
    const same = await call(`const now = Date.now(); Date.now = () => now;
      for (let i = 0; i < 1000; i += 1) await client.getAccessToken();
      return await client.getAccessToken();`);
    expect(same).toEqual({ ok: true, value: token });
    expect(ipc.crossed.length - before).toBeLessThanOrEqual(2);
  });

  it("asks a person from a click, and from nothing else", async () => {
    await tab.goto(`${pages.origin}/early`);
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
    expect(secretsIn(ipc.crossed, secrets)).toEqual([]);
  });

  it("works in the example's page: without a bundler, under its Content-Security-Policy", async () => {
    const problems: string[] = [];
    page.on("console", (message) => void (message.type() === "error" && problems.push(message.text())));
    page.on("pageerror", (error) => void problems.push(error.message));
    await tab.goto(`${pages.origin}/index.html`);
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
    await tab.goto(`${pages.origin}/plain`);
    const outcome = await call("return new sdk.OidcClient();");
    expect(outcome).toMatchObject({ ok: false, error: { name: "EnvironmentError", code: "environment" } });
    expect(JSON.stringify(outcome)).toContain("webPreferences.preload");
  });
});
