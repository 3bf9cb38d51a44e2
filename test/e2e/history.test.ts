/** Real tabs: what happened among them is judged as the simulation's histories are. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { checkHistory } from "../history/check.js";
import { eventsOf } from "../history/events-of.js";
import { ordinalOf } from "../history/recorder/fetch.js";
import type { Tab } from "./support/driver.js";
import { TabHistory } from "./support/tab-history.js";
import { begin, ended, inEachBrowser, outcome, signIn } from "./support/world.js";

const TOKEN = "return await client.getAccessToken({ interaction: 'never' });";
const FORCED = "return await client.getAccessToken({ interaction: 'never', forceRefresh: true });";

inEachBrowser("the history of tabs", (world, itOnce) => {
  /** Holds the next refresh; gives the number of the page that sends it, and what lets it go on. */
  const nextSender = (): Promise<{ readonly page: number; readonly goOn: () => void }> =>
    new Promise((resolve) => {
      world.provider.once("token", (exchange) => {
        return new Promise((goOn) => resolve({ page: ordinalOf(exchange.headers), goOn: () => goOn() }));
      });
    });

  /** Three tabs with a token that has expired. */
  const openThree = async (): Promise<Tab[]> => {
    world.provider.settings.accessTokenLifetimeSeconds = 1;
    const tabs = [await world.open("/one")];
    await signIn(tabs[0] as Tab);
    for (const path of ["/two", "/three"]) tabs.push(await world.open(path));
    world.provider.settings.accessTokenLifetimeSeconds = 300;
    await sleep(1000);
    return tabs;
  };

  it("three tabs with an expired token, one closed while it refreshes and one signing out, break no rule", async () => {
    const history = await TabHistory.begin(world);
    const tabs = await openThree();

    const held = nextSender();
    for (const tab of tabs) await begin(tab, TOKEN);
    const { page } = await held;
    const pages = await Promise.all(tabs.map((tab) => tab.run<number>("return noted.page;")));
    await history.kill(tabs[pages.indexOf(page)] as Tab);
    const [one, two] = tabs.filter((_, at) => pages[at] !== page) as [Tab, Tab];
    for (const tab of [one, two]) expect(await ended(tab)).toMatchObject({ ok: true });

    const heldAgain = nextSender();
    await begin(two, FORCED);
    const { goOn } = await heldAgain;
    await outcome(one, "await client.signOut({ local: true });");
    goOn();
    expect(await ended(two)).toMatchObject({ ok: false, error: { code: "login_required" } });
    const four = await world.open("/four");
    for (const tab of [one, two, four])
      expect(await outcome(tab, TOKEN)).toMatchObject({ ok: false, error: { code: "login_required" } });

    const events = await history.read(one);
    expect(checkHistory(events)).toEqual([]);
    // It was no empty history.
    const sent = eventsOf(events, "sent").map(({ refresh }) => refresh);
    // A slow browser closes the first tab when its answer has come.
    expect(sent.slice(0, 2)).toEqual([undefined, "f1r1"]);
    expect(sent.length).toBeGreaterThan(3);
    // The token that the closed tab had sent, and no other one, is sent twice.
    expect(sent.length - new Set(sent).size).toBe(1);
    expect(eventsOf(events, "marked")).toHaveLength(1);
    const landed = eventsOf(events, "landed").map(({ stored }) => stored?.refresh);
    expect(landed.slice(0, 2)).toEqual(["f1r1", "f1r2"]);
    expect(landed.at(-1)).toBeUndefined();
    expect(eventsOf(events, "client").map(({ kind }) => kind)).toEqual(Array(5).fill("tab"));
    expect(eventsOf(events, "settled").length).toBeGreaterThan(6);
  });

  itOnce("a refresh token that tabs without Web Locks send twice is found", async () => {
    const history = await TabHistory.begin(
      world,
      "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });",
    );
    const tabs = await openThree();
    const [first, second] = [nextSender(), nextSender()];
    for (const tab of tabs.slice(0, 2)) await begin(tab, TOKEN);
    const senders = await Promise.all([first, second]);
    for (const { goOn } of senders) goOn();
    await Promise.all(tabs.slice(0, 2).map((tab) => ended(tab)));
    const found = checkHistory(await history.read(tabs[2] as Tab)).map(({ rule, fault }) => `${rule} ${fault}`);
    expect(found).toContain(
      "1 a one-time refresh token is sent again, although its answer was still to come (of another client), and the session ends by it",
    );
  });
});
