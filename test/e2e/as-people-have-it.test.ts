import { expect, it } from "vitest";
import type { Exchange } from "../support/fake-provider/types.js";
import { until } from "./support/driver.js";
import { begin, ended, inChromiumAsPeopleHaveIt, outcome, ready, signIn } from "./support/world.js";

const NEVER = "return await client.getAccessToken({ interaction: 'never' });";

inChromiumAsPeopleHaveIt("the redirect login", (world) => {
  it.each([
    ["cannot be reached", (exchange: Exchange) => exchange.reset()],
    ["is left by the back button", (exchange: Exchange) => exchange.html(200, "<title>Sign in</title>")],
  ])(
    "PG-30 the provider's page %s: the page is there again as it was, the call ends, and the next signs in",
    async (_title, answer) => {
      world.configure({}, { before: "addEventListener('pageshow', (event) => { window.isBack = event.persisted; });" });
      const tab = await world.open("/start?x=1");
      await tab.run("window.typed = 'kept';");
      // Each time: the browser itself tries again what was reset.
      const end = world.provider.on("authorize", answer);
      await begin(tab);
      await until("the page has gone", async () => !(await tab.url()).startsWith(world.app.origin));
      await tab.back();
      await until("the page is there again", () => tab.run<boolean>("return window.typed === 'kept';"));
      expect(await tab.run("return window.isBack;")).toBe(true);
      expect(await ended(tab)).toMatchObject({ ok: false, error: { code: "aborted" } });
      expect(await tab.url()).toBe(`${world.app.origin}/start?x=1`);
      end();
      expect(await signIn(tab)).toMatch(/^ey/);
      expect(await tab.url()).toBe(`${world.app.origin}/start?x=1`);
    },
  );

  it("PG-30 a page to which the person goes back after a sign-out elsewhere is signed out", async () => {
    world.configure();
    const tab = await world.open("/one");
    await signIn(tab);
    await tab.goto(`${world.app.origin}/blank.html`);
    const other = await world.open("/two");
    await other.run("await client.signOut({ local: true });");
    await tab.back();
    // The news itself may have put the page out of the cache: then it is loaded anew.
    await until("the page is there again", () => tab.run<boolean>("return location.pathname === '/one';"));
    await ready(tab);
    expect(await outcome(tab, NEVER)).toMatchObject({ ok: false, error: { code: "login_required" } });
  });
});
