/** What a person sees: the page, the address bar, and what lies behind the back button. */
import { setTimeout as sleep } from "node:timers/promises";

const LIMIT_MS = 15_000;

const see = async (page) => ({
  heading: (await page.locator("h1").allTextContents()).join(" / ").replace(/\s+/g, " ").trim(),
  address: page.url(),
  greeting: (await page.locator("#greeting").allTextContents()).join(" / "),
  session: (await page.locator("#session").allTextContents()).join(" / "),
});

/** An answer in an address is told by the names of its parameters, and so is all that is long. */
const withoutValues = (text) => text.replace(/\b((?:code|state|iss)=)[^&#"]*|(=)[^&#"]{16,}/g, "$1$2…");

const describe = (seen = {}) =>
  Object.entries(seen)
    .map(([name, value]) => `${name} "${withoutValues(value)}"`)
    .join(", ");

/** Waits for it, and says what was there instead. */
export async function shows(when, page, wanted) {
  const end = Date.now() + LIMIT_MS;
  for (;;) {
    const seen = await see(page).catch(() => undefined);
    if (seen && Object.entries(wanted).every(([name, value]) => seen[name] === value)) return;
    if (Date.now() > end) throw new Error(`${when}: ${describe(seen)} instead of ${describe(wanted)}`);
    await sleep(50);
  }
}

/** Gives the parameters of the last answer that the app was visited with. */
export function watchAnswer(page, origin) {
  let last;
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (request.isNavigationRequest() && url.origin === origin && url.searchParams.has("code")) last = url.searchParams;
  });
  return () => {
    if (last === undefined) throw new Error("The provider has sent no code.");
    return last;
  };
}

/** Nothing of the answer is in the address bar, the history, what the router keeps with an entry, or a link. */
export async function isClean(when, page, answer) {
  const session = await page.context().newCDPSession(page);
  const { entries } = await session.send("Page.getNavigationHistory");
  await session.detach();
  const { origin } = new URL(page.url());
  const places = {
    "the history": entries.map(({ url }) => url).filter((url) => url.startsWith(`${origin}/`)),
    "history.state": [await page.evaluate(() => JSON.stringify(history.state))],
    "a link": await page.evaluate(() => [...document.links].map(({ href }) => href)),
  };
  const secrets = [answer.get("code"), answer.get("state")];
  for (const [place, texts] of Object.entries(places)) {
    const bad = texts.find((text) => /[?&](code|state|iss)=/.test(text) || secrets.some((each) => text.includes(each)));
    if (bad !== undefined) throw new Error(`${when}: ${place} holds the answer, ${withoutValues(bad)}`);
  }
}

/** What the page has thrown or complained of. A request that was refused is what a test is about, or shows in the page. */
export function watchFaults(page) {
  const faults = [];
  page.on("pageerror", (error) => faults.push(`it threw ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      faults.push(message.text());
  });
  return () => {
    if (faults.length > 0) throw new Error(`the page complained: ${withoutValues(faults.join("; "))}`);
  };
}
