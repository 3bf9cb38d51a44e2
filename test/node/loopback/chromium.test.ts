import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type KeystoneAuthError, ProviderError } from "../../../src/errors.js";
import { productPage } from "../../../src/node/pages/page-handlers.js";
import { twoStagePage } from "../../../src/node/pages/page-handlers.js";
import { claimMissing } from "../../../src/session/claim-missing.js";
import type { SessionRecord } from "../../../src/token-set.js";
import type { LoginOutcome, PageHandler } from "../../../src/ports.js";
import { CODE, callback, isClosed, STATE, SUCCESS, waitingAgent } from "./knock.js";

const executablePath = (process.env.PATH ?? "")
  .split(delimiter)
  .flatMap((folder) => ["chromium", "chromium-browser", "google-chrome"].map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** Its access token is no JWT. */
const unlicensed = { accessTokens: { default: { token: "opaque" } } } as unknown as SessionRecord;

describe.skipIf(executablePath === undefined)("the pages in a real browser", { timeout: 30_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: executablePath as string,
      args: ["--no-sandbox", "--disable-gpu"],
    });
  }, 30_000);
  afterAll(async () => {
    await browser?.close();
  });

  /** A login whose callback a browser brings; what the browser complained of is kept. */
  const visit = async (pages: PageHandler, outcome: LoginOutcome = SUCCESS) => {
    const login = await waitingAgent({ pages });
    const page: Page = await browser.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => requests.push(request.url()));
    const shown = page.goto(login.redirectUri + callback());
    await login.response;
    await login.agent.settle(outcome);
    await shown;
    await login.agent.close();
    return { ...login, page, complaints, requests };
  };

  it.each([
    ["success", SUCCESS, "You are signed in", 0],
    [
      "failure",
      { ok: false, error: new ProviderError("Refused.", { error: "access_denied" }) } as const,
      "The sign-in did not succeed",
      1,
    ],
    [
      "login without a licence",
      {
        ok: false,
        error: claimMissing(unlicensed, { requiredClaims: { edition: "pro" } }) as KeystoneAuthError,
      } as const,
      "You are signed in, but something is missing",
      1,
    ],
  ])(
    "LB-12 leave neither code nor state in address, title or page after a %s, and ask for nothing else",
    async (_what, outcome, title, failedLoads) => {
      const { page, complaints, requests, redirectUri } = await visit(
        productPage({ product: "Prizm", logo: '<svg viewBox="0 0 9 9"></svg>' }),
        outcome,
      );
      expect(page.url()).toBe(`${redirectUri}/`);
      expect(await page.title()).toBe(title);
      expect(await page.evaluate("history.length")).toBeLessThanOrEqual(2);
      expect(await page.content()).not.toMatch(new RegExp(`${CODE}|${STATE}`));
      expect(requests).toHaveLength(1);
      // A browser reports the status, 400 or 403, of the error page; there is nothing of the policy among it.
      expect(complaints.filter((text) => !/ 40[03] /.test(text))).toEqual([]);
      expect(complaints.length).toBeLessThanOrEqual(failedLoads);
      await page.close();
    },
  );

  it("LB-06 run no script but the one that cleans the address", async () => {
    const { page, complaints } = await visit({
      landingPage: () => ({
        html: '<!doctype html><title>Mine</title><script>document.title="ran"</script><img src=x onerror="document.title=\'ran\'">',
      }),
    });
    expect(await page.title()).toBe("Mine");
    expect(page.url()).not.toContain("code=");
    expect(complaints.join()).toContain("Content Security Policy");
    await page.close();
  });

  it("go from the first of two stages to the second by themselves, and the port is closed then", async () => {
    const { page, redirectUri } = await visit(
      twoStagePage({
        first: "<!doctype html><html><head><title>One</title></head><body>One</body></html>",
        path: "/landing",
        second: async (context) => `<!doctype html><title>Two</title><p>${await context.getAccessToken()}`,
      }),
    );
    await page.waitForURL(`${redirectUri}/landing`);
    expect(await page.textContent("p")).toBe("access-token-of-the-login");
    await expect.poll(() => isClosed(redirectUri)).toBe(true);
    await page.close();
  });

  it("have enough contrast in light and dark, and fit a narrow window", async () => {
    const { html } = await productPage({ product: "Prizm", version: "2" }).errorPage(
      new ProviderError("x".repeat(400), { error: "x" }),
    );
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await browser.newPage({ colorScheme, viewport: { width: 320, height: 640 } });
      await page.setContent(html.replace("<details>", "<details open>"));
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
      expect(await page.evaluate<number>(LEAST_CONTRAST)).toBeGreaterThanOrEqual(4.5);
      await page.close();
    }
  });
});

/** The least contrast of any text to the ground behind it (WCAG 2.2, 1.4.3). */
const LEAST_CONTRAST = `(() => {
  const light = (color) => color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const groundOf = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return color === "rgba(0, 0, 0, 0)" ? groundOf(element.parentElement) : color;
  };
  const texts = [...document.querySelectorAll("h1, p, summary, footer")];
  return Math.min(...texts.map((element) => {
    const [a, b] = [light(getComputedStyle(element).color), light(groundOf(element))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  }));
})()`;
