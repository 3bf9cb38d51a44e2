/** Where a page keeps what it must know: a full disk, a database that never opens, one that is taken away. */
import { expect, it } from "vitest";
import { type Tab, until } from "./support/driver.js";
import { inEachBrowser, leaveAndReturn, outcome, ready, signIn } from "./support/world.js";

const NEVER = "return await client.getAccessToken({ interaction: 'never' });";
const CALL = "return await client.getAccessToken({ interaction: 'never', minValiditySeconds: 0 });";
const FULL_DATABASE = "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };";
const FULL_TAB = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };";
const SILENT_DATABASE = "IDBFactory.prototype.open = () => new EventTarget();";

inEachBrowser("the page's stores", (world, itOnce) => {
  const events = (tab: Tab) => tab.run<string[]>("return events;");

  itOnce("PG-18 (a) a full disk: the login is noted in the tab, and its token is given", async () => {
    world.configure({}, { before: FULL_DATABASE });
    const tab = await world.open("/deep");
    expect(await signIn(tab)).toMatch(/^ey/);
    expect(await events(tab)).toContain("storage full");
    expect(await tab.url()).toBe(`${world.app.origin}/deep`);
    expect(world.provider.ledger.count("authorize")).toBe(1);
  });

  itOnce.each([
    ["full", FULL_TAB, "full"],
    ["in trouble", FULL_TAB.replace("QuotaExceededError", "UnknownError"), "full"],
  ])(
    "PG-18 (a) a full disk and a tab whose storage is %s: StorageError, and nobody leaves",
    async (_title, tabTrouble, kind) => {
      world.configure({}, { before: FULL_DATABASE + tabTrouble });
      const tab = await world.open();
      expect(await outcome(tab, "return await client.getAccessToken();")).toMatchObject({
        ok: false,
        error: { name: "StorageError", code: "storage", kind },
      });
      expect(world.provider.ledger.count("authorize")).toBe(0);
    },
  );

  itOnce("PG-18 (b) a database that never opens: the login takes place, and the session is in the tab", async () => {
    world.configure({}, { before: SILENT_DATABASE });
    const tab = await world.open("/deep");
    const token = await signIn(tab);
    expect(await events(tab)).toContain("storage unavailable");
    await tab.reload();
    await ready(tab);
    expect(await outcome(tab, NEVER)).toEqual({ ok: true, value: token });
    await leaveAndReturn(tab, "await client.signIn();");
    expect(await outcome(tab, NEVER)).toMatchObject({ ok: true });
  });

  itOnce("PG-18 (b) the same where the tab has no storage either: a popup, or an error that says so", async () => {
    const none =
      "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('no', 'SecurityError'); } });";
    world.configure({}, { before: SILENT_DATABASE + none });
    const tab = await world.open();
    expect(await outcome(tab, "return await client.getAccessToken();")).toMatchObject({
      ok: false,
      error: { code: "environment" },
    });
  });

  const DELETE = `await new Promise((done, failed) => {
    const request = indexedDB.deleteDatabase("keystone-auth");
    request.onsuccess = done;
    request.onblocked = () => failed(new Error("blocked"));
  });`;
  /** The browser's own way: all connections of the origin close. */
  const CLEAR = "await fetch('/clear');";
  const ways = [
    ["another script of the page deletes the database", "here", DELETE],
    ["a script of another tab deletes the database", "elsewhere", DELETE],
    ["the site's data is cleared", "here", CLEAR],
  ] as const;
  it.each(world.isFirst ? ways : ways.slice(0, 1))(
    "PG-19 %s: listeners are told, and no token is given any more",
    async (_title, where, script) => {
      world.configure();
      const tab = await world.open();
      await signIn(tab);
      const other = where === "elsewhere" ? await world.open("/other") : tab;
      world.app.settings.headers = script === CLEAR ? { "clear-site-data": '"storage"' } : undefined;
      await other.run(script);
      await until("its listeners are told", async () => (await events(tab)).length > 1);
      expect(await outcome(tab, CALL)).toMatchObject({ ok: false, error: { code: "login_required" } });
      expect((await events(tab)).filter((event) => event === "signed_out" || event === "ended")).toHaveLength(1);
      world.app.settings.headers = undefined;
      expect(await signIn(tab)).toMatch(/^ey/);
    },
  );

  itOnce("PG-19 the same in a page that has only read its stored token", async () => {
    world.configure();
    const tab = await world.open();
    await signIn(tab);
    world.app.settings.after = `const gone = [];
      window.story = (async () => {
        const token = await client.getAccessToken();
        ${DELETE}
        return [typeof token, await client.getAccessToken({ interaction: "never" }).catch(({ code }) => code)];
      })();`;
    await tab.reload();
    expect(await tab.run("return await story;")).toEqual(["string", "login_required"]);
  });
});
