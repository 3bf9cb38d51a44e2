import { expect, it } from "vitest";
import { until } from "./support/driver.js";
import { callInClick, popupsOf } from "./support/popups.js";
import { begin, ended, inEachBrowser, outcome, ready } from "./support/world.js";

inEachBrowser("the popup login", (world, itOnce) => {
  const { openReady, showPage, atProvider, sayYes, clickIn } = popupsOf(world);

  it.each(world.redirectUris)("signs in, with %s as the redirect URI, and the popup closes", async (_title, path) => {
    world.configure({ loginMode: "popup", redirectUri: world.app.origin + path });
    const tab = await openReady();
    const stop = showPage();
    const opened = world.profile.nextTab();
    await clickIn(tab);
    const popup = await opened;
    await sayYes(popup);
    expect(await ended(tab)).toMatchObject({ ok: true });
    await until("the popup is closed", popup.isClosed);
    stop();
    expect(await tab.url()).toBe(`${world.app.origin}/`);
    expect(world.provider.ledger.count("token")).toBe(1);
    expect(world.provider.ledger.count("authorize")).toBe(1);
  });

  it("opens the popup in the click, before anything is awaited", async () => {
    world.configure({ loginMode: "popup" });
    const tab = await openReady();
    const opened = world.profile.nextTab();
    await tab.click(
      `const open = window.open; let opened = 0;
       window.open = (...args) => { opened += 1; return open.apply(window, args); };
       window.call = client.getAccessToken();
       window.openedAtOnce = opened;`,
    );
    await opened;
    expect(await tab.run("await window.call; return window.openedAtOnce;")).toBe(1);
  });

  it("PI-01 a blocked popup is PopupError at once, and the next call may open one", async () => {
    world.configure({ loginMode: "popup" }, { before: "window.realOpen = window.open; window.open = () => null;" });
    const tab = await openReady();
    await clickIn(tab);
    expect(await ended(tab)).toMatchObject({ ok: false, error: { code: "popup", kind: "blocked" } });
    await tab.run("window.open = window.realOpen;");
    await clickIn(tab);
    expect(await ended(tab)).toMatchObject({ ok: true });
  });

  it("PI-02 a popup that the person closes is told long before the time limit, and leaves nothing pending", async () => {
    world.configure({ loginMode: "popup" });
    const stop = showPage();
    const tab = await openReady();
    const opened = world.profile.nextTab();
    await clickIn(tab);
    const popup = await opened;
    await atProvider(popup);
    // What is seen of the popup is looked at now and then: as slow as a person.
    await new Promise((resolve) => setTimeout(resolve, 700));
    await popup.close();
    expect(await ended(tab)).toMatchObject({ ok: false, error: { code: "popup", kind: "closed" } });
    stop();
    await clickIn(tab);
    expect(await ended(tab)).toMatchObject({ ok: true });
  });

  it("PI-02 a popup that is closed as soon as it shows the provider's page is told in seconds, when the focus is back", async () => {
    world.configure({ loginMode: "popup" });
    const stop = showPage();
    const tab = await openReady();
    const opened = world.profile.nextTab();
    await clickIn(tab);
    const popup = await opened;
    await atProvider(popup);
    // No browser under automation tells of the focus: it comes before the page has looked at the popup again.
    await tab.run("dispatchEvent(new Event('focus'));");
    await popup.close();
    expect(await ended(tab)).toMatchObject({ ok: false, error: { code: "popup", kind: "closed" } });
    stop();
  });

  it("PI-02 a popup that is closed before the provider has answered is told, too", async () => {
    world.configure({ loginMode: "popup" });
    world.provider.once("authorize", (exchange) => exchange.hang());
    const tab = await openReady();
    const opened = world.profile.nextTab();
    await clickIn(tab);
    const popup = await opened;
    await world.provider.ledger.waitFor("authorize");
    await popup.close();
    // The display of its tests has no window manager that would give the focus back to the page.
    if (world.driver.name === "WebKitGTK") await tab.run("dispatchEvent(new Event('focus'));");
    expect(await ended(tab)).toMatchObject({ ok: false, error: { code: "popup", kind: "closed" } });
  });

  it.each(world.redirectUris)(
    "PI-03 a provider that severs its opener is waited for, and answers to %s",
    async (_title, path) => {
      world.configure({ loginMode: "popup", redirectUri: world.app.origin + path });
      const stop = showPage({ "cross-origin-opener-policy": "same-origin" });
      const tab = await openReady();
      const opened = world.profile.nextTab();
      await clickIn(tab);
      const popup = await opened;
      await atProvider(popup);
      expect(await popup.run("return window.opener === null;")).toBe(true);
      // Long after the popup reads as closed.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(await tab.run("return window.outcome ?? null;")).toBe(null);
      await sayYes(popup);
      expect(await ended(tab)).toMatchObject({ ok: true });
      await until("the popup is closed", popup.isClosed);
      stop();
    },
  );

  itOnce("PI-05 a message of another origin, and a response with another state, do not end the wait", async () => {
    world.configure({ loginMode: "popup" });
    const stop = showPage();
    const tab = await openReady();
    const opened = world.profile.nextTab();
    await clickIn(tab);
    const popup = await opened;
    await atProvider(popup);
    const forged = { source: "oidc-client", url: `${world.app.origin}/?code=forged&state=forged`, keepOpen: false };
    await popup.run("window.opener.postMessage(input, '*');", forged);
    const signInPage = await popup.url();
    // An ordinary page of the app, as far as it can tell, and it stays open.
    const leave = (url: string) => popup.run("setTimeout(() => { location.href = input; }, 0);", url);
    await leave(`${world.app.origin}/?code=forged&state=forged`);
    await ready(popup);
    expect(await popup.run("return window.opener !== null;")).toBe(true);
    expect(await outcome(popup, "return await client.getAccessToken({ interaction: 'never' });")).toMatchObject({
      ok: false,
      error: { code: "login_required" },
    });
    await leave(signInPage);
    expect(await tab.run("return window.outcome ?? null;")).toBe(null);
    await sayYes(popup);
    expect(await ended(tab)).toMatchObject({ ok: true });
    stop();
  });

  itOnce("an abort closes the popup, and so does a time limit before the provider has shown anything", async () => {
    const stop = showPage();
    world.configure({ loginMode: "popup" });
    const tab = await openReady();
    const opened = world.profile.nextTab();
    await tab.click(
      callInClick("window.stop = new AbortController(); return await client.signIn({ signal: stop.signal });"),
    );
    const popup = await opened;
    await atProvider(popup);
    await tab.run("window.stop.abort();");
    expect(await ended(tab)).toMatchObject({ ok: false, error: { code: "aborted" } });
    await until("the popup is closed", popup.isClosed);
    stop();

    world.configure({ loginMode: "popup", loginTimeoutSeconds: 2 });
    world.provider.once("authorize", (exchange) => exchange.hang());
    await tab.reload();
    await ready(tab);
    await tab.run("await client.ready;");
    const another = world.profile.nextTab();
    await tab.click(callInClick("return await client.signIn();"));
    const blank = await another;
    expect(await ended(tab)).toMatchObject({ ok: false, error: { code: "timeout" } });
    await until("the popup is closed", blank.isClosed);
  });

  itOnce("a second call while the popup is open joins the login", async () => {
    world.configure({ loginMode: "popup" });
    const stop = showPage();
    const tab = await openReady();
    const opened = world.profile.nextTab();
    await tab.click(
      callInClick("return new Set(await Promise.all([client.getAccessToken(), client.getAccessToken()])).size;"),
    );
    const popup = await opened;
    await sayYes(popup);
    expect(await ended(tab)).toMatchObject({ ok: true, value: 1 });
    expect(world.provider.ledger.count("authorize")).toBe(1);
    stop();
  });

  itOnce("CB-09 a refusal in the popup is ProviderError", async () => {
    world.configure({ loginMode: "popup" });
    world.provider.once("authorize", (exchange) =>
      exchange.redirect(
        `${exchange.query.get("redirect_uri")}?${new URLSearchParams({ error: "access_denied", state: exchange.query.get("state") ?? "", iss: world.provider.issuer })}`,
      ),
    );
    const tab = await openReady();
    await clickIn(tab);
    expect(await ended(tab)).toMatchObject({ ok: false, error: { code: "provider" } });
  });

  itOnce("a redirect login in a window that another page opened is no popup of ours", async () => {
    world.configure();
    const tab = await world.open();
    const opened = world.profile.nextTab();
    await tab.click(`window.open("/deep", "_blank");`);
    const other = await opened;
    await ready(other);
    await other.run("window.appIsReady = 'leaving';");
    await begin(other);
    await ready(other);
    expect(await outcome(other, "return typeof await client.getAccessToken();")).toEqual({ ok: true, value: "string" });
    expect(await other.url()).toBe(`${world.app.origin}/deep`);
    expect(await other.run("return window.opener !== null;")).toBe(true);
  });
});
