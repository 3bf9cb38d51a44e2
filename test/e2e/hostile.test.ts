/** What happens to a page from outside: it goes away, its timers are held back, its network is in the way. */
import { expect, it } from "vitest";
import { begin, inEachBrowserOfWideRun, outcome, ready, signIn } from "./support/world.js";

const token = "return await client.getAccessToken({ interaction: 'never' });";
const forced = "return await client.getAccessToken({ interaction: 'never', forceRefresh: true });";

inEachBrowserOfWideRun("a page in trouble", (world, itOnce) => {
  it("NF-19 a page that is reloaded during a refresh is not signed out, and the next load recovers", async () => {
    world.configure();
    const tab = await world.open();
    await signIn(tab);
    let left: Promise<void> | undefined;
    world.provider.once("token", (exchange) => {
      left = exchange.clientGone;
      return exchange.hang();
    });
    world.provider.ledger.clear();
    await begin(tab, forced);
    await world.provider.ledger.waitFor("token");
    await tab.reload();
    await ready(tab);
    await left;
    expect(await outcome(tab, forced)).toMatchObject({ ok: true });
    expect(world.provider.ledger.count("authorize")).toBe(0);
  });

  it("NF-20 a provider that allows no other origin is NetworkError, whose message names CORS, and the session is kept", async () => {
    world.configure();
    const tab = await world.open();
    await signIn(tab);
    world.provider.settings.cors = false;
    try {
      const end = await outcome(tab, forced);
      expect(end).toMatchObject({ ok: false, error: { code: "network" } });
      expect(JSON.stringify(end)).toContain("CORS");
    } finally {
      world.provider.settings.cors = true;
    }
    expect(await outcome(tab, token)).toMatchObject({ ok: true });
  });

  itOnce("NF-20 the same on a page's first call, which fetches the metadata", async () => {
    world.configure();
    const tab = await world.open();
    world.provider.settings.cors = false;
    try {
      const end = await outcome(tab, "return await client.getAccessToken();");
      expect(end).toMatchObject({ ok: false, error: { code: "network" } });
      expect(JSON.stringify(end)).toContain("CORS");
      expect(await tab.url()).toBe(`${world.app.origin}/`);
    } finally {
      world.provider.settings.cors = true;
    }
  });

  itOnce.each(["//evil.example/a?b=1#c", "/%5Cevil.example/"])(
    "AU-12 a page at %s is come back to on its own origin",
    async (path) => {
      world.configure();
      const tab = await world.open(path);
      await signIn(tab);
      expect(await tab.url()).toBe(world.app.origin + path);
    },
  );

  itOnce.each(["https://evil.example/", "@evil.example/"])(
    "AU-12 a stored way back that was made %j leads nowhere, and the login is finished",
    async (returnTo) => {
      // What a script of the page, or a hand in its storage, could do to the record while it lies there.
      const before = `const write = Storage.prototype.setItem;
        Storage.prototype.setItem = function (key, text) {
          const bent = text.replaceAll('"/before"', ${JSON.stringify(JSON.stringify(returnTo))});
          write.call(this, key, bent);
          if (bent !== text) write.call(this, "bent", "yes");
        };`;
      world.configure({ storage: "session" }, { before });
      const tab = await world.open("/before");
      await signIn(tab);
      expect(await tab.run("return sessionStorage.getItem('bent');")).toBe("yes");
      expect(new URL(await tab.url()).origin).toBe(world.app.origin);
      expect(world.provider.ledger.count("authorize")).toBe(1);
    },
  );
});
