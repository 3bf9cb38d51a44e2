/** Several clients in one page, as micro-frontends have them, and what each may do to the others. */
import { expect, it } from "vitest";
import { type Tab, until } from "./support/driver.js";
import { begin, inEachBrowserOfWideRun, NOBODY_CLICKS } from "./support/world.js";

inEachBrowserOfWideRun("several clients in one page", (world, itOnce) => {
  /** Two clients that ask when the page is loaded; each with `wrap` around it. */
  const twoClients = (first: string, second: string, wrap = "") =>
    `const told = ({ code, reason }) => ({ code, reason });
     const asks = (copy, clientId) => new copy.OidcClient({ ...options, clientId }).getAccessToken().then(() => clientId, told);
     ${wrap}
     Promise.all([asks(${first}), asks(${second})]).then((ends) => { window.ends = ends; });`;
  const ends = (tab: Tab) => until("both have ended", () => tab.run<unknown>("return window.ends ?? false;"));
  const logins = () => world.provider.requests.filter(({ endpoint }) => endpoint === "authorize");

  const copies = 'const other = await import("/bundle/whole.js");';
  it.each(
    [
      ["of one copy of the library", 'sdk, "shop"', 'sdk, "search"', ""],
      ["of two copies of the library", 'sdk, "shop"', 'other, "search"', copies],
      ["of two copies, the other one first", 'other, "search"', 'sdk, "shop"', copies],
    ].slice(0, world.isFirst ? 3 : 1),
  )(
    "PG-09 two client ids %s, that both ask when the page is loaded: two logins, and the page is as it was",
    async (_title, first = "", second = "", wrap = "") => {
      world.configure({}, { before: NOBODY_CLICKS, after: twoClients(first, second, wrap) });
      const tab = await world.open("/start?x=1");
      expect(((await ends(tab)) as string[]).sort()).toEqual(["search", "shop"]);
      await until("the address is as it was", async () => (await tab.url()) === `${world.app.origin}/start?x=1`);
      const clients = logins().map(({ query }) => query.get("client_id"));
      expect(new Set(clients)).toEqual(new Set(["search", "shop"]));
      expect(clients).toHaveLength(2);
      expect(world.provider.ledger.count("token")).toBe(2);
    },
  );

  itOnce("PG-09 two copies with the same settings: one login", async () => {
    world.configure({}, { before: NOBODY_CLICKS, after: twoClients('sdk, "shop"', 'other, "shop"', copies) });
    const tab = await world.open("/start?x=1");
    expect(await ends(tab)).toEqual(["shop", "shop"]);
    expect(await tab.url()).toBe(`${world.app.origin}/start?x=1`);
    expect(logins()).toHaveLength(1);
  });

  itOnce("PG-09 a client whose answer nobody in the page takes up does not keep another one from leaving", async () => {
    world.configure({}, { before: NOBODY_CLICKS });
    const tab = await world.open("/start?x=1");
    // The one that left is not made again in the page that is back.
    world.app.settings.after =
      'new sdk.OidcClient({ ...options, clientId: "search" }).getAccessToken().then(() => { window.end = "token"; });';
    await begin(tab);
    await until("the other one is signed in", () => tab.run<boolean>("return window.end === 'token';"));
    world.app.settings.after = "";
    expect(await tab.url()).toBe(`${world.app.origin}/start?x=1`);
  });
});
