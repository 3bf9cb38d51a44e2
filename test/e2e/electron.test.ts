/**
 * The renderer's client as a bundler makes it, in real Chromium, with the ready-made preload script, over a stand-in for
 * Electron's IPC to real main-process code in Node.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../electron/eventually.js";
import { ensureBuilt } from "../packaging/built-package.js";
import { secretsIn } from "../support/secrets-in.js";
import { type BrowserDriver, outcomeOf, type Outcome } from "./support/driver.js";
import { ElectronApp, PageServer } from "./support/electron-app.js";
import { findDrivers } from "./support/find-drivers.js";

const launch = findDrivers().find(({ name }) => name === "Chromium")?.launch;

describe.skipIf(launch === undefined)("Chromium: a renderer's client", () => {
  let driver: BrowserDriver;
  let server: PageServer;
  let app: ElectronApp;

  beforeAll(async () => {
    await ensureBuilt();
    server = await PageServer.start();
    driver = await (launch as () => Promise<BrowserDriver>)();
  });
  afterAll(async () => {
    await driver.close();
    await server.close();
  });
  beforeEach(async () => {
    app = await ElectronApp.start(driver, server.origin);
  });
  afterEach(() => app.close());

  const call = (body: string) => app.tab.run<Outcome>(`return ${outcomeOf(body)};`);

  it("gets the main process's token and then serves it from memory", async () => {
    const token = await app.client.getAccessToken();
    expect(await call("return await client.getAccessToken();")).toEqual({ ok: true, value: token });
    const before = app.crossed.length;
    const same = await call(`const now = Date.now(); Date.now = () => now;
      for (let i = 0; i < 1000; i += 1) await client.getAccessToken();
      return await client.getAccessToken();`);
    expect(same).toEqual({ ok: true, value: token });
    expect(app.crossed.length - before).toBeLessThanOrEqual(2);
  });

  it("asks a person from a click, and from nothing else", async () => {
    await app.tab.goto(`${app.origin}/early`);
    const refused = await app.tab.run("return await window.early;");
    expect(refused).toMatchObject({ name: "LoginRequiredError", reason: "no_session" });
    expect((refused as Error).message).toContain("click");
    expect(app.opened).toBe(0);
    await app.open();
    await app.tab.click(`window.asked = ${outcomeOf("return await client.getAccessToken();")};`);
    const token = await app.tab.run<Outcome>("return await window.asked;");
    expect(token).toEqual({ ok: true, value: await app.client.getAccessToken({ interaction: "never" }) });
    expect(app.opened).toBe(1);
    await eventually(() => app.tab.run("return events;")).toEqual(["restored", "signed_in"]);
  });

  it("forgets its token when somebody signs out in the main process", async () => {
    await app.client.getAccessToken();
    await call("return await client.getAccessToken();");
    await app.client.signOut({ local: true });
    await eventually(() => app.tab.run("return events.at(-1);")).toBe("signed_out");
    const refused = await call('return await client.getAccessToken({ interaction: "never" });');
    expect(refused).toMatchObject({ ok: false, error: { code: "login_required", reason: "signed_out" } });
  });

  it("rebuilds errors as its own classes, and takes a call back by its signal", async () => {
    await app.client.getAccessToken();
    app.provider.once("token", (exchange) => exchange.html(503, "down"));
    const kinds = await app.tab.run(`
      const error = await client.getAccessToken({ forceRefresh: true }).catch((e) => e);
      const aborted = await client.getAccessToken({ forceRefresh: true, signal: AbortSignal.abort() }).catch((e) => e);
      return [error instanceof sdk.NetworkError, error.retryable, error.status, aborted instanceof sdk.AbortedError];`);
    expect(kinds).toEqual([true, true, 503, true]);
  });

  it("makes one refresh of 1,000 calls, and no secret crosses", async () => {
    await app.client.getAccessToken();
    await app.client.destroyAccessToken();
    const tokens = await app.tab.run<string[]>(
      "return [...new Set(await Promise.all(Array.from({ length: 1000 }, () => client.getAccessToken())))];",
    );
    expect(tokens).toHaveLength(1);
    expect(app.provider.ledger.count("token", "refresh_token")).toBe(1);
    await call("return await client.getTokenSet();");
    await call("return await client.getIdTokenClaims();");
    await call("return await client.signOut();");
    const parts = tokens.flatMap((token) => [token, ...token.split(".")]);
    const secrets = app.provider.secrets().filter((secret) => !parts.includes(secret));
    expect(secrets.length).toBeGreaterThan(5);
    expect(secretsIn(app.crossed, secrets)).toEqual([]);
  });

  it("works in the example's page: without a bundler, under its Content-Security-Policy", async () => {
    const { page } = app;
    const problems: string[] = [];
    page.on("console", (message) => void (message.type() === "error" && problems.push(message.text())));
    page.on("pageerror", (error) => void problems.push(error.message));
    await app.tab.goto(`${app.origin}/index.html`);
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
    const page = await plain.open(`${app.origin}/plain`);
    const outcome = await page.run<Outcome>(`return ${outcomeOf("return new sdk.OidcClient();")};`);
    expect(outcome).toMatchObject({ ok: false, error: { name: "EnvironmentError", code: "environment" } });
    expect(JSON.stringify(outcome)).toContain("webPreferences.preload");
    await plain.close();
  });
});
