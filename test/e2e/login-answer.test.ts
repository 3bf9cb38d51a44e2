/** What becomes of an answer that a page finds in its address, and who is told of it. */
import { expect, it } from "vitest";
import { until } from "./support/driver.js";
import {
  begin,
  inEachBrowserOfWideRun,
  leaveAndReturn,
  NOBODY_CLICKS,
  outcome,
  ready,
  signIn,
} from "./support/world.js";

const NEVER = "return await client.getAccessToken({ interaction: 'never' });";
/** An app that asks whenever it is loaded, and keeps how that ended. */
const ASKS = `const told = ({ code, error, reason, message }) => ({ code, error, reason, message });
window.asks = () => client.getAccessToken().then(() => "token", told);
asks().then((end) => { window.end = end; });`;
const REFUSED = { code: "provider", error: "invalid_grant" };

inEachBrowserOfWideRun("the answer in the address", (world, itOnce) => {
  const logins = () => world.provider.ledger.count("authorize");
  /** How the call of a page that asks whenever it is loaded has ended, in the page where it did. */
  const ended = (tab: Awaited<ReturnType<typeof world.open>>) =>
    until("the page's call has ended", () => tab.run<unknown>("return window.end ?? false;"));

  it.each(
    [
      ["claims", "window.seen = (await client.getIdTokenClaims())?.sub;"],
      ["ready", "await client.ready; window.seen = 'alice';"],
      ["the event", "client.on('session', ({ reason }) => { if (reason === 'signed_in') window.seen = 'alice'; });"],
    ].slice(0, world.isFirst ? 3 : 1),
  )(
    "PG-17 is finished when the client is made: the page looks by %s alone, and the address is clean",
    async (_title, after) => {
      world.configure();
      const tab = await world.open("/deep");
      world.app.settings.after = after;
      await leaveAndReturn(tab);
      await until("somebody is seen", () => tab.run<boolean>("return window.seen === 'alice';"));
      expect(await tab.url()).toBe(`${world.app.origin}/deep`);
      expect(world.provider.ledger.count("token")).toBe(1);
      world.provider.ledger.clear();
      expect(await outcome(tab, NEVER)).toMatchObject({ ok: true });
      expect(world.provider.requests).toHaveLength(0);
    },
  );

  itOnce("PG-17 what the store holds of another login is no answer to a call that comes meanwhile", async () => {
    world.configure();
    const tab = await world.open();
    const before = await signIn(tab);
    world.app.settings.after =
      "window.calls = []; const ask = () => client.getAccessToken().then((token) => calls.push(token)); ask(); setInterval(ask, 10);";
    world.provider.once("token", async (exchange) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return await exchange.next();
    });
    await leaveAndReturn(tab, "await client.signIn();");
    const tokens = await until("calls have ended", () => tab.run<string[]>("return calls.length > 3 && calls;"));
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).not.toBe(before);
  });

  itOnce.each([
    ["once: a new login comes of it, from the page that asked", 1, 2, "token"],
    ["each time: the page does not go round in circles", 9, 2, REFUSED],
  ])("PG-17 a code that is refused %s", async (_title, refusals, trips, end) => {
    let left = refusals;
    world.provider.on("token", (exchange) => (left-- > 0 ? exchange.error("invalid_grant") : exchange.next()));
    world.configure({}, { before: NOBODY_CLICKS, after: ASKS });
    const tab = await world.open("/deep?x=1");
    const seen = await ended(tab);
    if (typeof end === "string") expect(seen).toBe(end);
    else expect(seen).toMatchObject(end);
    expect(logins()).toBe(trips);
    expect(await tab.url()).toBe(`${world.app.origin}/deep?x=1`);
  });

  itOnce("PG-17 a code that is refused for a call that may ask nobody is no session", async () => {
    world.configure();
    const tab = await world.open();
    world.provider.once("token", (exchange) => exchange.error("invalid_grant"));
    await leaveAndReturn(tab);
    expect(await outcome(tab, NEVER)).toMatchObject({ ok: false, error: { reason: "no_session" } });
    expect(logins()).toBe(1);
  });

  itOnce("PG-17 a page that is reloaded during the exchange signs in anew, from the page that asked", async () => {
    world.configure({}, { before: NOBODY_CLICKS });
    const tab = await world.open("/deep");
    world.app.settings.after = ASKS;
    world.provider.once("token", async (exchange) => {
      await tab.reload();
      return await exchange.next();
    });
    await begin(tab);
    expect(await ended(tab)).toBe("token");
    expect(logins()).toBe(2);
    expect(await tab.url()).toBe(`${world.app.origin}/deep`);
  });

  itOnce("the network fails during the exchange: one call is told, and the next signs in", async () => {
    world.configure({}, { before: NOBODY_CLICKS, after: ASKS });
    world.provider.once("token", (exchange) => exchange.endEarly("{"));
    const tab = await world.open("/deep");
    expect(await ended(tab)).toMatchObject({ code: "network" });
    await leaveAndReturn(tab, "return await asks();");
    expect(await ended(tab)).toBe("token");
    expect(logins()).toBe(2);
  });

  itOnce.each([
    [
      "the person cancels",
      () =>
        world.provider.on("authorize", (exchange) => {
          const { state, redirect_uri: uri } = Object.fromEntries(exchange.query);
          const query = new URLSearchParams({ error: "access_denied", state: state ?? "", iss: world.provider.issuer });
          return exchange.redirect(`${uri}?${query}`);
        }),
      { code: "provider", error: "access_denied" },
    ],
    [
      "the ID Token names another client",
      () => {
        world.provider.settings.editIdToken = (claims) => {
          claims.aud = "another";
        };
      },
      { code: "token_validation" },
    ],
  ])("%s: an app that asks again and again is told, and does not leave", async (_title, arrange, error) => {
    arrange();
    const after = `${ASKS} if (location.search) window.second = new sdk.OidcClient(options).getAccessToken().catch(told);`;
    world.configure({}, { before: NOBODY_CLICKS, after });
    const tab = await world.open("/deep");
    expect(await ended(tab)).toMatchObject(error);
    expect(await tab.run("return await asks();")).toMatchObject(error);
    // A second client like it, of the same page, does not leave either.
    expect(await tab.run("return await second;")).toMatchObject(error);
    expect(await tab.run("return (await client.getIdTokenClaims())?.sub ?? null;")).toBeNull();
    expect(logins()).toBe(1);
    world.provider.reset();
    Object.assign(world.provider.settings, { editIdToken: undefined });
    await leaveAndReturn(tab, "await client.getAccessToken({ interaction: 'allowed' });");
    expect(await ended(tab)).toBe("token");
    expect(await tab.url()).toBe(`${world.app.origin}/deep`);
  });

  itOnce("a login that is cancelled beside a session leaves the session as it is", async () => {
    world.configure();
    const tab = await world.open();
    const token = await signIn(tab);
    world.provider.once("authorize", (exchange) =>
      exchange.redirect(
        `${exchange.query.get("redirect_uri")}?${new URLSearchParams({ error: "access_denied", state: exchange.query.get("state") ?? "", iss: world.provider.issuer })}`,
      ),
    );
    await leaveAndReturn(tab, "await client.signIn({ prompt: 'select_account' });");
    expect(await outcome(tab, NEVER)).toEqual({ ok: true, value: token });
  });

  const SAID = "error=invalid_scope&error_description=The+scope+hub+is+not+allowed";
  itOnce.each([
    ["as it is", SAID, "invalid_scope", "The scope hub is not allowed"],
    [
      "with a control character and what looks like a token",
      `${SAID}%0a%1b[2J%20abcdefghijklmnopqrstuvwxyz0123`,
      "invalid_scope",
      "not allowed [2J [redacted]",
    ],
    ["without a description", "error=unauthorized_client", "unauthorized_client", "unauthorized_client"],
  ])(
    "PG-29 the provider's error has no state, %s: one trip, and the error names it",
    async (_title, query, error, text) => {
      world.provider.on("authorize", (exchange) => exchange.redirect(`${exchange.query.get("redirect_uri")}?${query}`));
      world.configure({}, { before: NOBODY_CLICKS, after: ASKS });
      const tab = await world.open("/deep?x=1");
      expect(await ended(tab)).toMatchObject({ code: "provider", error, message: expect.stringContaining(text) });
      expect(await tab.run("return await asks();")).toMatchObject({ code: "provider", error });
      expect(await tab.url()).toBe(`${world.app.origin}/deep?x=1`);
      expect(logins()).toBe(1);
      // Without the page's memory: the trips are bounded all the same.
      await tab.reload();
      await ready(tab);
      expect(await ended(tab)).toMatchObject({ code: "provider", error });
      expect(logins()).toBe(2);
    },
  );

  itOnce.each([
    ["of a page that has not left for a login", "/?error=mine"],
    ["at another path than the redirect URI's", "/other?error=mine"],
  ])("PG-29 an app's own error %s is its own", async (_title, path) => {
    world.configure();
    const tab = await world.open("/");
    if (path.startsWith("/other")) {
      world.provider.once("authorize", (exchange) => exchange.redirect(world.app.origin + path));
      await leaveAndReturn(tab);
    } else {
      await tab.goto(world.app.origin + path);
      await ready(tab);
    }
    expect(await outcome(tab, NEVER)).toMatchObject({ ok: false, error: { reason: "no_session" } });
    expect(await tab.url()).toBe(world.app.origin + path);
  });

  itOnce("PG-30 a foreign code without a state stays in the address, and a login comes back to it", async () => {
    world.configure();
    const tab = await world.open("/?code=mine");
    await signIn(tab);
    expect(await tab.url()).toBe(`${world.app.origin}/?code=mine`);
  });

  it("PG-30 a login that was begun in tab A is finished where its answer is opened, in tab B", async () => {
    world.configure();
    const [a, b] = [await world.open("/a"), await world.open("/b")];
    let callback = "";
    world.provider.once("authorize", async (exchange) => {
      callback = String((await exchange.next()).headers?.location);
      return exchange.redirect(`${world.app.origin}/blank.html`);
    });
    await a.run("setTimeout(() => void client.getAccessToken().catch(() => {}), 0);");
    await until("tab A has left", async () => (await a.url()).endsWith("/blank.html"));
    await b.goto(callback);
    await ready(b);
    const end = await outcome(b, NEVER);
    expect(end).toMatchObject({ ok: true });
    expect(await b.url()).toBe(`${world.app.origin}/a`);
    await a.goto(`${world.app.origin}/a`);
    await ready(a);
    expect(await outcome(a, NEVER)).toEqual(end);
  });
});
