/** Where there is no page: dedicated workers and service workers of the app's origin. */
import { expect, it } from "vitest";
import type { Outcome, Tab } from "./support/driver.js";
import { inEachBrowserOfWideRun, outcome, signIn } from "./support/world.js";

inEachBrowserOfWideRun("a worker", (world) => {
  /** Asks the worker, which answers each message with the outcome of a call. */
  const ask = (tab: Tab, kind: "dedicated" | "service", call: string, bundle = kind === "service" ? "whole" : "sdk") =>
    tab.run<Outcome>(
      `const url = "/worker-" + input.bundle + ".js?" + new URLSearchParams({ options: JSON.stringify(input.options) });
       const channel = new MessageChannel();
       const answer = new Promise((done) => { channel.port1.onmessage = ({ data }) => done(data); });
       let worker;
       if (input.kind === "dedicated") worker = new Worker(url, { type: "module" });
       else {
         const registration = await navigator.serviceWorker.register(url, { type: "module" });
         worker = registration.installing ?? registration.waiting ?? registration.active;
         await new Promise((active) => {
           const look = () => worker.state === "activated" && active();
           worker.addEventListener("statechange", look);
           look();
         });
       }
       const failed = new Promise((_, reject) => { worker.addEventListener("error", ({ message }) => reject(new Error("the worker did not start: " + message))); });
       worker.postMessage(input.call, [channel.port2]);
       return await Promise.race([answer, failed]);`,
      { kind, call, bundle, options: world.app.settings.options },
    );
  const NEVER = "return await client.getAccessToken({ interaction: 'never' });";

  it.each(["dedicated", "service"] as const)(
    "IV-08 of the kind %s imports the library, is told that nobody is signed in, and finds the session of the page",
    async (kind) => {
      world.configure();
      const tab = await world.open();
      expect(await ask(tab, kind, NEVER)).toMatchObject({
        ok: false,
        error: { code: "login_required", reason: "no_session" },
      });
      expect(world.provider.requests).toHaveLength(0);
      const token = await signIn(tab);
      expect(await ask(tab, kind, NEVER)).toEqual({ ok: true, value: token });
      expect(await outcome(tab, NEVER)).toEqual({ ok: true, value: token });
    },
  );

  it.each(["dedicated", "service"] as const)(
    "IV-08 of the kind %s renews the session, and says clearly that nobody can sign in there",
    async (kind) => {
      world.configure();
      const tab = await world.open();
      const login = await ask(tab, kind, "return await client.getAccessToken();");
      expect(login).toMatchObject({ ok: false, error: { code: "environment" } });
      expect(JSON.stringify(login)).toContain("Nobody can sign in here");
      const token = await signIn(tab);
      const renew = "return await client.getAccessToken({ interaction: 'never', forceRefresh: true });";
      const renewed = await ask(tab, kind, renew);
      expect(renewed).toMatchObject({ ok: true });
      expect(renewed).not.toEqual({ ok: true, value: token });
      expect(world.provider.ledger.count("token", "refresh_token")).toBe(1);
    },
  );

  // The HTML standard forbids `import()` there.
  it("IV-08 a service worker that is not bundled into one file has the stored token, and says what a renewal lacks", async () => {
    world.configure();
    const tab = await world.open();
    const token = await signIn(tab);
    expect(await ask(tab, "service", NEVER, "sdk")).toEqual({ ok: true, value: token });
    const renew = "return await client.getAccessToken({ interaction: 'never', forceRefresh: true });";
    const end = await ask(tab, "service", renew, "sdk");
    expect(end).toMatchObject({ ok: false, error: { code: "environment" } });
    expect(JSON.stringify(end)).toContain("bundle it into one file");
    expect(await outcome(tab, NEVER)).toEqual({ ok: true, value: token });
  });
});
