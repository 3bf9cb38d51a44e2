/** The single-page examples as a person uses them, against oidc-provider on another site and an API that checks tokens. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ensureBuilt, root } from "../packaging/built-package.js";
import { type ExampleApp, type ExampleName, startExampleApp } from "../support/example-apps.js";
import { type ProtectedApi, startProtectedApi } from "../support/protected-api.js";
import { type RealProvider, REAL_AUDIENCE, startRealProvider } from "../support/real-provider.js";
import { signInAtProvider } from "./support/at-provider.js";
import { type BrowserDriver, type Profile, type Tab, until } from "./support/driver.js";
import { findDriver } from "./support/find-drivers.js";

const NAMES: readonly ExampleName[] = ["spa-redirect", "spa-popup", "spa-react"];

let apps: Record<ExampleName, ExampleApp>;
let provider: RealProvider;
let api: ProtectedApi;

beforeAll(async () => {
  await ensureBuilt();
  const started = await Promise.all(NAMES.map((name) => startExampleApp(name)));
  apps = Object.fromEntries(NAMES.map((name, n) => [name, started[n]])) as typeof apps;
  provider = await startRealProvider({ spaRedirectUris: started.map(({ redirectUri }) => redirectUri) });
  api = await startProtectedApi({ issuer: provider.issuer, audience: REAL_AUDIENCE });
  const settings = { issuer: provider.issuer, api: api.url };
  // One after the other: each build takes its settings from the environment. Effects run twice in development only.
  for (const name of NAMES) await apps[name].build(root, settings, name === "spa-react" ? "development" : "production");
});

afterAll(async () => {
  await Promise.all([...Object.values(apps ?? {}), provider, api].map((one) => one?.close()));
});

/** What the person sees. */
const text = (tab: Tab) => tab.run<string>("return document.body.innerText;");
const shows = (tab: Tab, words: string) =>
  until(`the page shows "${words}"`, async () => (await text(tab)).includes(words));
/** The provider's page is gone, and the app has come back signed in. */
const isSignedIn = (app: ExampleApp, tab: Tab) => async () =>
  (await tab.url()).startsWith(app.origin) && (await text(tab)).includes("Hello, alice.");
const count = (request: string) => provider.requests.filter((one) => one === request).length;

// Once: what browsers do differently is tested of the library, in each.
const { name: browser, launch } = findDriver() ?? { name: "No browser", launch: undefined };
describe.skipIf(launch === undefined)(`${browser}: the examples`, () => {
  let driver: BrowserDriver;
  let profile: Profile;
  let tab: Tab;
  let before: { authorizations: number; tokens: number };
  beforeAll(async () => {
    driver = await (launch as () => Promise<BrowserDriver>)();
    profile = await driver.newProfile();
    tab = await profile.open("about:blank");
  });
  afterAll(async () => {
    await profile?.close();
    await driver?.close();
  });
  beforeEach(() => {
    before = { authorizations: count("GET /auth"), tokens: count("POST /token") };
  });
  const requests = () => ({
    authorizations: count("GET /auth") - before.authorizations,
    tokens: count("POST /token") - before.tokens,
  });

  /** The API refuses the token that the app has, and then fails. */
  const troubleTheApi = async () => {
    const refreshes = provider.refreshCount;
    api.failOnce(401);
    await tab.press("#call");
    await until("the API has answered again", async () => api.answers.at(-2) === 401 && api.answers.at(-1) === 200);
    expect(provider.refreshCount).toBe(refreshes + 1);
    api.failOnce(503);
    await tab.press("#call");
    await shows(tab, "The API answered with 503. Try again later.");
    await tab.press("#error-help");
    await until("the error is gone", async () => {
      const seen = await text(tab);
      return !seen.includes("503") && seen.includes("Hello, alice.");
    });
  };

  it.each(["spa-redirect", "spa-react"] as const)(
    "%s signs in by redirect with one authorization and one token request, survives a reload and an API that refuses, and signs out",
    async (name) => {
      const app = apps[name];
      await tab.goto(`${app.origin}/reports?id=7#top`);
      await shows(tab, "You are not signed in");
      await tab.press("#sign-in");
      await signInAtProvider(app.origin, tab, isSignedIn(app, tab));
      expect(await tab.url()).toBe(`${app.origin}/reports?id=7#top`);
      expect(await text(tab)).toContain(provider.issuer);
      expect(requests()).toEqual({ authorizations: 1, tokens: 1 });
      await tab.reload();
      await shows(tab, "Hello, alice.");
      expect(requests()).toEqual({ authorizations: 1, tokens: 1 });
      await troubleTheApi();
      await tab.press("#sign-out");
      // Signed out here at once; then the provider's page is shown, and leads back.
      const isBack = async () =>
        (await tab.url()) === `${app.origin}/` && (await text(tab)).includes("You are not signed in");
      await signInAtProvider(app.origin, tab, isBack);
      expect(provider.lastGrantRevoked).toBeDefined();
      expect(app.violations).toEqual([]);
      expect(provider.serverErrors).toEqual([]);
    },
  );

  it("spa-popup signs in and out in windows, and the page stays", async () => {
    const app = apps["spa-popup"];
    await tab.goto(`${app.origin}/reports`);
    await shows(tab, "You are not signed in");
    await until("the button works", () =>
      tab.run<boolean>("return document.querySelector('#sign-in').disabled === false;"),
    );
    const first = profile.nextTab();
    await tab.press("#sign-in");
    const unwanted = await first;
    await until("the provider is there", async () => (await unwanted.url()).startsWith(provider.origin));
    // As slow as a person: a window that is gone faster may have been severed from the page.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await unwanted.close();
    await shows(tab, "The sign-in window is gone");
    const opened = profile.nextTab();
    await tab.press("#error-help");
    const popup = await opened;
    await signInAtProvider(app.origin, popup, popup.isClosed);
    await shows(tab, "Hello, alice.");
    expect(requests().tokens).toBe(1);
    const another = profile.nextTab();
    await tab.press("#sign-out");
    const page = await another;
    await signInAtProvider(app.origin, page, page.isClosed);
    await shows(tab, "You are not signed in");
    expect(await tab.url()).toBe(`${app.origin}/reports`);
    expect(app.violations).toEqual([]);
  });

  // The last ones: the provider is gone for good.
  it.each(["spa-redirect", "spa-react"] as const)(
    "DX-17 %s tells a person who was never signed in, in their words, that the provider cannot be reached",
    async (name) => {
      await provider.close();
      const other = await driver.newProfile();
      const page = await other.open(`${apps[name].origin}/`);
      await shows(page, "You are not signed in");
      await page.press("#sign-in");
      await shows(page, "The sign-in service cannot be reached");
      const seen = await text(page);
      expect(seen).toContain("Check your connection.");
      expect(seen).not.toMatch(/CORS|metadata|signed out/);
      expect(await page.run("return document.querySelector('details p').textContent;")).toContain("metadata");
      await other.close();
    },
  );
});

describe("the examples", () => {
  const read = (name: ExampleName, file: string) => readFile(join(root, "examples", name, "src", file), "utf8");

  it.each(["api.ts", "explain.ts", "icon.svg", "vite-env.d.ts", "style.css"])(
    "have the same %s, so that a change of one is not forgotten in the others",
    async (file) => {
      const [redirect, popup, react] = await Promise.all(NAMES.map((name) => read(name, file)));
      expect(popup).toBe(redirect);
      expect(react?.startsWith(redirect as string)).toBe(true);
    },
  );
});
