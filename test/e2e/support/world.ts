/** Browser, provider and app of one test file, and the calls that nearly every test makes. */
import { afterAll, afterEach, beforeAll, describe, it } from "vitest";
import { type FakeProvider, startFakeProvider } from "../../support/fake-provider.js";
import { AppServer } from "./app-server.js";
import { type BrowserDriver, type Outcome, outcomeOf, type Profile, type Tab, until } from "./driver.js";
import { findChromiumAsPeopleHaveIt, findDriver, findDrivers, isWideRun, type FoundDriver } from "./find-drivers.js";

export interface World {
  /** Whether this is the browser in which tests run that need one only. */
  readonly isFirst: boolean;
  readonly driver: BrowserDriver;
  readonly provider: FakeProvider;
  readonly app: AppServer;
  readonly profile: Profile;
  /** The kinds of redirect URI, each with its path; one in a browser that is not the first: it goes the same way. */
  readonly redirectUris: readonly (readonly [title: string, path: string])[];
  /** Sets options of the page's client, over those that every test has, and what else the page does. */
  configure(options?: Record<string, unknown>, page?: Partial<AppServer["settings"]>): void;
  /** Opens a page of the app and waits until its script has run. */
  open(path?: string): Promise<Tab>;
}

const REDIRECT_URIS = [
  ["the app itself", "/"],
  ["the bare callback page", "/callback.html"],
] as const;

/** Makes a test where it is one: of what our own code decides, the same in each browser. */
type ItOnce = Pick<typeof it, "each"> & ((title: string, test: () => Promise<void>) => void);

const nowhere = Object.assign(() => {}, { each: () => () => {} }) as unknown as ItOnce;

/** What makes a test in the first browser alone, for a file that goes through the browsers by itself. */
export const onceIn = (browser: string): ItOnce => (browser === findDriver()?.name ? it : nowhere);

/**
 * Runs the tests in each browser that is there, with an empty profile and a provider without a past for each test. Browsers
 * differ in storage, windows, locks, channels, cookies, the back/forward cache and what a failed fetch is: tests of those
 * run in each. `itOnce` makes one for the first browser alone.
 */
export function inEachBrowser(title: string, tests: (world: World, itOnce: ItOnce) => void): void {
  for (const driver of findDrivers()) inBrowser(driver, title, (world) => tests(world, onceIn(driver.name)));
}

/**
 * Tests of the library's own steps, which stand on what the tests in each browser look at: in the first browser, and in each with
 * `npm run test:browsers`. All of them in all browsers take longer than `npm test` may.
 */
export function inEachBrowserOfWideRun(title: string, tests: (world: World, itOnce: ItOnce) => void): void {
  if (isWideRun()) return inEachBrowser(title, tests);
  const driver = findDriver();
  if (driver !== undefined) inBrowser(driver, title, (world) => tests(world, it));
}

/** The same in the first browser alone, for tests of which no browser has its own way. */
export function inOneBrowser(title: string, tests: (world: World) => void): void {
  const driver = findDriver();
  if (driver !== undefined) inBrowser(driver, title, tests);
}

/** In Chromium with its back/forward cache, storage partitioning and throttling, which are switched off in the others. */
export function inChromiumAsPeopleHaveIt(title: string, tests: (world: World) => void): void {
  inBrowser(findChromiumAsPeopleHaveIt(), title, tests);
}

function inBrowser({ name, launch }: FoundDriver, title: string, tests: (world: World) => void): void {
  const isFirst = name === findDriver()?.name;
  describe.skipIf(launch === undefined)(`${name}: ${title}`, () => {
    let driver: BrowserDriver;
    let provider: FakeProvider;
    let app: AppServer;
    let profile: Profile | undefined;
    beforeAll(async () => {
      [driver, provider, app] = await Promise.all([
        (launch as () => Promise<BrowserDriver>)(),
        startFakeProvider({ refreshTokens: "always" }),
        new AppServer({ options: {} }).start(),
      ]);
    });
    afterAll(async () => {
      await Promise.all([driver?.close(), provider?.close(), app?.close()]);
    });
    afterEach(async ({ task }) => {
      // A profile of which something may be left is given up; the next test gets a new one.
      const cleaned = await (task.result?.state === "fail"
        ? undefined
        : profile?.clean(`${app.origin}/blank.html`).then(
            () => true,
            () => false,
          ));
      if (cleaned !== true) {
        await profile?.close();
        profile = undefined;
      }
      provider.reset();
      provider.ledger.clear();
      Object.assign(provider.settings, {
        signedIn: true,
        accessTokenLifetimeSeconds: 300,
        requirePushedAuthorizationRequests: false,
      });
      app.requests.length = 0;
      app.unavailable = undefined;
      app.slow = undefined;
    });
    tests({
      isFirst,
      redirectUris: isFirst ? REDIRECT_URIS : REDIRECT_URIS.slice(0, 1),
      get driver() {
        return driver;
      },
      get provider() {
        return provider;
      },
      get app() {
        return app;
      },
      get profile() {
        if (profile === undefined) throw new Error("no page was opened yet");
        return profile;
      },
      configure(options = {}, page = {}) {
        app.settings = {
          options: { clientId: "spa", issuer: provider.issuer, allowInsecureLoopback: true, ...options },
          ...page,
        };
      },
      async open(path = "/") {
        profile ??= await driver.newProfile();
        const tab = await profile.open(app.origin + path);
        await ready(tab);
        return tab;
      },
    });
  });
}

/** For a page whose calls are all of its own accord: whatever a driver runs in a page counts as the person's doing. */
export const NOBODY_CLICKS =
  "Object.defineProperty(navigator, 'userActivation', { value: { isActive: false, hasBeenActive: false } });";

/** The page's script has run to its end. */
export async function ready(tab: Tab): Promise<void> {
  await until("the app's page is ready", () => tab.run<boolean>("return window.appIsReady === true;"));
}

/** A call in the page, and how it ended. */
export function outcome(tab: Tab, body: string): Promise<Outcome> {
  return tab.run<Outcome>(`return ${outcomeOf(body)};`);
}

/** Begins a call in the page; the page may leave meanwhile. Its outcome is kept in `window.outcome`. */
export async function begin(tab: Tab, body = "return await client.getAccessToken();"): Promise<void> {
  await tab.run(
    `window.outcome = undefined; setTimeout(() => { ${outcomeOf(body)}.then((end) => { window.outcome = end; }); }, 0);`,
  );
}

/** The outcome of a call that was begun. */
export function ended(tab: Tab): Promise<Outcome> {
  return until(
    "the call has ended",
    async () => (await tab.run<Outcome | null>("return window.outcome ?? null;")) ?? undefined,
  );
}

const MAY_LEAVE = "return await client.getAccessToken({ interaction: 'allowed' });";

/** Begins a call that leaves the page, and waits until a page of the app is back with an answer. */
export async function leaveAndReturn(tab: Tab, body = MAY_LEAVE): Promise<void> {
  await tab.run("window.appIsReady = 'leaving';");
  await begin(tab, body);
  await ready(tab);
}

/** Signs in by redirect. Gives the token. */
export async function signIn(tab: Tab): Promise<string> {
  await leaveAndReturn(tab);
  const end = await outcome(tab, "return await client.getAccessToken();");
  if (!end.ok) throw new Error(`the sign-in failed: ${end.error.name} ${end.error.message}`);
  return end.value as string;
}
