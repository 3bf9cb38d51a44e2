import { expect, it } from "vitest";
import { type Tab, until } from "./support/driver.js";
import { inEachBrowserOfWideRun, leaveAndReturn, outcome, ready } from "./support/world.js";

const NEVER = "return await client.getAccessToken({ interaction: 'never' });";

/** As a person does who presses a button. */
async function signInAnew(tab: Tab): Promise<void> {
  await leaveAndReturn(tab, "await client.signIn();");
  expect(await outcome(tab, NEVER)).toMatchObject({ ok: true });
}

inEachBrowserOfWideRun("the response to a redirect login", (world, itOnce) => {
  itOnce("CB-14 leaves an app's own code and state alone, and a call goes on as if there were none", async () => {
    world.configure();
    const tab = await world.open("/?code=mine&state=mine");
    expect(await outcome(tab, "return await client.getAccessToken({ interaction: 'never' });")).toMatchObject({
      ok: false,
      error: { code: "login_required", reason: "no_session" },
    });
    expect(await tab.url()).toBe(`${world.app.origin}/?code=mine&state=mine`);
    expect(world.provider.requests).toHaveLength(0);
  });

  itOnce(
    "CB-08 CB-02 a response with another state is a stranger's, and the login that waits can still be finished",
    async () => {
      world.configure();
      const tab = await world.open();
      let callback = "";
      world.provider.once("authorize", async (exchange) => {
        const answer = await exchange.next();
        callback = String(answer.headers?.location);
        return exchange.redirect(`${world.app.origin}/?error=access_denied&state=${exchange.query.get("state")}1`);
      });
      await leaveAndReturn(tab);
      expect(await outcome(tab, "return await client.getAccessToken({ interaction: 'never' });")).toMatchObject({
        ok: false,
        error: { code: "login_required" },
      });
      expect(world.provider.ledger.count("token")).toBe(0);
      await tab.goto(callback);
      await ready(tab);
      expect(await outcome(tab, "return await client.getAccessToken();")).toMatchObject({ ok: true });
    },
  );

  itOnce.each([
    ["CB-04 with another iss", (url: URL) => url.searchParams.set("iss", `${url.searchParams.get("iss")}1`)],
    ["with a doubled code", (url: URL) => url.searchParams.append("code", "other")],
    ["with a second state", (url: URL) => url.searchParams.append("state", "other")],
    [
      "CB-11 with a token in its fragment",
      (url: URL) => {
        url.hash = "access_token=stray";
      },
    ],
  ])("%s a response of ours is refused, the address cleaned, and no code sent", async (_title, spoil) => {
    world.configure();
    const tab = await world.open("/deep?x=1#y");
    let secrets: string[] = [];
    world.provider.once("authorize", async (exchange) => {
      const answer = await exchange.next();
      const url = new URL(String(answer.headers?.location));
      secrets = [String(url.searchParams.get("code")), String(url.searchParams.get("state"))];
      spoil(url);
      return exchange.redirect(url.href);
    });
    await leaveAndReturn(tab);
    const end = await outcome(tab, NEVER);
    expect(end).toMatchObject({ ok: false, error: { code: "authorization_response" } });
    for (const secret of secrets) expect(JSON.stringify(end)).not.toContain(secret);
    expect(await tab.url()).toBe(`${world.app.origin}/deep?x=1#y`);
    expect(world.provider.ledger.count("token")).toBe(0);
    await signInAnew(tab);
  });

  itOnce("CB-09 a refusal by the provider is ProviderError, and signIn() begins anew", async () => {
    world.configure();
    const tab = await world.open();
    world.provider.once("authorize", (exchange) => {
      const query = new URLSearchParams({
        error: "access_denied",
        state: exchange.query.get("state") ?? "",
        iss: world.provider.issuer,
      });
      return exchange.redirect(`${exchange.query.get("redirect_uri")}?${query}`);
    });
    await leaveAndReturn(tab);
    for (let call = 1; call <= 2; call += 1) {
      expect(await outcome(tab, NEVER)).toMatchObject({
        ok: false,
        error: { code: "provider", error: "access_denied" },
      });
    }
    expect(await tab.url()).toBe(`${world.app.origin}/`);
    await signInAnew(tab);
  });

  itOnce(
    "CB-16 PG-28 a response that comes more than 15 minutes later is not sent, and leads to a new login",
    async () => {
      world.configure();
      const tab = await world.open("/late");
      // Until the late response was dealt with: a person registers, or resets a password.
      world.app.settings.before = `const now = Date.now; let late = 16 * 60_000;
      if (location.search !== "") Date.now = () => now() + late;
      addEventListener("popstate", () => { late = 0; });`;
      await leaveAndReturn(tab);
      await until("the address is clean", async () => (await tab.url()) === `${world.app.origin}/late`);
      expect(world.provider.ledger.count("token")).toBe(0);
      expect(await outcome(tab, NEVER)).toMatchObject({ ok: false, error: { reason: "no_session" } });
      world.app.settings.before = undefined;
      await leaveAndReturn(tab);
      expect(await outcome(tab, NEVER)).toMatchObject({ ok: true });
      expect(await tab.url()).toBe(`${world.app.origin}/late`);
    },
  );

  // A connection that is reset before the first byte would be tried again by the browser itself.
  it("CB-19 a connection that breaks during the exchange is NetworkError, and the code is not sent again", async () => {
    world.configure();
    const tab = await world.open();
    world.provider.once("token", (exchange) => exchange.endEarly('{"access_token":"'));
    await leaveAndReturn(tab);
    expect(await outcome(tab, NEVER)).toMatchObject({ ok: false, error: { code: "network" } });
    expect(world.provider.ledger.count("token")).toBe(1);
    expect(await outcome(tab, NEVER)).toMatchObject({ ok: false, error: { reason: "no_session" } });
  });
});
