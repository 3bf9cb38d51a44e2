/** A person in Chromium: enters by a link into the app, signs in, and looks at page, address bar and history. */
import { setTimeout as sleep } from "node:timers/promises";
import { signInAtProvider } from "./person.mjs";

const LIMIT_MS = 15_000;

/** Tries a way with a browser profile of its own. Rejects with what was seen instead. */
export async function tryWay(way, { servers }, browser) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT_MS);
    const faults = [];
    page.on("pageerror", (error) => faults.push(error.message));
    const server = servers.get(way);
    await server.ready();
    await wayBack(way, server.origin, page);
    if (faults.length > 0) throw new Error(`The page threw: ${faults.join("; ")}`);
    return undefined;
  } finally {
    await context.close();
  }
}

async function wayBack({ enters: { path, heading } }, origin, page) {
  const answer = watchAnswer(page, origin);
  await page.goto(origin + path);
  await signInAtProvider(page, origin, "alice");
  const report = { heading, address: origin + path, greeting: "Hello, alice." };
  const other = { heading: "Other", address: origin + (path.startsWith("/#") ? "/#/other" : "/other") };
  await shows("after the login", page, report);
  // A router that was slower than the exchange may write its address only now.
  await sleep(2500);
  await shows("some time after the login", page, report);
  await isClean("after the login", page, answer());
  await page.getByRole("link", { name: "Other" }).click();
  await shows("after a further navigation", page, other);
  await isClean("after a further navigation", page, answer());
  await page.goBack();
  await shows("after back", page, report);
  await isClean("after back", page, answer());
  await page.goForward();
  await shows("after forward", page, other);
  await page.getByRole("link", { name: "Start" }).click();
  await shows("on the start page", page, {
    heading: "Start",
    address: `${origin}/${path.startsWith("/#") ? "#/" : ""}`,
  });
  await isClean("at the end", page, answer());
}

/** Gives the parameters of the last answer that the app was visited with. */
function watchAnswer(page, origin) {
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

const see = async (page) => ({
  heading: (await page.locator("h1").allTextContents()).join(" / ").replace(/\s+/g, " ").trim(),
  address: page.url(),
  greeting: (await page.locator("#greeting").allTextContents()).join(" / "),
});

/** Waits for it, and says what was there instead. An answer in the address is told by its names. */
async function shows(when, page, wanted) {
  const end = Date.now() + LIMIT_MS;
  for (;;) {
    const seen = await see(page).catch(() => undefined);
    if (seen && Object.entries(wanted).every(([name, value]) => seen[name] === value)) return;
    if (Date.now() > end) throw new Error(`${when}: ${describe(seen)} instead of ${describe(wanted)}`);
    await sleep(50);
  }
}

const withoutValues = (text) => text.replace(/\b(code|state|iss|session_state)=[^&#"]*/g, "$1=…");
const describe = ({ heading, address, greeting } = {}) =>
  `"${heading}" at ${withoutValues(String(address))}${greeting ? ` with "${greeting}"` : ""}`;

/** Nothing of the answer is in the address bar, the history, what the router keeps with an entry, or a link. */
async function isClean(when, page, answer) {
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
