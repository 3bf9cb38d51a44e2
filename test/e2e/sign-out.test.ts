import { expect, it } from "vitest";
import { until } from "./support/driver.js";
import { begin, ended, inEachBrowser, outcome, ready, signIn } from "./support/world.js";

const NEVER = "return await client.getAccessToken({ interaction: 'never' });";

inEachBrowser("the sign-out", (world, itOnce) => {
  const logoutRequest = () => world.provider.requests.find(({ endpoint }) => endpoint === "end_session");
  /** Makes the ID Token so long that no address takes the request. */
  const longIdToken = () => {
    world.provider.settings.editIdToken = (claims) => ({ ...claims, filling: "x".repeat(3000) });
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

  const SIGN_OUT =
    "window.outcome = undefined; client.signOut().then((value) => { window.outcome = { ok: true, value }; });";
  const inPopupMode = async (
    options: Record<string, unknown> = {},
    page: { headers?: Record<string, string> } = {},
  ) => {
    world.configure({ loginMode: "popup", postLogoutRedirectUri: `${world.app.origin}/`, ...options }, page);
    const tab = await world.open();
    await tab.run("await client.ready;");
    await tab.click("window.call = client.signIn();");
    await tab.run("await window.call;");
    return tab;
  };
  const asked = { ok: true, value: { revocation: "done", providerSession: "asked", errors: [] } };

  it.each([["no state", ""], ...(world.isFirst ? [["another state", "?state=another"]] : [])])(
    "PG-32 a popup that the provider sends back with %s closes at once: asked, not ended",
    async (_title, query) => {
      const tab = await inPopupMode();
      world.provider.on("end_session", (exchange) => exchange.redirect(`${world.app.origin}/bye${query}`));
      const opened = world.profile.nextTab();
      await tab.click(SIGN_OUT);
      const popup = await opened;
      expect(await ended(tab)).toEqual(asked);
      await until("the popup is closed", popup.isClosed);
    },
  );

  const page = { status: 200, headers: { "content-type": "text/html" }, body: "<title>Out</title>" };
  itOnce.each([
    ["stays at the provider's page", {}],
    ["is cut off by it", { "cross-origin-opener-policy": "same-origin" }],
  ])("PG-32 a popup that %s and that nobody closes: asked at the time limit", async (_title, headers) => {
    const tab = await inPopupMode({ loginTimeoutSeconds: 3 });
    world.provider.on("end_session", () => ({ ...page, headers: { ...page.headers, ...headers } }));
    await tab.click(SIGN_OUT);
    expect(await ended(tab)).toEqual(asked);
  });

  itOnce("PG-32 a popup that the person closes: asked", async () => {
    const tab = await inPopupMode();
    world.provider.on("end_session", () => page);
    const opened = world.profile.nextTab();
    await tab.click(SIGN_OUT);
    const popup = await opened;
    await until("its page is there", () => popup.run<boolean>("return document.title === 'Out';"));
    await tab.run("dispatchEvent(new Event('focus'));");
    await popup.close();
    expect(await ended(tab)).toEqual(asked);
  });

  itOnce(
    "PG-24 no window opens where nobody is signed in, or where the provider is known to have no such page",
    async () => {
      const count =
        "window.opened = 0; const open = window.open; window.open = (...all) => { opened += 1; return open.apply(window, all); };";
      world.provider.metadata.end_session_endpoint = undefined;
      world.configure({ loginMode: "popup" }, { before: count });
      const tab = await world.open();
      await tab.run("await client.ready;");
      await tab.click(SIGN_OUT);
      expect(await ended(tab)).toMatchObject({ ok: true, value: { providerSession: "skipped" } });
      expect(await tab.run("return window.opened;")).toBe(0);
      await tab.click("window.call = client.signIn();");
      await tab.run("await window.call; window.opened = 0;");
      await tab.click(SIGN_OUT);
      expect(await ended(tab)).toMatchObject({
        ok: true,
        value: { revocation: "done", providerSession: "unsupported" },
      });
      expect(await tab.run("return window.opened;")).toBe(0);
    },
  );

  itOnce(
    "PG-24 from a timer the popup is blocked: the result says so, and the page is left where the options say so",
    async () => {
      const tab = await inPopupMode();
      const block = "window.open = () => null;";
      await tab.run(block);
      await begin(
        tab,
        "const { errors, ...result } = await client.signOut(); return { ...result, errors: errors.map(({ code, kind }) => ({ code, kind })) };",
      );
      const end = await ended(tab);
      expect(end).toMatchObject({
        ok: true,
        value: { revocation: "done", providerSession: "failed", errors: [{ code: "popup", kind: "blocked" }] },
      });
      expect(logoutRequest()).toBeUndefined();

      const other = await inPopupMode({ popupBlocked: "redirect" });
      await other.run(`${block} window.appIsReady = 'leaving';`);
      await begin(other, "return await client.signOut();");
      await ready(other);
      expect(logoutRequest()?.query.get("client_id")).toBe("spa");
    },
  );

  const POLICY = { "content-security-policy": "form-action 'self'" };
  it("PG-15 form-action forbids the form: in seconds the request goes without its hint", async () => {
    world.configure({ postLogoutRedirectUri: `${world.app.origin}/bye` }, { headers: POLICY });
    longIdToken();
    const tab = await world.open();
    await signIn(tab);
    await tab.run("window.appIsReady = 'leaving';");
    await begin(tab, "return await client.signOut();");
    await ready(tab);
    expect(logoutRequest()?.method).toBe("GET");
    expect(logoutRequest()?.query.get("id_token_hint")).toBe(null);
    expect(logoutRequest()?.query.get("client_id")).toBe("spa");
    expect(await tab.url()).toContain("/bye");
  });

  it("PG-15 the same in a popup", async () => {
    longIdToken();
    const tab = await inPopupMode({}, { headers: POLICY });
    await tab.click(SIGN_OUT);
    expect(await ended(tab)).toMatchObject({ ok: true, value: { providerSession: "ended" } });
    expect(logoutRequest()?.method).toBe("GET");
  });

  itOnce("PG-15 a request that is too long without its hint, too, goes as the long address it is", async () => {
    world.configure({}, { headers: POLICY });
    longIdToken();
    const tab = await world.open();
    await signIn(tab);
    await begin(tab, "return await client.signOut({ params: { logout_hint: 'y'.repeat(2500) } });");
    await world.provider.ledger.waitFor("end_session");
    expect(logoutRequest()?.query.get("id_token_hint")?.length).toBeGreaterThan(3000);
  });

  it("PG-01 PG-02 the revocation does not hold up the provider's page, and reaches the provider although this page leaves", async () => {
    world.configure({ postLogoutRedirectUri: `${world.app.origin}/bye` });
    const tab = await world.open();
    await signIn(tab);
    // It is answered when the page has gone.
    world.provider.on("revocation", async (exchange) => {
      await world.provider.ledger.waitFor("end_session");
      return await exchange.next();
    });
    await tab.run("window.appIsReady = 'leaving';");
    await begin(tab, "return await client.signOut();");
    await ready(tab);
    expect(await tab.url()).toContain("/bye");
    await world.provider.ledger.waitFor("revocation", 2);
    const hints = world.provider.requests.map(({ form }) => form.get("token_type_hint"));
    expect(hints).toEqual(expect.arrayContaining(["refresh_token", "access_token"]));
  });
});
