/** A person at oidc-provider's own pages. */
import { setTimeout as sleep } from "node:timers/promises";

const LIMIT_MS = 20_000;
const originOf = (page) => new URL(page.url()).origin;

/**
 * Does what leads to the provider, and fills in whatever page it shows until the browser is at the app again. A provider that
 * knows the person may show none.
 */
export async function throughProvider(page, appOrigin, name, begin) {
  let [hasLeft, isBack] = [false, false];
  const watch = (request) => {
    if (!request.isNavigationRequest()) return;
    const isApp = new URL(request.url()).origin === appOrigin;
    hasLeft ||= !isApp;
    isBack = hasLeft && isApp;
  };
  page.on("request", watch);
  try {
    await begin();
    const end = Date.now() + LIMIT_MS;
    while (!isBack || originOf(page) !== appOrigin) {
      if (Date.now() > end) throw new Error(hasLeft ? "the provider's pages led nowhere" : "the app did not leave");
      if (originOf(page) !== appOrigin) await fillIn(page, name);
      await sleep(50);
    }
  } finally {
    page.off("request", watch);
  }
}

async function fillIn(page, name) {
  try {
    const login = page.locator("input[name=login]");
    if (await login.isVisible()) {
      await login.fill(name, { timeout: 1000 });
      await page.fill("input[name=password]", "any", { timeout: 1000 });
    }
    const button = page.locator("[type=submit]:visible").first();
    if (await button.isVisible()) await button.click({ timeout: 1000 });
  } catch {
    // The page went on in the middle of it.
  }
}
