import { expect, it } from "vitest";
import { until } from "./support/driver.js";
import { begin, ended, inEachBrowser, outcome, ready, signIn } from "./support/world.js";

const NEVER = "return await client.getAccessToken({ interaction: 'never' });";

inEachBrowser("the sign-out", (world, itOnce) => {
  const logoutRequest = () => world.provider.requests.find(({ endpoint }) => endpoint === "end_session");
  /** Makes the ID Token so long that no address takes the request. */
  const longIdToken = () => {
    world.provider.settings.editIdToken = (claims) => {
      claims.filling = "x".repeat(3000);
    };
  };

  it("LO-01 leaves for the provider's page with hint, client and return address, and comes back signed out", async () => {
    world.configure({ postLogoutRedirectUri: `${world.app.origin}/bye` });
    const tab = await world.open();
    await signIn(tab);
    await tab.run("window.appIsReady = 'leaving';");
    await begin(tab, "return await client.signOut();");
    await ready(tab);
    const request = logoutRequest();
    expect(request?.method).toBe("GET");
    expect(request?.query.get("client_id")).toBe("spa");
    expect(request?.query.get("id_token_hint")).toMatch(/^ey/);
    expect(request?.query.get("post_logout_redirect_uri")).toBe(`${world.app.origin}/bye`);
    expect(request?.query.get("state")?.length).toBeGreaterThan(20);
    await until("the address is clean", async () => (await tab.url()) === `${world.app.origin}/bye`);
    expect(await outcome(tab, NEVER)).toMatchObject({ ok: false, error: { code: "login_required" } });
    expect(world.provider.ledger.count("revocation")).toBeGreaterThan(0);
  });

  itOnce("a request longer than 2,000 characters goes by form POST", async () => {
    world.configure({ postLogoutRedirectUri: `${world.app.origin}/bye` });
    longIdToken();
    const tab = await world.open();
    await signIn(tab);
    await tab.run("window.appIsReady = 'leaving';");
    await begin(tab, "return await client.signOut();");
    await ready(tab);
    expect(logoutRequest()?.method).toBe("POST");
    expect(logoutRequest()?.form.get("id_token_hint")?.length).toBeGreaterThan(3000);
    await until("the address is clean", async () => (await tab.url()) === `${world.app.origin}/bye`);
  });

  const requests = [
    ["by form POST", longIdToken, "POST"],
    ["by an address", () => {}, "GET"],
  ] as const;
  it.each(world.isFirst ? requests : requests.slice(0, 1))(
    "in a popup %s: the page stays, and the result tells",
    async (_title, arrange, method) => {
      world.configure({ loginMode: "popup", postLogoutRedirectUri: `${world.app.origin}/` });
      arrange();
      const tab = await world.open();
      await tab.run("await client.ready;");
      await tab.click("window.call = client.getAccessToken();");
      await tab.run("await window.call;");
      const opened = world.profile.nextTab();
      await tab.click(
        "window.outcome = undefined; client.signOut().then((value) => { window.outcome = { ok: true, value }; });",
      );
      const popup = await opened;
      expect(await ended(tab)).toEqual({
        ok: true,
        value: { revocation: "done", providerSession: "ended", errors: [] },
      });
      await until("the popup is closed", popup.isClosed);
      expect(logoutRequest()?.method).toBe(method);
      expect(await outcome(tab, NEVER)).toMatchObject({ ok: false, error: { reason: "signed_out" } });
    },
  );

  itOnce("LO-02 a return with another state, or with none, starts the app as ever", async () => {
    world.configure();
    const tab = await world.open();
    const token = await signIn(tab);
    for (const path of ["/?state=other", "/?state="]) {
      await tab.goto(world.app.origin + path);
      await ready(tab);
      expect(await outcome(tab, NEVER)).toEqual({ ok: true, value: token });
      expect(await tab.url()).toBe(world.app.origin + path);
    }
  });

  itOnce.each([
    ["answers 503", 503, "failed"],
    ["answers 200 to an unknown token", 200, "done"],
  ])(
    "LO-03 LO-04 a revocation that %s: the session here is gone, and the result tells",
    async (_title, status, revocation) => {
      world.configure();
      world.provider.on("revocation", () => ({ status }));
      const tab = await world.open();
      await signIn(tab);
      const end = await outcome(tab, "return await client.signOut({ providerSession: false });");
      expect(end).toMatchObject({ ok: true, value: { revocation, providerSession: "skipped" } });
      expect(await outcome(tab, NEVER)).toMatchObject({ ok: false, error: { reason: "signed_out" } });
    },
  );
});
