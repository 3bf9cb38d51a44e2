import { expect, it } from "vitest";
import { inEachBrowser, outcome, ready, signIn } from "./support/world.js";

const TOKEN = "return await client.getAccessToken({ interaction: 'never' });";

inEachBrowser("the storage", (world, itOnce) => {
  itOnce.each([
    ["indexedDB is undefined", "Object.defineProperty(window, 'indexedDB', { value: undefined });"],
    [
      "opening throws SecurityError",
      "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };",
    ],
    [
      "its getter throws",
      "Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('no', 'SecurityError'); } });",
    ],
  ])("IX-02 %s: the session is in memory, an event tells, and the redirect login works", async (_title, before) => {
    world.configure({}, { before });
    const tab = await world.open();
    expect(await signIn(tab)).toMatch(/^ey/);
    expect(await tab.run("return events;")).toContain("storage unavailable");
    expect(await outcome(tab, TOKEN)).toMatchObject({ ok: true });
  });

  itOnce("IX-03 a write that finds no room gives the token all the same, and the old record stays", async () => {
    world.configure();
    const tab = await world.open();
    await signIn(tab);
    await tab.run(
      `window.put = IDBObjectStore.prototype.put;
       IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };`,
    );
    const renewed = await outcome(tab, "return await client.getAccessToken({ forceRefresh: true });");
    expect(renewed).toMatchObject({ ok: true });
    expect(await tab.run("return events;")).toContain("storage full");
    expect(await outcome(tab, TOKEN)).toEqual(renewed);
  });

  itOnce.each([
    ["a string", '"junk"', "storage corrupt"],
    ["without its fields", "{ version: 1 }", "storage corrupt"],
    ["of a newer version", "{ version: 99 }", "storage version"],
  ])("IX-07 a record that is %s is no session, an event tells, and the login works", async (_title, value, event) => {
    world.configure();
    const tab = await world.open();
    await signIn(tab);
    await tab.run(
      `const db = await new Promise((done) => { const open = indexedDB.open("keystone-auth"); open.onsuccess = () => done(open.result); });
       const store = db.transaction("records", "readwrite").objectStore("records");
       const keys = await new Promise((done) => { const all = store.getAllKeys(); all.onsuccess = () => done(all.result); });
       const put = store.put(${value}, keys.find((key) => key.startsWith("s-")));
       await new Promise((done) => { put.onsuccess = done; });
       db.close();`,
    );
    await tab.reload();
    await ready(tab);
    expect(await outcome(tab, TOKEN)).toMatchObject({ ok: false, error: { code: "login_required" } });
    expect(await tab.run("return events;")).toContain(event);
    expect(await signIn(tab)).toMatch(/^ey/);
  });

  itOnce("IX-11 two clients on one origin see and sign out only themselves", async () => {
    world.configure();
    const tab = await world.open();
    await signIn(tab);
    const other = JSON.stringify({ ...world.app.settings.options, clientId: "other" });
    expect(
      await outcome(
        tab,
        `window.other = new sdk.OidcClient(${other}); return await other.getAccessToken({ interaction: 'never' });`,
      ),
    ).toMatchObject({
      ok: false,
      error: { code: "login_required" },
    });
    await outcome(tab, "await other.signOut({ local: true });");
    expect(await outcome(tab, TOKEN)).toMatchObject({ ok: true });
  });

  it("IX-12 deleting the database signs out, without a crash, and the next login works", async () => {
    world.configure();
    const tab = await world.open();
    await signIn(tab);
    const blocked = await tab.run<boolean>(
      `return await new Promise((done) => {
         const request = indexedDB.deleteDatabase("keystone-auth");
         request.onblocked = () => done(true);
         request.onsuccess = () => done(false);
       });`,
    );
    expect(blocked).toBe(false);
    expect(await outcome(tab, "await new Promise((go) => setTimeout(go, 100)); " + TOKEN)).toMatchObject({
      ok: false,
      error: { code: "login_required" },
    });
    expect(await signIn(tab)).toMatch(/^ey/);
  });

  it("a connection that the browser closed is opened again", async () => {
    world.configure();
    const tab = await world.open();
    await tab.run(
      `const transaction = IDBDatabase.prototype.transaction;
       let faults = 1;
       IDBDatabase.prototype.transaction = function (...args) {
         if (faults-- > 0) throw new DOMException("closing", "InvalidStateError");
         return transaction.apply(this, args);
       };`,
    );
    expect(await outcome(tab, TOKEN)).toMatchObject({ ok: false, error: { code: "login_required" } });
    expect(await tab.run("return events;")).toEqual(["restored"]);
  });

  // The one that the browser keeps over the redirect, and in one browser the one that it does not.
  it.each(world.isFirst ? ["session", "memory"] : ["session"])(
    'storage "%s" signs in by redirect and keeps nothing in IndexedDB',
    async (storage) => {
      world.configure({ storage });
      const tab = await world.open();
      await signIn(tab);
      expect(await tab.run("return (await indexedDB.databases?.() ?? []).length;")).toBe(0);
      await tab.reload();
      await ready(tab);
      expect(await outcome(tab, TOKEN)).toMatchObject({ ok: storage === "session" });
    },
  );

  it("LO-07 nothing of the session is left in any storage after a sign-out", async () => {
    world.configure();
    const tab = await world.open();
    await signIn(tab);
    await outcome(tab, "await client.signOut({ providerSession: false });");
    const left = await tab.run<string>(
      `const db = await new Promise((done) => { const open = indexedDB.open("keystone-auth"); open.onsuccess = () => done(open.result); });
       const store = db.transaction("records").objectStore("records");
       const all = await new Promise((done) => { const values = store.getAll(); values.onsuccess = () => done(values.result); });
       return JSON.stringify([all, { ...localStorage }, { ...sessionStorage }]) + document.cookie + location.href;`,
    );
    for (const secret of world.provider.secrets()) expect(left).not.toContain(secret);
    expect(left).not.toContain("alice");
  });

  it("IV-09 without a secure context the reason is named before anything is sent", async () => {
    world.configure({}, { before: "Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined });" });
    const tab = await world.open();
    const end = await outcome(tab, "return await client.getAccessToken();");
    expect(end).toMatchObject({ ok: false, error: { code: "environment" } });
    expect(JSON.stringify(end)).toContain("secure context");
    expect(world.provider.requests).toHaveLength(0);
  });
});
