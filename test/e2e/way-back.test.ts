/** The way back after a redirect login: the address, and what a router hears of it. */
import { expect, it } from "vitest";
import { type Tab, until } from "./support/driver.js";
import { inEachBrowser, leaveAndReturn, NOBODY_CLICKS, outcome, signIn } from "./support/world.js";

const NEVER = "return await client.getAccessToken({ interaction: 'never' });";
const DEEP = "/reports/7?tab=a#part=2";

/** What vue-router 5 does with the address and the state of its history entry, in a few lines. */
const VUE_ROUTER = `window.router = (() => {
  const here = () => location.pathname + location.search + location.hash;
  let [current, state, started] = [here(), history.state, false];
  if (!state) history.replaceState(state = { current, position: history.length - 1 }, "");
  const replace = (to) => {
    state = { ...history.state, current: to, replaced: true };
    history.replaceState(state, "", current = to);
  };
  addEventListener("popstate", (event) => {
    if (event.state) [current, state] = [here(), event.state];
    else replace(here());
    if (started) window.shown = current;
  });
  return {
    start: async (first) => { const to = current; await first; replace(to); started = true; window.shown = to; },
    push: (to) => {
      const now = { ...state, ...history.state, forward: to };
      history.replaceState(now, "", now.current);
      history.pushState(state = { back: current, current: to }, "", current = to);
      window.shown = to;
    },
  };
})();`;

/** What the page has heard since it was loaded. */
const HEARD = `window.heard = [];
for (const type of ["popstate", "hashchange"])
  addEventListener(type, (event) => heard.push([type, location.pathname + location.search + location.hash, event.oldURL ?? event.state]));`;

inEachBrowser("the way back after a redirect login", (world, itOnce) => {
  const shows = (tab: Tab, path: string) =>
    until(`${path} is shown`, () =>
      tab.run<boolean>("return window.shown === input && !/[?&]state=/.test(location.search);", path),
    );

  const starts = [
    ["(a) whose guard awaits the token", "router.start(client.getAccessToken());"],
    [
      "(b) whose lazy start page is slower than the exchange",
      `if (!location.search.includes("state=")) client.getAccessToken();
       router.start(new Promise((done) => client.on("session", () => setTimeout(done, 50))));`,
    ],
    [
      "whose start page is there at once",
      `if (!location.search.includes("state=")) client.getAccessToken();
       router.start();`,
    ],
  ] as const;
  it.each(world.isFirst ? starts : starts.slice(0, 1))(
    "PG-04 an imitation of vue-router %s shows the page that asked, and the response is nowhere, also later",
    async (_title, after) => {
      world.configure({}, { before: NOBODY_CLICKS + VUE_ROUTER, after });
      const tab = await world.open(DEEP);
      // The page that asks shows its path, too, until it is left.
      await until("the exchange is done", async () => world.provider.ledger.count("token") === 1);
      await shows(tab, DEEP);
      expect(await tab.url()).toBe(world.app.origin + DEEP);
      await tab.run("router.push('/next'); history.back();");
      await shows(tab, DEEP);
      expect(await tab.url()).toBe(world.app.origin + DEEP);
      expect(await tab.run("return JSON.stringify(history.state);")).not.toContain("code=");
    },
  );

  itOnce("PG-04 the same where the page that asked is the redirect URI itself", async () => {
    const after = "router.start(); if (!location.search) client.getAccessToken();";
    world.configure({}, { before: NOBODY_CLICKS + VUE_ROUTER, after });
    const tab = await world.open("/");
    await until("the exchange is done", async () => world.provider.ledger.count("token") === 1);
    await shows(tab, "/");
    await tab.run("router.push('/next'); history.back();");
    await shows(tab, "/");
    expect(await tab.url()).toBe(`${world.app.origin}/`);
  });

  it("PG-06 a hash router hears hashchange beside popstate, and no event tells the response", async () => {
    world.configure({}, { before: HEARD });
    const tab = await world.open("/#/reports/7");
    await signIn(tab);
    expect(await tab.run("return heard;")).toEqual([
      ["popstate", "/#/reports/7", null],
      ["hashchange", "/#/reports/7", `${world.app.origin}/`],
    ]);
  });

  itOnce.each([
    ["of another path: popstate alone", "/reports/7?tab=a", 1],
    ["that is the redirect URI: nothing", "/", 0],
  ])("PG-06 the page that asked is one %s", async (_title, path, events) => {
    world.configure({}, { before: HEARD });
    const tab = await world.open(path);
    await signIn(tab);
    expect(await tab.run("return heard.length;")).toBe(events);
  });

  const changes = [
    ["an i18n plugin adds its language", "url.searchParams.set('lang', 'en')", "/reports/7?tab=a&lang=en#part=2"],
    ["a router spells the issuer in another way", "url.search = url.search.replaceAll('%3A', ':')", DEEP],
    ["a router drops what it does not know", "url.search = ''", DEEP],
    ["a hash router writes its start", "url.hash = '/'", DEEP],
    ["a plugin adds what the page that asked has", "url.searchParams.set('tab', 'first')", DEEP],
  ] as const;
  it.each(world.isFirst ? changes : changes.slice(0, 1))(
    "PG-07 during the exchange %s: the page that asked is shown, without the response",
    async (_title, change, path) => {
      // Right before the token request is sent.
      const before = `const ask = window.fetch;
        window.fetch = (address, init) => {
          const url = new URL(location.href);
          if (init?.method === "POST") ${change}, history.replaceState(history.state, "", url.href);
          return ask(address, init);
        };`;
      world.configure({}, { before });
      const tab = await world.open(DEEP);
      await signIn(tab);
      expect(await tab.url()).toBe(world.app.origin + path);
    },
  );

  itOnce("PG-07 whoever has gone on to another page during the exchange stays there", async () => {
    world.configure({}, { before: HEARD });
    const tab = await world.open(DEEP);
    world.provider.once("token", async (exchange) => {
      await tab.run("history.pushState(null, '', '/elsewhere');");
      return await exchange.next();
    });
    await signIn(tab);
    expect(await tab.url()).toBe(`${world.app.origin}/elsewhere`);
    expect(await tab.run("return heard;")).toEqual([]);
  });

  itOnce("what the redirect URI has in its own query is no part of the page that asked", async () => {
    world.configure();
    world.configure({ redirectUri: `${world.app.origin}/app?tenant=1` });
    const tab = await world.open(DEEP);
    await signIn(tab);
    expect(await tab.url()).toBe(world.app.origin + DEEP);
  });

  const ON_RETURN = "window.returned = [];";
  /** The option cannot be JSON: the page's client is made anew where the page begins. */
  const withOnReturn = (body: string) => {
    world.configure({}, { before: HEARD + ON_RETURN });
    world.app.settings.client = `{ ...options, onReturn: (path) => { returned.push([path, location.href]); ${body} } }`;
  };

  it("PG-05 onReturn gets the path that asked, when the response has left the address, and no event is made", async () => {
    withOnReturn("history.replaceState(null, '', path);");
    const tab = await world.open(DEEP);
    await signIn(tab);
    expect(await tab.run("return [returned, heard];")).toEqual([[[DEEP, `${world.app.origin}/`]], []]);
    expect(await tab.url()).toBe(world.app.origin + DEEP);
  });

  itOnce.each([
    ["throws", "throw new Error('not yet');", DEEP],
    ["rejects", "return Promise.reject(new Error('not yet'));", "/"],
    ["never settles, and asks for the token", "return client.getAccessToken().then(() => new Promise(() => {}));", "/"],
  ])("PG-05 an onReturn that %s keeps nobody from the token", async (_title, body, path) => {
    withOnReturn(body);
    const tab = await world.open(DEEP);
    await signIn(tab);
    expect(await tab.url()).toBe(world.app.origin + path);
    expect(await tab.run("return returned.length;")).toBe(1);
  });

  itOnce("signIn({ returnTo }) comes back to that page", async () => {
    world.configure();
    const tab = await world.open("/login?next=1");
    await leaveAndReturn(tab, "await client.signIn({ returnTo: '/account?a=1#b' });");
    expect(await outcome(tab, NEVER)).toMatchObject({ ok: true });
    expect(await tab.url()).toBe(`${world.app.origin}/account?a=1#b`);
  });
});
