/** Chromium and Firefox, driven by Playwright. */
import { type Browser, type BrowserContext, type Page, chromium, firefox } from "playwright-core";
import { type BrowserDriver, FORGET, FORGET_TAB, type Profile, SPARE_TABS, type Tab, until } from "./driver.js";

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
    // A page out of the back/forward cache is no navigation to every driver.
    await this.page.evaluate(() => setTimeout(() => history.back(), 0));
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
    await this.page.bringToFront();
    const { x, y } = await until(`${selector} is there`, () =>
      this.run<{ x: number; y: number } | undefined>(PLACE, selector),
    );
    // As the input of a person. Playwright's own click waits for two frames first, which a page behind has in seconds.
    await this.page.mouse.click(x, y);
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  readonly isClosed = async () => this.page.isClosed();
}

/** The middle of an element, as soon as a person could click on it. */
const PLACE = `
  const element = document.querySelector(input);
  if (element === null || element.disabled) return undefined;
  element.scrollIntoView({ block: "nearest" });
  const { left, top, width, height } = element.getBoundingClientRect();
  const [x, y] = [left + width / 2, top + height / 2];
  return element.contains(document.elementFromPoint(x, y)) ? { x, y } : undefined;`;

class PlaywrightProfile implements Profile {
  /** Tabs that were opened here, and not by a page. */
  readonly #opened = new Set<Page>();
  /** Those of them that earlier tests have left; they are clean. */
  readonly #spare: Page[] = [];

  constructor(
    private readonly context: BrowserContext,
    private readonly home: Page,
  ) {}

  async open(url: string): Promise<Tab> {
    const spare = this.#spare.shift();
    if (spare === undefined) return new PlaywrightTab(await this.#newTab(url));
    const tab = new PlaywrightTab(spare);
    await tab.goto(url);
    return tab;
  }

  async nextTab(): Promise<Tab> {
    return new PlaywrightTab(await this.context.waitForEvent("page", { timeout: 30_000 }));
  }

  readonly setOffline = (offline: boolean) => this.context.setOffline(offline);

  async clean(...blanks: readonly string[]): Promise<void> {
    const used = this.context.pages().filter((page) => page !== this.home && !this.#spare.includes(page));
    const kept = used.filter((page) => this.#opened.has(page)).slice(0, SPARE_TABS - this.#spare.length);
    await Promise.all(used.filter((page) => !kept.includes(page)).map((page) => page.close()));
    await this.context.setOffline(false);
    await this.context.clearCookies();
    const left = kept.length > 0 ? kept : [this.#spare.shift() ?? (await this.#newTab(blanks[0] as string))];
    for (const blank of blanks.toReversed()) {
      for (const page of left) await page.goto(blank);
      for (const page of left) await new PlaywrightTab(page).run(page === left[0] ? FORGET : FORGET_TAB);
    }
    this.#spare.push(...left);
  }

  async close(): Promise<void> {
    await this.context.close();
  }

  /** A page opens it, not the driver: that would open a window, which takes three times as long in Firefox. */
  async #newTab(url: string): Promise<Page> {
    const opened = this.context.waitForEvent("page", { timeout: 30_000 });
    await this.home.evaluate((address) => void open(address, "_blank", "noopener"), url);
    const page = await opened;
    await page.waitForLoadState("load");
    this.#opened.add(page);
    return page;
  }
}

function driverOf(name: string, browser: Browser): BrowserDriver {
  return {
    name,
    newProfile: async (home) => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(home);
      return new PlaywrightProfile(context, page);
    },
    close: () => browser.close(),
  };
}

export async function launchChromium(executablePath: string): Promise<BrowserDriver> {
  return driverOf("Chromium", await chromium.launch({ executablePath, args: CHROMIUM_FLAGS }));
}

export async function launchFirefox(executablePath: string): Promise<BrowserDriver> {
  return driverOf(
    "Firefox",
    await firefox.launch({ channel: "moz-firefox", executablePath, firefoxUserPrefs: FIREFOX_PREFERENCES }),
  );
}
