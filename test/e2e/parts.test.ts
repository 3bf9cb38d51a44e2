import { expect, it } from "vitest";
import { inEachBrowser, outcome, ready, signIn } from "./support/world.js";

const SIGN_OUT = `const { revocation, providerSession, errors } = await client.signOut();
  return [revocation, providerSession, errors.map(({ code }) => code)];`;
const FORCE = "return await client.getAccessToken({ interaction: 'never', forceRefresh: true });";

inEachBrowser("parts that load later", (world) => {
  it("one that cannot be had is NetworkError, the session is kept, and after a reload all goes on", async () => {
    world.configure();
    const tab = await world.open();
    await signIn(tab);
    await tab.reload();
    await ready(tab);
    world.app.unavailable = /machinery|token-renewal/;
    expect(await outcome(tab, FORCE)).toMatchObject({ ok: false, error: { name: "NetworkError", code: "network" } });
    expect(await outcome(tab, "return typeof await client.getAccessToken();")).toEqual({ ok: true, value: "string" });
    expect(world.provider.ledger.count("token", "refresh_token")).toBe(0);
    world.app.unavailable = undefined;
    await tab.reload();
    await ready(tab);
    expect(await outcome(tab, FORCE)).toMatchObject({ ok: true });
  });

  it("LO-03 without any of them the session here still ends, and the result tells what is left", async () => {
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
