/** A page that sleeps, wakes, is held up by a sleeping one, or hears of the end of its session from the provider. */
import { expect, it } from "vitest";
import { type Tab, until } from "./support/driver.js";
import { begin, ended, inEachBrowserOfWideRun, outcome, ready, signIn } from "./support/world.js";

const NEVER = "return await client.getAccessToken({ interaction: 'never' });";
/** As apps call it: from memory, where that may be trusted. */
const CALL = "return await client.getAccessToken();";
const FORCE = "return await client.getAccessToken({ interaction: 'never', forceRefresh: true });";
const SIGNED_OUT = { ok: false, error: { code: "login_required", reason: "signed_out" } };
/** The news of other tabs never come here. */
const DEAF = "window.BroadcastChannel = class extends EventTarget { postMessage() {} close() {} };";
const NO_CHANNEL = "window.BroadcastChannel = undefined;";

inEachBrowserOfWideRun("a page's life", (world, itOnce) => {
  /** Takes a lock of the session and keeps it, as a tab does that was frozen while it held it. */
  const hold = (tab: Tab, lock: "refresh" | "record") =>
    tab.run(
      `const db = await new Promise((done) => { const open = indexedDB.open("keystone-auth"); open.onsuccess = () => done(open.result); });
       const all = db.transaction("records").objectStore("records").getAllKeys();
       const keys = await new Promise((done) => { all.onsuccess = () => done(all.result); });
       db.close();
       const name = "keystone-auth." + input + "." + keys.find((key) => key.startsWith("s-"));
       await new Promise((held) => { navigator.locks.request(name, () => { held(); return new Promise(() => {}); }); });`,
      lock,
    );

  it("MT-07 a page that comes back by the back button after a sign-out elsewhere is signed out", async () => {
    world.configure();
    const one = await world.open("/one");
    await signIn(one);
    const two = await world.open("/two");
    await one.goto(`${world.app.origin}/blank.html`);
    await two.run("await client.signOut({ local: true });");
    await one.back();
    await until("the app is there again", () => one.run<boolean>("return location.pathname === '/one';"));
    await ready(one);
    // Whether the browser has kept the page or loads it anew is the browser's choice.
    expect(await outcome(one, NEVER)).toMatchObject({ ok: false, error: { code: "login_required" } });
  });

  // Automation turns the back/forward cache off in Chromium, so that the event is made here; no news reach this tab before.
  it("MT-07 a page out of the back/forward cache looks again before it gives a token", async () => {
    world.configure({}, { before: DEAF });
    const one = await world.open("/one");
    const token = await signIn(one);
    world.app.settings.before = undefined;
    const two = await world.open("/two");
    await two.run("await client.signOut({ local: true });");
    expect(await outcome(one, CALL)).toEqual({ ok: true, value: token });
    await one.run("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));");
    expect(await outcome(one, NEVER)).toMatchObject(SIGNED_OUT);
    expect(await one.run("return events;")).toContain("signed_out");
  });

  itOnce("MT-07 a page of a browser without channels looks again within a second, also after a reload", async () => {
    world.configure({}, { before: NO_CHANNEL });
    const one = await world.open("/one");
    const token = await signIn(one);
    await one.reload();
    await ready(one);
    expect(await outcome(one, NEVER)).toEqual({ ok: true, value: token });
    const two = await world.open("/two");
    await two.run("await client.signOut({ local: true });");
    const end = await until("the first tab knows", async () => {
      const answer = await outcome(one, NEVER);
      return answer.ok ? undefined : answer;
    });
    expect(end).toMatchObject(SIGNED_OUT);
  });

  it("MT-05 a frozen tab that holds the lock costs others the bound: the stored token while it lasts, else LockTimeoutError", async () => {
    world.configure({ lockTimeoutSeconds: 1 });
    const frozen = await world.open("/frozen");
    const token = await signIn(frozen);
    await hold(frozen, "refresh");
    const tab = await world.open("/tab");
    const more = "return await client.getAccessToken({ interaction: 'never', minValiditySeconds: 3600 });";
    expect(await outcome(tab, more)).toEqual({ ok: true, value: token });
    expect(await outcome(tab, FORCE)).toMatchObject({ ok: false, error: { code: "lock_timeout" } });
    expect(world.provider.ledger.count("token", "refresh_token")).toBe(0);
    await frozen.close();
    expect(await outcome(tab, FORCE)).toMatchObject({ ok: true });
  });

  it("a frozen tab that holds the record does not keep a person signed in", async () => {
    world.configure({ storageTimeoutSeconds: 1 });
    const frozen = await world.open("/frozen");
    await signIn(frozen);
    await hold(frozen, "record");
    const tab = await world.open("/tab");
    await outcome(tab, NEVER);
    expect(await outcome(tab, "return await client.signOut({ providerSession: false });")).toMatchObject({ ok: true });
    await tab.reload();
    await ready(tab);
    expect(await outcome(tab, NEVER)).toMatchObject({ ok: false, error: { code: "login_required" } });
  });

  itOnce(
    "MT-10 a browser that refuses its Web Locks, as where storage is blocked, signs in and renews all the same",
    async () => {
      const before = "LockManager.prototype.request = async () => { throw new DOMException('no', 'SecurityError'); };";
      world.configure({}, { before });
      const tab = await world.open();
      const token = await signIn(tab);
      const renewed = await outcome(tab, FORCE);
      expect(renewed).toMatchObject({ ok: true });
      expect(renewed).not.toEqual({ ok: true, value: token });
    },
  );

  itOnce("MT-17 a tab whose timers do not fire renews by the clock when it is asked", async () => {
    world.configure();
    world.provider.settings.accessTokenLifetimeSeconds = 60;
    const tab = await world.open();
    const token = await signIn(tab);
    expect(await outcome(tab, CALL)).toEqual({ ok: true, value: token });
    await tab.run("window.setTimeout = () => 0; const now = Date.now; Date.now = () => now() + 45_000;");
    const renewed = await outcome(tab, CALL);
    expect(renewed).toMatchObject({ ok: true });
    expect(renewed).not.toEqual({ ok: true, value: token });
    expect(world.provider.ledger.count("token", "refresh_token")).toBe(1);
  });

  itOnce(
    "LO-12 a session that was revoked elsewhere ends once for 50 callers and another tab, with one request",
    async () => {
      world.configure();
      const tab = await world.open("/one");
      await signIn(tab);
      const other = await world.open("/two");
      await outcome(other, NEVER);
      world.provider.ledger.clear();
      world.provider.on("token", (exchange) => exchange.error("invalid_grant"));
      await begin(
        tab,
        `const calls = Array.from({ length: 50 }, () => client.getAccessToken({ interaction: 'never', forceRefresh: true }));
       const ends = await Promise.allSettled(calls);
       return ends.map(({ reason }) => reason?.code + " " + reason?.reason);`,
      );
      await begin(other, FORCE);
      expect(await ended(tab)).toEqual({ ok: true, value: Array(50).fill("login_required refresh_rejected") });
      expect(await ended(other)).toMatchObject({ ok: false, error: { code: "login_required" } });
      expect(world.provider.ledger.count("token")).toBe(1);
      expect((await tab.run<string[]>("return events;")).filter((reason) => reason === "ended")).toHaveLength(1);
    },
  );

  itOnce("LO-09 a sign-out leaves the other client of the same page as it is, tokens and all", async () => {
    world.configure();
    const others = JSON.stringify({ ...world.app.settings.options, clientId: "other" });
    world.app.settings.after = `window.other = new sdk.OidcClient(${others});
      window.otherEvents = []; other.on("session", ({ reason }) => otherEvents.push(reason));`;
    const tab = await world.open();
    await signIn(tab);
    await tab.run("window.appIsReady = 'leaving';");
    await begin(tab, "return await other.getAccessToken();");
    await ready(tab);
    const kept = await outcome(tab, "return await other.getAccessToken();");
    expect(kept).toMatchObject({ ok: true });
    await tab.run("otherEvents.length = 0;");
    await outcome(tab, "return await client.signOut({ providerSession: false });");
    expect(await outcome(tab, NEVER)).toMatchObject(SIGNED_OUT);
    expect(await outcome(tab, "return await other.getAccessToken({ interaction: 'never' });")).toEqual(kept);
    expect(
      await outcome(tab, "return typeof await other.getAccessToken({ interaction: 'never', forceRefresh: true });"),
    ).toEqual({ ok: true, value: "string" });
    expect(await tab.run("return otherEvents;")).toEqual(["refreshed"]);
  });

  itOnce(
    "a front-channel logout that names this session ends it in every tab; one that names another does not",
    async () => {
      world.configure();
      world.provider.settings.editIdToken = (claims) => {
        claims.sid = "session-1";
      };
      const tab = await world.open("/app");
      await signIn(tab);
      const two = await world.open("/two");
      expect(await outcome(two, NEVER)).toMatchObject({ ok: true });
      const told = async (iss: string, sid: string) => {
        await tab.goto(`${world.app.origin}/logged-out?${new URLSearchParams({ iss, sid })}`);
        await ready(tab);
        return await outcome(tab, "return await client.handleFrontchannelLogout();");
      };
      expect(await told(world.provider.issuer, "session-2")).toEqual({ ok: true, value: false });
      expect(await told(`${world.provider.issuer}/`, "session-1")).toEqual({ ok: true, value: false });
      expect(await outcome(two, NEVER)).toMatchObject({ ok: true });
      expect(await told(world.provider.issuer, "session-1")).toEqual({ ok: true, value: true });
      await until("the other tab was told", () => two.run<boolean>("return events.includes('signed_out');"));
      expect(await outcome(two, NEVER)).toMatchObject(SIGNED_OUT);
    },
  );
});
