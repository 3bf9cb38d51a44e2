import { expect, it } from "vitest";
import { until } from "./support/driver.js";
import { inEachBrowser, outcome, ready, signIn } from "./support/world.js";

const SIGN_OUT = `const { revocation, providerSession, errors } = await client.signOut();
  return [revocation, providerSession, errors.map(({ code }) => code)];`;
const FORCE = "return await client.getAccessToken({ interaction: 'never', forceRefresh: true });";

const ASK = "return await client.getAccessToken({ interaction: 'never' });";

inEachBrowser("parts that load later", (world, itOnce) => {
  it("one that cannot be had is NetworkError, the session is kept, and after a reload all goes on", async () => {
    world.configure();
    const tab = await world.open();
    await signIn(tab);
    world.app.unavailable = /browser-online/;
    await tab.reload();
    await ready(tab);
    expect(await outcome(tab, FORCE)).toMatchObject({ ok: false, error: { name: "NetworkError", code: "network" } });
    expect(await outcome(tab, "return typeof await client.getAccessToken();")).toEqual({ ok: true, value: "string" });
    expect(world.provider.ledger.count("token", "refresh_token")).toBe(0);
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
      const before = world.app.requests.length;
      const later = () => world.app.requests.slice(before).filter((path) => path.endsWith(".js"));
      expect(await outcome(tab, "return await client.getAccessToken();")).toEqual({ ok: true, value: token });
      expect(await until("the part is asked for", async () => later().join() || undefined)).toMatch(/browser-online/);
      // The page asks for a deploy's new files no more: a refresh and a sign-out need nothing else.
      world.app.unavailable = /\.js$/;
      expect(await outcome(tab, FORCE)).toMatchObject({ ok: true });
      world.app.unavailable = undefined;
      expect(later()).toHaveLength(1);
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
    await tab.reload();
    await ready(tab);
    world.app.unavailable = /./;
    expect(await outcome(tab, SIGN_OUT)).toEqual({ ok: true, value: ["failed", "failed", ["network"]] });
    world.app.unavailable = undefined;
    await tab.reload();
    await ready(tab);
    expect(await outcome(tab, "return await client.getAccessToken({ interaction: 'never' });")).toMatchObject({
      ok: false,
      error: { code: "login_required" },
    });
  });
});
