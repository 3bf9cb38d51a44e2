import { expect, it } from "vitest";
import { until } from "./support/driver.js";
import { begin, ended, inEachBrowser, leaveAndReturn, NOBODY_CLICKS, outcome, ready, signIn } from "./support/world.js";

inEachBrowser("the redirect login", (world, itOnce) => {
  it("CB-15 signs in, and puts path, query and fragment back without OAuth parameters or a further history entry", async () => {
    world.configure();
    const tab = await world.open("/reports/7?tab=a&code=mine#part=2");
    const before = await tab.run<number>("return history.length;");
    const token = await signIn(tab);
    expect(token).toMatch(/^ey/);
    expect(await tab.url()).toBe(`${world.app.origin}/reports/7?tab=a&code=mine#part=2`);
    // The way to the provider and back is one entry, as any link is.
    expect(await tab.run<number>("return history.length;")).toBe(before + 1);
    expect(world.provider.ledger.count("token")).toBe(1);
  });

  itOnce("a cold login asks for each thing once, a warm one for authorization and token only", async () => {
    world.configure();
    const tab = await world.open();
    await signIn(tab);
    const asked = () =>
      world.provider.requests.filter(({ method }) => method !== "OPTIONS").map(({ endpoint }) => endpoint);
    expect(asked().sort()).toEqual(["authorize", "discovery", "jwks", "token"]);
    await outcome(tab, "await client.destroyTokens();");
    world.provider.ledger.clear();
    await signIn(tab);
    expect(asked()).toEqual(["authorize", "token"]);
  });

  it("IX-01 has the session back after a reload with no request to the provider", async () => {
    world.configure();
    const tab = await world.open();
    const token = await signIn(tab);
    world.provider.ledger.clear();
    await tab.reload();
    await ready(tab);
    expect(await outcome(tab, "return await client.getAccessToken();")).toEqual({ ok: true, value: token });
    expect(world.provider.requests).toHaveLength(0);
  });

  itOnce("CB-12 makes one token request of many calls, a second client and aborted calls", async () => {
    world.configure();
    const tab = await world.open();
    await leaveAndReturn(tab);
    const end = await outcome(
      tab,
      `const first = new AbortController();
       // Whether it comes too late for the abort is the exchange's matter: it goes on since the client was made.
       const aborted = client.getAccessToken({ signal: first.signal }).catch(() => {});
       setTimeout(() => first.abort(), 0);
       const other = new sdk.OidcClient(${JSON.stringify(world.app.settings.options)});
       const tokens = await Promise.all([aborted.then(() => client.getAccessToken()), other.getAccessToken(), client.getAccessToken()]);
       return new Set(tokens).size;`,
    );
    expect(end).toEqual({ ok: true, value: 1 });
    expect(world.provider.ledger.count("token")).toBe(1);
    expect(world.provider.ledger.count("authorize")).toBe(1);
  });

  itOnce("CB-12 goes on after a call that was aborted while the code was exchanged", async () => {
    world.configure();
    const tab = await world.open();
    let abort = () => {};
    const aborted = new Promise<void>((resolve) => {
      abort = resolve;
    });
    world.provider.once("token", async (exchange) => {
      const answer = await exchange.next();
      await aborted;
      return answer;
    });
    await leaveAndReturn(tab);
    await begin(
      tab,
      `window.first = new AbortController();
       const code = await client.getAccessToken({ signal: first.signal }).catch((error) => error.code);
       return [code, typeof await client.getAccessToken()];`,
    );
    await tab.run("window.first.abort();");
    abort();
    expect(await ended(tab)).toEqual({ ok: true, value: ["aborted", "string"] });
    expect(world.provider.ledger.count("token")).toBe(1);
  });

  it("two tabs that sign in at once both get their token", async () => {
    world.configure();
    const [one, two] = [await world.open("/one"), await world.open("/two")];
    await Promise.all([leaveAndReturn(one), leaveAndReturn(two)]);
    for (const tab of [one, two]) {
      expect(await outcome(tab, "return await client.getAccessToken();")).toMatchObject({ ok: true });
    }
    await until("the first one's address is back", async () => (await one.url()) === `${world.app.origin}/one`);
    await until("the second one's address is back", async () => (await two.url()) === `${world.app.origin}/two`);
  });

  itOnce.each([
    ["at once: the answer is what it asks for", "", "in", 1],
    // It asks the provider each time, as it says: the page stays in the end.
    ["after a look at the claims: the trips have an end", "await client.getIdTokenClaims();", "login_required", 5],
  ])("signIn() on every load, %s", async (_title, first, end, trips) => {
    const after = `${first} window.outcome = await client.signIn().then(() => "in", ({ code }) => code);`;
    world.configure({}, { before: NOBODY_CLICKS });
    const tab = await world.open();
    world.app.settings.after = after;
    await tab.run("setTimeout(() => location.reload(), 0);");
    await until("the end", () => tab.run<boolean>("return window.outcome === input;", end));
    expect(world.provider.ledger.count("authorize")).toBe(trips);
  });

  it("a page that comes back by the back button ends the call that left, and signs in anew", async () => {
    world.configure();
    const tab = await world.open("/start");
    world.provider.once("authorize", () => ({
      status: 200,
      headers: { "content-type": "text/html" },
      body: "<title>Sign in</title><h1>Sign in</h1>",
    }));
    await begin(tab);
    await until("the provider's page is there", () => tab.run<boolean>("return document.title === 'Sign in';"));
    await tab.back();
    await until("the app is there again", () => tab.run<boolean>("return location.pathname === '/start';"));
    await ready(tab);
    // From the back/forward cache the call is still there, and ends; else the page was loaded anew.
    if (await tab.run<boolean>("return 'outcome' in window;")) {
      expect(await ended(tab)).toMatchObject({ ok: false, error: { code: "aborted" } });
    }
    expect(await signIn(tab)).toMatch(/^ey/);
    expect(await tab.run("return location.href;")).toBe(`${world.app.origin}/start`);
  });

  itOnce("a provider that refuses at once does not make the page go round in circles", async () => {
    world.configure(
      {},
      {
        after:
          "client.getAccessToken().catch((error) => { window.outcome = error; if (error.code === 'provider') location.reload(); });",
      },
    );
    const refuse = world.provider.on("authorize", (exchange) =>
      exchange.redirect(
        `${exchange.query.get("redirect_uri")}?${new URLSearchParams({ error: "server_error", state: exchange.query.get("state") ?? "", iss: world.provider.issuer })}`,
      ),
    );
    const tab = await world.open();
    const code = await until("the page gives up", async () =>
      (await tab.run<string | null>("return window.outcome?.code ?? null;")) === "login_required"
        ? "login_required"
        : undefined,
    );
    refuse();
    expect(code).toBe("login_required");
    expect(world.provider.ledger.count("authorize")).toBe(5);
  });
});
