/** What a call in a page may do when a person is needed: `interaction: "auto"`, the user's activation, hidden tabs. */
import { expect, it } from "vitest";
import { type Tab, until } from "./support/driver.js";
import { begin, ended, inEachBrowserOfWideRun, leaveAndReturn, outcome, ready, signIn } from "./support/world.js";

const CALL = "return await client.getAccessToken();";
/** The stand-in for a tab behind another one: test browsers show every tab. */
const HIDEABLE = `
  window.hidden = sessionStorage.getItem("hidden") === "yes";
  Object.defineProperty(document, "visibilityState", { get: () => (window.hidden ? "hidden" : "visible") });
  window.show = () => { window.hidden = false; sessionStorage.removeItem("hidden"); document.dispatchEvent(new Event("visibilitychange")); };
  window.hide = () => { window.hidden = true; sessionStorage.setItem("hidden", "yes"); };
`;

inEachBrowserOfWideRun("what a call may do", (world, itOnce) => {
  const trips = () => world.provider.ledger.count("authorize");
  const end = (tab: Tab) => outcome(tab, CALL);

  itOnce("PG-13 ten tabs whose session has ended at the provider: none leaves", async () => {
    world.configure();
    const first = await world.open("/0");
    await signIn(first);
    const tabs = [first];
    while (tabs.length < 10) tabs.push(await world.open(`/${tabs.length}`));
    for (const tab of tabs) expect(await end(tab)).toMatchObject({ ok: true });
    world.provider.killSession();
    world.provider.ledger.clear();
    await outcome(first, "return await client.getAccessToken({ interaction: 'never', forceRefresh: true });");
    for (const tab of tabs)
      expect(await end(tab)).toMatchObject({
        ok: false,
        error: { code: "login_required" },
      });
    expect(trips()).toBe(0);
    expect(await tabs[9]?.run("return client.session;")).toEqual({ status: "signed_out" });
  });

  it("PG-13 a click signs in again where a timer's call does not", async () => {
    world.configure();
    const tab = await world.open("/work?x=1");
    await signIn(tab);
    await tab.run("await client.destroyTokens();");
    expect(await end(tab)).toMatchObject({ ok: false, error: { code: "login_required" } });
    await tab.run("window.appIsReady = 'leaving';");
    await tab.click("client.getAccessToken().catch(() => {});");
    await ready(tab);
    expect(await end(tab)).toMatchObject({ ok: true });
    expect(await tab.url()).toBe(`${world.app.origin}/work?x=1`);
  });

  it("typing activates the page, and asks for nothing; Enter on a button does", async () => {
    world.configure({}, { before: `document.write('<input id="field"><button id="ask">Ask</button>');` });
    const tab = await world.open();
    await signIn(tab);
    await tab.run("await client.destroyTokens(); window.field.focus();");
    await tab.run(
      "window.field.onkeydown = () => { window.typed = client.getAccessToken().then(() => 'token', (error) => error.reason); };",
    );
    await tab.type("#field", "a");
    expect(await until("typed", () => tab.run<string | undefined>("return await window.typed;"))).toBe("signed_out");
    await tab.run(
      "window.appIsReady = 'leaving'; window.ask.onclick = () => { client.getAccessToken().catch(() => {}); };",
    );
    await tab.press("#ask");
    await ready(tab);
    expect(await end(tab)).toMatchObject({ ok: true });
  });

  itOnce(
    "PG-02 the click that signs out signs nobody in; calls of a timer meanwhile are told, and so are other tabs",
    async () => {
      world.configure();
      const tab = await world.open("/one");
      await signIn(tab);
      const other = await world.open("/two");
      expect(await end(other)).toMatchObject({ ok: true });
      world.provider.ledger.clear();
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      world.provider.once("revocation", async () => await held);
      await tab.click(
        `window.told = [];
       window.out = client.signOut({ providerSession: false });
       window.poll = setInterval(() => client.getAccessToken().then(() => window.told.push("token"), (error) => window.told.push(error.reason)), 50);`,
      );
      await until("three calls", () => tab.run<boolean | undefined>("return window.told.length > 2 || undefined;"));
      expect(await tab.run("return [client.session.status, events.includes('signed_out')];")).toEqual([
        "signed_in",
        false,
      ]);
      release();
      expect(await tab.run("return (await window.out).revocation;")).toBe("done");
      await until("the event", () =>
        tab.run<boolean | undefined>("return events.includes('signed_out') || undefined;"),
      );
      const [told, status] = await tab.run<[string[], string]>(
        "clearInterval(window.poll); return [window.told, client.session.status];",
      );
      expect(new Set(told)).toEqual(new Set(["signed_out"]));
      expect(status).toBe("signed_out");
      expect(await end(other)).toMatchObject({ ok: false, error: { code: "login_required", reason: "signed_out" } });
      expect(trips()).toBe(0);
    },
  );

  itOnce("PG-02 an app that asks anew on each event stays signed out, in its tab and in another one", async () => {
    const after =
      "client.on('session', ({ reason }) => { if (reason === 'signed_out') client.getAccessToken().catch((error) => { window.said = error.reason; }); });";
    world.configure({}, { after });
    const tab = await world.open("/one");
    await signIn(tab);
    const other = await world.open("/two");
    expect(await end(other)).toMatchObject({ ok: true });
    world.provider.ledger.clear();
    await tab.click("client.signOut({ local: true });");
    for (const each of [tab, other])
      expect(await until("said", () => each.run<string | undefined>("return window.said;"))).toBe("signed_out");
    expect(trips()).toBe(0);
  });

  itOnce("DX-02 a page without a refresh token gives its token to the end, and stays", async () => {
    const clock = "const now = Date.now; window.ahead = 0; Date.now = () => now() + window.ahead;";
    world.configure({}, { before: clock });
    world.provider.settings.accessTokenLifetimeSeconds = 40;
    world.provider.settings.refreshTokens = "never";
    try {
      const tab = await world.open("/form");
      const token = await signIn(tab);
      world.provider.ledger.clear();
      await tab.run("window.ahead = 20_000;");
      expect(await end(tab)).toMatchObject({ ok: true, value: token });
      expect(await outcome(tab, "return await client.getAccessToken({ interaction: 'allowed' });")).toMatchObject({
        ok: true,
        value: token,
      });
      await tab.run("window.ahead = 41_000;");
      expect(await end(tab)).toMatchObject({ ok: false, error: { code: "login_required", reason: "no_session" } });
      expect(await tab.run("return [client.session.status, events.at(-1)];")).toEqual(["signed_out", "ended"]);
      expect(trips()).toBe(0);
      await leaveAndReturn(tab, "return await client.getAccessToken({ interaction: 'allowed' });");
      expect(trips()).toBe(1);
    } finally {
      world.provider.settings.refreshTokens = "always";
    }
  });

  itOnce(
    "a refresh that the provider refuses, where the page may not be left: LoginRequiredError, the session is kept",
    async () => {
      world.configure();
      const tab = await world.open();
      await signIn(tab);
      world.provider.on("token", (exchange) => exchange.error("invalid_scope"));
      const force = (more: string) =>
        outcome(tab, `return await client.getAccessToken({ forceRefresh: true${more} });`);
      expect(await force("")).toMatchObject({
        ok: false,
        error: {
          code: "login_required",
          reason: "refresh_rejected",
          message: expect.stringContaining("A stored session is kept.") as string,
        },
      });
      expect(await force(", interaction: 'never'")).toMatchObject({
        ok: false,
        error: { code: "provider", error: "invalid_scope" },
      });
      expect(await end(tab)).toMatchObject({ ok: true });
    },
  );

  itOnce("PG-13 a hidden tab (by a stand-in) waits, and gets the session of the one that signs in", async () => {
    world.configure({ loginTimeoutSeconds: 1 }, { before: HIDEABLE });
    const hidden = await world.open("/hidden");
    await hidden.run("window.hide();");
    await begin(hidden, "return await client.getAccessToken({ interaction: 'allowed' });");
    // Longer than loginTimeoutSeconds: nobody's time runs in a tab that is not seen.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await hidden.run("return window.outcome ?? null;")).toBe(null);
    expect(trips()).toBe(0);
    const shown = await world.open("/shown");
    const token = await signIn(shown);
    expect(await ended(hidden)).toMatchObject({ ok: true, value: token });
    expect(trips()).toBe(1);
  });

  itOnce("PG-13 a hidden tab (by a stand-in) leaves when it is shown; an abort ends its wait", async () => {
    world.configure({}, { before: HIDEABLE });
    const tab = await world.open("/deep?x=1");
    await tab.run("window.hide();");
    const aborted =
      "const stop = new AbortController(); setTimeout(() => stop.abort(), 50); return await client.getAccessToken({ signal: stop.signal });";
    expect(await outcome(tab, aborted)).toMatchObject({ ok: false, error: { code: "aborted" } });
    await tab.run("window.appIsReady = 'leaving';");
    await begin(tab);
    expect(trips()).toBe(0);
    await tab.run("window.show();");
    await ready(tab);
    expect(await end(tab)).toMatchObject({ ok: true });
    expect(await tab.url()).toBe(`${world.app.origin}/deep?x=1`);
  });

  itOnce(
    "PG-16 a page that stays after it has asked to leave gets the session of another tab; signIn() begins anew",
    async () => {
      world.configure();
      const tab = await world.open("/one");
      // A 204 is what a download or a native app leaves behind: the page stays.
      world.provider.once("authorize", () => ({ status: 204, body: "" }));
      world.provider.once("authorize", () => ({ status: 204, body: "" }));
      await begin(tab);
      await world.provider.ledger.waitFor("authorize", 1);
      await tab.run("client.signIn().catch(() => {});");
      await world.provider.ledger.waitFor("authorize", 2);
      const other = await world.open("/two");
      const token = await signIn(other);
      expect(await ended(tab)).toMatchObject({ ok: true, value: token });
    },
  );
});
