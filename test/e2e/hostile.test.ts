/** What happens to a page from outside: it goes away, its timers are held back, its network is in the way. */
import { expect, it } from "vitest";
import { until } from "./support/driver.js";
import { begin, ended, inEachBrowser, outcome, ready, signIn } from "./support/world.js";

const token = "return await client.getAccessToken({ interaction: 'never' });";
const forced = "return await client.getAccessToken({ interaction: 'never', forceRefresh: true });";

inEachBrowser("a page in trouble", (world) => {
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

  it("NF-20 the same on a page's first call, which fetches the metadata", async () => {
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

  it("MT-17 where timers fire once a minute at most, a token's age is still decided at the call", async () => {
    // As a browser does it to a page in the background; what is asked for at once still comes at once.
    const before = `const real = setTimeout;
      window.setTimeout = (work, ms = 0, ...rest) => real(work, ms === 0 ? 0 : Math.max(ms, 60000), ...rest);
      window.setInterval = (work, ms, ...rest) => real(work, 60000, ...rest);`;
    world.configure({ minValiditySeconds: 298 }, { before });
    const tab = await world.open();
    const first = await signIn(tab);
    await until("a token that was renewed", async () => {
      const end = await outcome(tab, token);
      return end.ok && end.value !== first;
    });
    expect(world.provider.ledger.count("token", "refresh_token")).toBeGreaterThan(0);
  });

  it.each(["//evil.example/a?b=1#c", "/%5Cevil.example/"])(
    "AU-12 a page at %s is come back to on its own origin",
    async (path) => {
      world.configure();
      const tab = await world.open(path);
      await signIn(tab);
      expect(await tab.url()).toBe(world.app.origin + path);
    },
  );

  it.each(["https://evil.example/", "@evil.example/"])(
    "AU-12 a stored way back that was made %j leads nowhere, and the login is finished",
    async (returnTo) => {
      world.configure({ storage: "session" });
      const tab = await world.open("/before");
      world.provider.once("authorize", async (exchange) => {
        const answer = await exchange.next();
        return {
          status: 200,
          headers: { "content-type": "text/html" },
          body: `<a>${String(answer.headers?.location)}</a>`,
        };
      });
      await tab.run("setTimeout(() => client.getAccessToken(), 0);");
      const callback = await until("the provider's page", () =>
        tab.run<string | undefined>("return document.querySelector('a')?.textContent ?? undefined;"),
      );
      await tab.goto(`${world.app.origin}/blank.html`);
      const found = await tab.run<number>(
        `let changed = 0;
         for (let at = 0; at < sessionStorage.length; at += 1) {
           const key = sessionStorage.key(at), text = sessionStorage.getItem(key);
           if (!text.includes('"/before"')) continue;
           sessionStorage.setItem(key, text.replaceAll('"/before"', JSON.stringify(input)));
           changed += 1;
         }
         return changed;`,
        returnTo,
      );
      expect(found).toBeGreaterThan(0);
      await tab.goto(callback);
      await ready(tab);
      await begin(tab);
      expect(await ended(tab)).toMatchObject({ ok: true });
      expect(new URL(await tab.url()).origin).toBe(world.app.origin);
      expect(world.provider.ledger.count("authorize")).toBe(1);
    },
  );
});
