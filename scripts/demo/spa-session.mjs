/** The single-page examples, used by a headless Chromium: sign in, call the API, meet an error, sign out. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findBrowsers } from "../browsers.mjs";
import { note, step } from "./show.mjs";

const LIMIT_MS = 20_000;
const SIZES = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };

/** Takes pictures of a page in both schemes and sizes; does nothing where nobody has asked for them. */
function photographer(page, directory) {
  if (directory) mkdirSync(directory, { recursive: true });
  return async (name) => {
    if (!directory) return;
    for (const colorScheme of ["light", "dark"]) {
      for (const [size, viewport] of Object.entries(SIZES)) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(viewport);
        await page.screenshot({ path: join(directory, `${name}-${colorScheme}-${size}.png`) });
      }
    }
  };
}

/** Fills in the provider's pages until it has none left: `isDone` gives whether the app is there again. */
async function throughProvider(page, isDone) {
  const end = Date.now() + LIMIT_MS;
  while (!(await isDone())) {
    if (Date.now() > end) throw new Error(`The provider's pages led nowhere; the last one is ${page.url()}.`);
    const name = page.locator("input[name=login]");
    try {
      if (await name.isVisible()) {
        await name.fill("alice");
        await page.fill("input[name=password]", "any");
      }
      const button = page.locator("[type=submit]:visible").first();
      if (await button.isVisible()) await button.click({ timeout: 1000 });
    } catch {
      // The page went on, or closed, in the middle of it.
    }
    await sleep(50);
  }
}

async function byRedirect(page, app, button, words) {
  await page.click(button);
  const text = page.getByRole("heading", { name: words });
  await throughProvider(page, async () => page.url().startsWith(app.origin) && (await text.isVisible()));
}

async function byPopup(page, _app, button, words) {
  const [popup] = await Promise.all([page.waitForEvent("popup"), page.click(button)]);
  await throughProvider(popup, async () => popup.isClosed());
  await page.getByRole("heading", { name: words }).waitFor();
}

async function meetError(page, api, takePicture, name) {
  api.failOnce(503);
  await page.click("#call");
  await page.getByRole("alert").waitFor();
  await takePicture(`${name}-error`);
}

/** The provider cannot be reached when somebody wants to sign in. */
async function meetNoProvider(page, provider, takePicture, name) {
  await page.route(`${provider.issuer}/**`, (route) => route.abort());
  await page.click("#sign-in");
  await page.getByRole("alert").waitFor();
  await takePicture(`${name}-unreachable`);
  await page.unroute(`${provider.issuer}/**`);
}

async function use({ context, apps, provider, api, directory }, name) {
  const go = name === "spa-popup" ? byPopup : byRedirect;
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  const takePicture = photographer(page, directory);
  await page.goto(`${apps[name].origin}/`);
  await page.getByRole("heading", { name: "You are not signed in" }).waitFor();
  await takePicture(`${name}-signed-out`);
  if (name !== "spa-popup") await meetNoProvider(page, provider, takePicture, name);
  await go(page, apps[name], "#sign-in", "Hello, alice.");
  await takePicture(`${name}-signed-in`);
  await meetError(page, api, takePicture, name);
  await go(page, apps[name], "#sign-out", "You are not signed in");
  await page.close();
  if (apps[name].violations.length > 0) throw new Error(`The policy was breached: ${apps[name].violations.join(" ")}`);
  return { found: "signed in, called the API, signed out" };
}

/** Goes through each app. Where there is no browser it says so, and leaves it at that. */
export async function signInToAll({ apps, provider, api }, directory) {
  const { chromium } = findBrowsers();
  if (chromium === undefined) return note("No Chromium here that could sign in; the apps were built and served.");
  const playwright = await import("playwright-core");
  const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"];
  const browser = await playwright.chromium.launch({ executablePath: chromium.path, args });
  try {
    const context = await browser.newContext();
    for (const name of Object.keys(apps))
      await step(`Used ${name}`, () => use({ context, apps, provider, api, directory }, name));
  } finally {
    await browser.close();
  }
  if (directory) note(`The pictures are in ${directory}.`);
}
