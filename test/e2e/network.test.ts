/** Faults between the page and the provider, and what the page tells of its work. */
import { expect, it } from "vitest";
import { secretsIn } from "../support/secrets-in.js";
import { inOneBrowser, outcome, ready, signIn } from "./support/world.js";

const FORCE = "return typeof await client.getAccessToken({ interaction: 'never', forceRefresh: true });";

inOneBrowser("the network", (world) => {
  it("TV-33 a token that lives 40 days is not renewed, and no timer of the client fires at once", async () => {
    world.configure(
      {},
      {
        before:
          "window.timers = []; const set = setTimeout; window.setTimeout = (work, ms, ...args) => { timers.push(ms); return set(work, ms, ...args); };",
      },
    );
    world.provider.settings.accessTokenLifetimeSeconds = 40 * 24 * 3600;
    const tab = await world.open();
    const token = await signIn(tab);
    await tab.reload();
    await ready(tab);
    expect(await outcome(tab, "return await client.getAccessToken();")).toEqual({ ok: true, value: token });
    expect(world.provider.ledger.count("token", "refresh_token")).toBe(0);
    for (const ms of await tab.run<number[]>("return timers.filter((ms) => ms !== undefined);")) {
      expect(ms).toBeLessThan(2 ** 31);
    }
  });

  it("LG-01 LG-07 sign-in, refresh, a failure and sign-out tell no secret to console, logger or events, and leave no rejection", async () => {
    world.configure();
    world.app.settings.before = `
      const told = (...args) => localStorage.setItem("told", (localStorage.getItem("told") ?? "") + args.map((one) => one?.stack ?? JSON.stringify(one) ?? String(one)).join(" ") + "\\n");
      for (const name of ["debug", "info", "log", "warn", "error"]) console[name] = told;
      addEventListener("unhandledrejection", ({ reason }) => told("UNHANDLED", reason));
      addEventListener("error", ({ error }) => told("UNCAUGHT", error));
      window.logger = { debug: told, info: told, warn: told, error: told };
      window.told = told;`;
    world.app.settings.after = `
      await client.close();
      const mine = window.client = new sdk.OidcClient({ ...${JSON.stringify(world.app.settings.options)}, logger });
      for (const name of ["session", "storage"]) mine.on(name, told);`;
    const tab = await world.open();
    await signIn(tab);
    await outcome(tab, FORCE);
    world.provider.once("token", (exchange) => exchange.error("invalid_request"));
    const failed = await outcome(tab, FORCE);
    expect(failed).toMatchObject({ ok: false, error: { code: "provider" } });
    world.provider.once("revocation", () => ({ status: 503 }));
    await outcome(tab, "return await client.signOut({ providerSession: false });");
    const told = await tab.run<string>("return localStorage.getItem('told');");
    expect(told).toContain("signed_in");
    expect(secretsIn(told + JSON.stringify(failed), world.provider.secrets())).toEqual([]);
    expect(told).not.toMatch(/UNHANDLED|UNCAUGHT/);
  });
});
