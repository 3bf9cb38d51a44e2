import { expect, it } from "vitest";
import { until } from "./support/driver.js";
import { inEachBrowser, outcome, ready, signIn } from "./support/world.js";

const SIGN_OUT = `const { revocation, providerSession, errors } = await client.signOut();
  return [revocation, providerSession, errors.map(({ code }) => code)];`;
const FORCE = "return await client.getAccessToken({ interaction: 'never', forceRefresh: true });";

const LOADED =
  "return performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => /[.]js/.test(name)).join();";

const ASK = "return await client.getAccessToken({ interaction: 'never' });";

inEachBrowser("parts that load later", (world, itOnce) => {
  it("PG-11 PG-12 one that cannot be had is NetworkError, twice in a row it is told to reload, which helps; the session is kept", async () => {
    world.configure();
    const tab = await world.open();
    await signIn(tab);
    world.app.unavailable = /browser-online/;
    await tab.reload();
    await ready(tab);
    expect(await outcome(tab, FORCE)).toMatchObject({ ok: false, error: { name: "NetworkError", code: "network" } });
    expect(await outcome(tab, "return typeof await client.getAccessToken();")).toEqual({ ok: true, value: "string" });
    expect(world.provider.ledger.count("token", "refresh_token")).toBe(0);
    // PG-11, PG-12: a deploy has taken the file away for good.
    for (const body of [FORCE, "await client.ready; return await client.signIn();"])
      expect(await outcome(tab, body)).toMatchObject({
        ok: false,
        error: { code: "environment", message: expect.stringContaining("Reload the page.") as string },
      });
    world.app.unavailable = undefined;
    await tab.reload();
    await ready(tab);
    expect(await outcome(tab, FORCE)).toMatchObject({ ok: true });
  });

  itOnce(
    "PG-11 a page with a stored token loads them when it is idle, and needs no more then; it hears of other tabs",
    async () => {
      world.configure();
      const tab = await world.open();
      const token = await signIn(tab);
      await tab.reload();
      await ready(tab);
      // Also what the browser has in its cache.
      const loaded = async () => (await outcome(tab, LOADED)) as { value: string };
      expect(await outcome(tab, "return await client.getAccessToken();")).toEqual({ ok: true, value: token });
      await until("the part is loaded", async () => /browser-online/.test((await loaded()).value) || undefined);
      const before = await loaded();
      // A deploy takes the old files away: a refresh needs none of them.
      world.app.unavailable = /\.js/;
      expect(await outcome(tab, FORCE)).toMatchObject({ ok: true });
      world.app.unavailable = undefined;
      expect(await loaded()).toEqual(before);
      const other = await world.open();
      expect(await outcome(other, "await client.signOut({ local: true }); return 'out';")).toMatchObject({ ok: true });
      const end = await until("the first tab knows", async () => {
        const answer = await outcome(tab, ASK);
        return answer.ok ? undefined : answer;
      });
      expect(end).toMatchObject({ error: { code: "login_required" } });
    },
  );

  itOnce("LO-03 without any of them the session here still ends, and the result tells what is left", async () => {
    world.configure();
    const tab = await world.open();
    await signIn(tab);
    // All but the entry, before the page has loaded more.
    world.app.unavailable = /browser-online/;
    await tab.reload();
    await ready(tab);
    expect(await outcome(tab, SIGN_OUT)).toEqual({ ok: true, value: ["failed", "failed", ["network"]] });
    world.app.unavailable = undefined;
    await tab.reload();
    await ready(tab);
    expect(await outcome(tab, "return await client.getAccessToken({ interaction: 'never' });")).toMatchObject({
      ok: false,
      error: { code: "login_required" },
    });
  });

  itOnce(
    "a sign-out ends the session in all tabs while the file that tells the provider is on its way, and then tells it",
    async () => {
      world.configure({ postLogoutRedirectUri: `${world.app.origin}/bye` });
      const tab = await world.open("/one");
      await signIn(tab);
      const other = await world.open("/two");
      // It has all its files by then.
      expect(await outcome(other, "return typeof await client.getIdTokenClaims();")).toMatchObject({ ok: true });
      expect(await outcome(other, ASK)).toMatchObject({ ok: true });
      let release = () => {};
      world.app.slow = { path: /browser-online/, until: new Promise((resolve) => (release = resolve)) };
      await tab.reload();
      await ready(tab);
      await tab.run("window.appIsReady = 'leaving'; client.signOut();");
      await until("the other tab knows", () => other.run<boolean>("return events.includes('signed_out');"));
      expect(await outcome(other, ASK)).toMatchObject({
        ok: false,
        error: { code: "login_required", reason: "signed_out" },
      });
      const asked =
        "return await Promise.race([client.getAccessToken({ interaction: 'never' }), new Promise((go) => setTimeout(go, 200, 'waits'))]);";
      expect(await outcome(tab, asked)).toEqual({ ok: true, value: "waits" });
      expect(await tab.run("return events.includes('signed_out');")).toBe(false);
      release();
      await ready(tab);
      await until("the revocations", async () => world.provider.ledger.count("revocation") === 2);
      const logout = world.provider.requests.find(({ endpoint }) => endpoint === "end_session");
      expect(logout?.query.get("id_token_hint")).toMatch(/^ey/);
      await until("the address is clean", async () => (await tab.url()) === `${world.app.origin}/bye`);
    },
  );
});
