/** A person at oidc-provider's own pages. */
import { setTimeout as sleep } from "node:timers/promises";

const LIMIT_MS = 20_000;

/** Fills in whatever page the provider shows, until the browser is at the app again. */
export async function signInAtProvider(page, appOrigin, name) {
  const end = Date.now() + LIMIT_MS;
  let hasLeft = false;
  while (!hasLeft || new URL(page.url()).origin !== appOrigin) {
    if (Date.now() > end)
      throw new Error(hasLeft ? "the provider's pages led nowhere" : "the app did not go to the provider");
    hasLeft ||= ![appOrigin, "null"].includes(new URL(page.url()).origin);
    await fillIn(page, appOrigin, name);
    await sleep(50);
  }
}

async function fillIn(page, appOrigin, name) {
  if (new URL(page.url()).origin === appOrigin) return;
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
