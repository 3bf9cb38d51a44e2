import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { type Tab, until } from "./support/driver.js";
import { begin, ended, inEachBrowser, outcome, ready, signIn } from "./support/world.js";

/** A token that lives a second is given again while it has half of that left. */
const untilExpired = () => sleep(1000);
const TOKEN = "return await client.getAccessToken({ interaction: 'never' });";

inEachBrowser("several tabs", (world, itOnce) => {
  /** Each tab asks for a token that can only come from a refresh, all in the same moment. */
  const askTogether = async (tabs: readonly Tab[]): Promise<void> => {
    world.provider.ledger.clear();
    for (const tab of tabs)
      await begin(
        tab,
        `await new Promise((go) => new BroadcastChannel("go").addEventListener("message", go)); ${TOKEN}`,
      );
    await (tabs[0] as Tab).run(`const go = new BroadcastChannel("go"); go.postMessage(1); go.close();`);
    const ends = await Promise.all(tabs.map((tab) => ended(tab)));
    expect(new Set(ends.map((end) => JSON.stringify(end))).size).toBe(1);
    expect(ends[0]).toMatchObject({ ok: true });
    expect(world.provider.ledger.count("token", "refresh_token")).toBe(1);
    expect(world.provider.sessionAlive()).toBe(true);
  };

  // The locks are the browser's; how many tabs are too many is our own code's. A tab takes a second to open in some.
  const [few, many] = world.isFirst ? [10, 20] : [5, 10];
  it(`MT-01 MT-15 ${few} tabs, then ${many}, with an expired token make one refresh each time, and all get the new one`, async () => {
    const clock = "const now = Date.now; window.ahead = 0; Date.now = () => now() + window.ahead;";
    world.configure({}, { before: clock });
    world.provider.settings.accessTokenLifetimeSeconds = 1;
    const tabs = [await world.open("/0")];
    await signIn(tabs[0] as Tab);
    while (tabs.length < few) tabs.push(await world.open(`/${tabs.length}`));
    world.provider.settings.accessTokenLifetimeSeconds = 200;
    await untilExpired();
    await askTogether(tabs);
    while (tabs.length < many) tabs.push(await world.open(`/${tabs.length}`));
    for (const tab of tabs) await tab.run("window.ahead = 210_000;");
    await askTogether(tabs);
  });

  it("MT-02 a tab that is closed while it refreshes makes room for another one", async () => {
    world.configure();
    world.provider.settings.accessTokenLifetimeSeconds = 1;
    const one = await world.open("/one");
    await signIn(one);
    const two = await world.open("/two");
    world.provider.settings.accessTokenLifetimeSeconds = 300;
    await untilExpired();
    const asked = world.provider.ledger.waitFor("token", world.provider.ledger.count("token") + 1);
    world.provider.once("token", (exchange) => exchange.hang());
    await begin(one, TOKEN);
    await asked;
    await begin(two, TOKEN);
    await one.close();
    expect(await ended(two)).toMatchObject({ ok: true });
  });

  itOnce(
    "MT-05 a token endpoint that hangs costs each caller its time limit, and the lock is free afterwards",
    async () => {
      world.configure({ requestTimeoutSeconds: 1 });
      const one = await world.open("/one");
      await signIn(one);
      world.provider.once("token", (exchange) => exchange.hang());
      const force = "return await client.getAccessToken({ interaction: 'never', forceRefresh: true });";
      expect(await outcome(one, force)).toMatchObject({ ok: false, error: { code: "timeout" } });
      expect(await outcome(one, force)).toMatchObject({ ok: true });
    },
  );

  itOnce(
    "MT-06 a refused refresh token whose successor is stored by then is adopted, and nobody is signed out",
    async () => {
      world.configure();
      const tab = await world.open();
      await signIn(tab);
      world.provider.once("token", async (exchange) => {
        const { json } = await exchange.next();
        // Somebody without our lock was faster: the provider has rotated, and the store holds what it gave.
        await tab.run(
          `const db = await new Promise((done) => { const open = indexedDB.open("keystone-auth"); open.onsuccess = () => done(open.result); });
         const store = db.transaction("records", "readwrite").objectStore("records");
         const ask = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
         const key = (await ask(store.getAllKeys())).find((name) => name.startsWith("s-"));
         const record = await ask(store.get(key));
         record.refreshToken = input.refresh_token;
         record.accessTokens.default = { ...record.accessTokens.default, token: input.access_token };
         await ask(store.put(record, key));
         db.close();`,
          json,
        );
        return exchange.error("invalid_grant");
      });
      await begin(tab, "return await client.getAccessToken({ interaction: 'never', forceRefresh: true });");
      expect(await ended(tab)).toMatchObject({ ok: true });
      expect(await tab.run("return events;")).not.toContain("ended");
      expect(await outcome(tab, "return await client.getAccessToken({ forceRefresh: true });")).toMatchObject({
        ok: true,
      });
    },
  );

  it("MT-07 a sign-out reaches the other tabs, with an event, and a late refresh brings nothing back", async () => {
    world.configure();
    const one = await world.open("/one");
    await signIn(one);
    const two = await world.open("/two");
    expect(await outcome(two, TOKEN)).toMatchObject({ ok: true });
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const asked = world.provider.ledger.waitFor("token", world.provider.ledger.count("token") + 1);
    world.provider.once("token", async () => {
      await held;
    });
    await begin(two, "return await client.getAccessToken({ interaction: 'never', forceRefresh: true });");
    await asked;
    await one.run("await client.signOut({ local: true });");
    await until("the other tab was told", () => two.run<boolean>("return events.includes('signed_out');"));
    expect(await outcome(two, TOKEN)).toMatchObject({
      ok: false,
      error: { code: "login_required", reason: "signed_out" },
    });
    release();
    expect(await ended(two)).toMatchObject({ ok: false, error: { code: "login_required" } });
    await one.reload();
    await ready(one);
    expect(await outcome(one, TOKEN)).toMatchObject({ ok: false, error: { code: "login_required" } });
  });

  it("a sign-in reaches the other tabs, with an event", async () => {
    world.configure();
    const one = await world.open("/one");
    const two = await world.open("/two");
    expect(await outcome(two, TOKEN)).toMatchObject({ ok: false });
    const token = await signIn(one);
    await until("the other tab was told", () => two.run<boolean>("return events.includes('signed_in');"));
    expect(await outcome(two, TOKEN)).toEqual({ ok: true, value: token });
  });

  itOnce(
    "MT-10 without Web Locks each tab refreshes once at most, and whoever is refused takes what is stored",
    async () => {
      world.configure({}, { before: "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });" });
      world.provider.settings.accessTokenLifetimeSeconds = 1;
      const tabs = [await world.open("/one")];
      await signIn(tabs[0] as Tab);
      world.provider.settings.accessTokenLifetimeSeconds = 300;
      for (const path of ["/two", "/three"]) tabs.push(await world.open(path));
      await untilExpired();
      world.provider.ledger.clear();
      const seen = new Set<string>();
      const stop = world.provider.on("token", async (exchange) => {
        const token = exchange.form.get("refresh_token") ?? "";
        if (!seen.has(token)) {
          seen.add(token);
          return await exchange.next();
        }
        // A provider that serves each token once, and answers the second comer after the first.
        await until("the first one's answer is stored", () =>
          (tabs[0] as Tab).run<boolean>("return events.includes('refreshed');"),
        );
        return exchange.error("invalid_grant");
      });
      for (const tab of tabs) await begin(tab, TOKEN);
      const ends = await Promise.all(tabs.map((tab) => ended(tab)));
      for (const end of ends) expect(end).toMatchObject({ ok: true });
      stop();
      expect(world.provider.ledger.count("token")).toBeLessThanOrEqual(tabs.length);
      for (const tab of tabs) expect(await tab.run("return events;")).not.toContain("ended");
    },
  );

  itOnce("MT-12 getAccessToken() in the client's own event does not hang", async () => {
    world.configure(
      {},
      {
        after:
          "client.on('session', () => { window.inEvent = client.getAccessToken({ interaction: 'never' }).catch((error) => error.code); });",
      },
    );
    const tab = await world.open();
    await signIn(tab);
    await outcome(tab, "await client.getAccessToken({ forceRefresh: true });");
    expect(await tab.run("return typeof await window.inEvent;")).toBe("string");
  });

  it("MT-13 50 clients that are made and closed leave no lock and answer no channel", async () => {
    world.configure();
    const tab = await world.open();
    await signIn(tab);
    const end = await outcome(
      tab,
      `for (let n = 0; n < 50; n += 1) {
         const other = new sdk.OidcClient(${JSON.stringify(world.app.settings.options)});
         other.getAccessToken({ interaction: 'never' }).catch(() => {});
         await other.close();
       }
       const { held, pending } = await navigator.locks.query();
       return [held.length, pending.length, typeof await client.getAccessToken()];`,
    );
    expect(end).toEqual({ ok: true, value: [0, 0, "string"] });
  });
});
