/** A session as people have it: by the button, over a reload, in two tabs, ended in one, and begun anew by somebody else. */
import { isClean, shows, watchAnswer, watchFaults } from "./looks.mjs";
import { throughProvider } from "./person.mjs";

const inHeader = (page, name) => page.locator("header").getByRole("button", { name });
/** The button that stands where the page would be. */
const inPage = (page) => page.locator("button:not(header button)", { hasText: "Sign in" });

/** The page that was there is gone, and says why. */
async function asksToSignIn(page, text) {
  await page.getByText(text).waitFor();
  await inPage(page).waitFor();
}

export async function useSession({ rendered }, { context, provider, origin }) {
  for (let times = 0; rendered && times < 2; times += 1) await isRendered(origin);
  const page = await context.newPage();
  const isSound = watchFaults(page);
  await signInByButton(page, origin);
  await survivesReload(page, origin, provider);
  const tab = await context.newPage();
  const isTabSound = watchFaults(tab);
  await inTwoTabs(page, tab, origin);
  await anotherPerson(page, tab, origin);
  isSound();
  isTabSound();
}

/** What the server makes of the page before any script runs. */
async function isRendered(origin) {
  const text = await (await fetch(`${origin}/reports/7?tab=a`)).text();
  const heading = /<h1>(.*?)<\/h1>/s
    .exec(text)?.[1]
    ?.replace(/<!--.*?-->/g, "")
    .trim();
  if (heading !== "Report 7, tab a") throw new Error(`the server rendered the heading ${heading}`);
  // The second time as well: one client serves all visitors, and must have learnt nothing from the first.
  if (!text.includes('<p id="session">unknown</p>')) throw new Error("the server claims to know who is signed in");
}

async function signInByButton(page, origin) {
  const answer = watchAnswer(page, origin);
  await page.goto(`${origin}/`);
  await shows("at first", page, { heading: "Start", session: "signed_out" });
  await throughProvider(page, origin, "alice", async () => await inHeader(page, "Sign in").click());
  await shows("after the button", page, { heading: "Start", session: "alice", address: `${origin}/` });
  await isClean("after the button", page, answer());
  await page.getByRole("link", { name: "Account" }).click();
  await shows("with the token", page, { heading: "Account", greeting: "Hello, alice.", session: "alice" });
}

async function survivesReload(page, origin, provider) {
  const before = provider.requests.length;
  await page.reload();
  const account = { heading: "Account", greeting: "Hello, alice.", session: "alice", address: `${origin}/account` };
  await shows("after a reload", page, account);
  const logins = provider.requests.slice(before).filter((request) => request === "GET /auth");
  if (logins.length > 0) throw new Error("the reload asked the provider for a login");
}

async function inTwoTabs(page, tab, origin) {
  await tab.goto(`${origin}/account`);
  await shows("in a second tab", tab, { heading: "Account", greeting: "Hello, alice.", session: "alice" });
  await throughProvider(tab, origin, "alice", async () => await inHeader(tab, "Sign out").click());
  await shows("where it was ended", tab, { heading: "Start", session: "signed_out", address: `${origin}/` });
  await shows("in the other tab", page, { session: "signed_out", greeting: "" });
  await asksToSignIn(page, "You are signed out");
}

/** In one tab; the other gives nothing of either, and goes on as the new person when it is asked to. */
async function anotherPerson(page, tab, origin) {
  await throughProvider(tab, origin, "bob", async () => await inHeader(tab, "Sign in").click());
  await shows("as another person", tab, { heading: "Start", session: "bob", address: `${origin}/` });
  await shows("in the other tab", page, { session: "user_changed", greeting: "" });
  await asksToSignIn(page, "Another person has signed in");
  // Nor is a token given where a page asks without looking, in a click.
  await page.getByRole("link", { name: "Report 7" }).click();
  await page.locator("#greeting", { hasText: "LoginRequiredError: Another person has signed in" }).waitFor();
  await page.getByRole("link", { name: "Account" }).click();
  await asksToSignIn(page, "Another person has signed in");
  const text = await page.locator("body").innerText();
  if (/alice|bob/.test(text)) throw new Error(`the other tab tells of a person: ${text}`);
  const answer = watchAnswer(page, origin);
  await throughProvider(page, origin, "bob", async () => await inPage(page).click());
  const account = { heading: "Account", greeting: "Hello, bob.", session: "bob", address: `${origin}/account` };
  await shows("after the button in the page", page, account);
  await isClean("after the button in the page", page, answer());
}
