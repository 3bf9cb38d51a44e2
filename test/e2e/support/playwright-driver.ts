/** Chromium and Firefox, driven by Playwright. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, type Page, chromium, firefox } from "playwright-core";
import { type BrowserDriver, FORGET, type Profile, type Tab } from "./driver.js";

const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Tabs of one site share a process: to start one takes longer than most tests.
  "--process-per-site",
];
/** The same for Firefox. */
const FIREFOX_PREFERENCES = {
  "dom.ipc.processCount.webIsolated": 1,
  "dom.ipc.processPrelaunch.enabled": false,
};

class PlaywrightTab implements Tab {
  constructor(readonly page: Page) {}

  async goto(url: string): Promise<void> {
    await this.page.goto(url, { waitUntil: "load" });
  }

  async reload(): Promise<void> {
    await this.page.reload();
  }

  async back(): Promise<void> {
    // A page out of the back/forward cache is no navigation to every driver; an error page has no scripts.
    if (this.page.context().browser()?.browserType().name() === "firefox")
      return await this.page.evaluate(() => void setTimeout(() => history.back(), 0));
    const session = await this.page.context().newCDPSession(this.page);
    const { currentIndex, entries } = await session.send("Page.getNavigationHistory");
    const entryId = entries[currentIndex - 1]?.id;
    if (entryId !== undefined) await session.send("Page.navigateToHistoryEntry", { entryId });
    await session.detach();
  }

  async url(): Promise<string> {
    return this.page.url();
  }

  async run<T>(body: string, input?: unknown): Promise<T> {
    return await this.page.evaluate<T>(`(async (input) => { ${body} })(${JSON.stringify(input) ?? ""})`);
  }

  async click(body: string): Promise<void> {
    await this.run(`document.getElementById("go").onclick = () => { ${body} };`);
    await this.press("#go");
  }

  async press(selector: string): Promise<void> {
    await this.page.click(selector);
  }

  async type(selector: string, text: string): Promise<void> {
    await this.page.locator(selector).pressSequentially(text);
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  readonly isClosed = async () => this.page.isClosed();
}

class PlaywrightProfile implements Profile {
  /** The page that an earlier test has left. */
  #spare: Page | undefined;

  constructor(private readonly context: BrowserContext) {}

  async open(url: string): Promise<Tab> {
    const tab = new PlaywrightTab(this.#spare ?? (await this.context.newPage()));
    this.#spare = undefined;
    await tab.goto(url);
    return tab;
  }

  async nextTab(): Promise<Tab> {
    return new PlaywrightTab(await this.context.waitForEvent("page", { timeout: 30_000 }));
  }

  readonly setOffline = (offline: boolean) => this.context.setOffline(offline);

  async clean(blank: string): Promise<void> {
    const [page = await this.context.newPage(), ...others] = this.context.pages();
    await Promise.all(others.map((other) => other.close()));
    await this.context.setOffline(false);
    await this.context.clearCookies();
    const tab = new PlaywrightTab(page);
    await tab.goto(blank);
    await tab.run(FORGET);
    this.#spare = page;
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

function driverOf(name: string, browser: Browser): BrowserDriver {
  return {
    name,
    newProfile: async () => new PlaywrightProfile(await browser.newContext()),
    close: () => browser.close(),
  };
}

export async function launchChromium(executablePath: string): Promise<BrowserDriver> {
  return driverOf("Chromium", await chromium.launch({ executablePath, args: CHROMIUM_FLAGS }));
}

/** What Playwright switches off for the sake of tests. */
const SWITCHED_OFF = [
  "--disable-back-forward-cache",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

/** Chromium as people have it: with its back/forward cache, storage partitioning and throttling. Each profile is a browser. */
export function launchChromiumAsPeopleHaveIt(executablePath: string): BrowserDriver {
  const profiles: Profile[] = [];
  const directories: string[] = [];
  return {
    name: "Chromium as people have it",
    newProfile: async () => {
      const directory = mkdtempSync(join(tmpdir(), "keystone-auth-chromium-"));
      const context = await chromium.launchPersistentContext(directory, {
        executablePath,
        // The last list of features counts: Playwright's own names storage partitioning.
        args: [...CHROMIUM_FLAGS, "--disable-features=MediaRouter"],
        ignoreDefaultArgs: SWITCHED_OFF,
      });
      directories.push(directory);
      const profile = new PlaywrightProfile(context);
      profiles.push(profile);
      return profile;
    },
    close: async () => {
      await Promise.all(profiles.map((profile) => profile.close().catch(() => {})));
      // A browser that has just ended may still write.
      for (const each of directories) rmSync(each, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

export async function launchFirefox(executablePath: string): Promise<BrowserDriver> {
  const settings = { channel: "moz-firefox", executablePath, firefoxUserPrefs: FIREFOX_PREFERENCES };
  return driverOf("Firefox", await firefox.launch(settings));
}
