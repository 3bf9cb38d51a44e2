/** Popups whose page was reloaded, whose time was up, whose opener is cut off; and popups that are not to be had. */
import { expect, it } from "vitest";
import { type Tab, until } from "./support/driver.js";
import { callInClick, popupsOf } from "./support/popups.js";
import { begin, ended, inEachBrowserOfWideRun, outcome, ready } from "./support/world.js";

inEachBrowserOfWideRun("a popup that is left to itself", (world, itOnce) => {
  const { openReady, showPage, atProvider, sayYes } = popupsOf(world);

  /** Signs in by a popup up to the provider's page. */
  const openAtProvider = async (options: Record<string, unknown> = {}, headers?: Record<string, string>) => {
    world.configure({ loginMode: "popup", ...options });
    const tab = await openReady();
    const stop = showPage(headers);
    const opened = world.profile.nextTab();
    await tab.click(callInClick("return await client.signIn();"));
    const popup = await opened;
    await atProvider(popup);
    stop();
    return { tab, popup };
  };
  const NEVER = "return typeof await client.getAccessToken({ interaction: 'never' });";
  const hasToken = (tab: Tab) => until("the session is there", async () => (await outcome(tab, NEVER)).ok);

  it("PG-23 the page that asked was reloaded meanwhile: the popup finishes the login and closes", async () => {
    const { tab, popup } = await openAtProvider();
    await tab.reload();
    await ready(tab);
    await sayYes(popup);
    await until("the popup is closed", popup.isClosed);
    await hasToken(tab);
    expect(world.provider.ledger.count("token")).toBe(1);
  });

  itOnce("PG-23 the same where the provider's page has severed its opener", async () => {
    const { tab, popup } = await openAtProvider({}, { "cross-origin-opener-policy": "same-origin" });
    await tab.reload();
    await ready(tab);
    await sayYes(popup);
    await until("the popup is closed", popup.isClosed);
    await hasToken(tab);
    expect(world.provider.ledger.maxPostsPerCode()).toBe(1);
  });

  itOnce.each([
    ["keeps its session in memory", { storage: "memory" }, "/"],
    ["has the bare callback page", {}, "/callback.html"],
  ])("PG-23 a client that %s: the popup closes, and no code is used", async (_title, options, path) => {
    const { tab, popup } = await openAtProvider({ ...options, redirectUri: world.app.origin + path });
    await tab.reload();
    await ready(tab);
    await sayYes(popup);
    await until("the popup is closed", popup.isClosed);
    expect(world.provider.ledger.count("token")).toBe(0);
  });

  itOnce("PG-23 a popup that cannot close: the code leaves the address, and the page is usable", async () => {
    const { tab, popup } = await openAtProvider();
    world.app.settings.before = "window.close = () => {};";
    await tab.reload();
    await ready(tab);
    await sayYes(popup);
    await until("the app is in the popup", async () => (await popup.url()) === `${world.app.origin}/`);
    await ready(popup);
    expect(await outcome(popup, NEVER)).toEqual({ ok: true, value: "string" });
  });

  itOnce(
    "PG-28 at the time limit a popup in use stays open, and finishes the login when the person is done",
    async () => {
      const { tab, popup } = await openAtProvider({ loginTimeoutSeconds: 3 });
      expect(await ended(tab)).toMatchObject({ ok: false, error: { code: "timeout" } });
      expect(await popup.isClosed()).toBe(false);
      await sayYes(popup);
      await until("the popup is closed", popup.isClosed);
      await hasToken(tab);
      expect(world.provider.ledger.count("token")).toBe(1);
    },
  );

  itOnce("PG-28 a sign-out while the person goes on there makes that login void", async () => {
    const { tab, popup } = await openAtProvider({ loginTimeoutSeconds: 3 });
    expect(await ended(tab)).toMatchObject({ ok: false, error: { code: "timeout" } });
    await outcome(tab, "return await client.signOut({ local: true });");
    await sayYes(popup);
    await until("the popup is closed", popup.isClosed);
    expect(await outcome(tab, NEVER)).toMatchObject({ ok: false, error: { reason: "signed_out" } });
    expect(world.provider.ledger.count("token")).toBe(0);
  });

  it("PG-30 a page with Cross-Origin-Opener-Policy signs in by a popup", async () => {
    const headers = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
    world.configure({ loginMode: "popup" }, { headers });
    const tab = await openReady();
    const stop = showPage();
    const opened = world.profile.nextTab();
    await tab.click(callInClick("return await client.signIn();"));
    const popup = await opened;
    await sayYes(popup);
    stop();
    expect(await ended(tab)).toMatchObject({ ok: true });
    await until("the popup is closed", popup.isClosed);
    expect(world.provider.ledger.maxPostsPerCode()).toBe(1);
  });

  itOnce.each([
    ["a link back to the app", "", "popup", "came back to this app"],
    ["an error without state", "?error=invalid_scope&error_description=No+hub", "authorization_response", "No hub"],
  ])("PG-32 a login's popup that comes back by %s ends the wait at once", async (_title, query, code, said) => {
    const { tab, popup } = await openAtProvider();
    await popup.run("setTimeout(() => { location.href = input; }, 0);", `${world.app.origin}/${query}`);
    const end = await ended(tab);
    expect(end).toMatchObject({ ok: false, error: { code, message: expect.stringContaining(said) } });
    await until("the popup is closed", popup.isClosed);
  });

  itOnce("a redirect page without any script will do: the answer is read from the popup's address", async () => {
    world.configure({ loginMode: "popup", redirectUri: `${world.app.origin}/blank.html` });
    const tab = await openReady();
    await tab.click(callInClick("return await client.signIn();"));
    expect(await ended(tab)).toMatchObject({ ok: true });
  });

  itOnce('popupBlocked: "redirect" leaves the page where the popup is blocked, and comes back signed in', async () => {
    world.configure({ loginMode: "popup", popupBlocked: "redirect" }, { before: "window.open = () => null;" });
    const tab = await world.open("/deep");
    await tab.run("await client.ready; window.appIsReady = 'leaving';");
    await tab.click(callInClick("return await client.signIn();"));
    await ready(tab);
    expect(await outcome(tab, "return typeof await client.getAccessToken();")).toEqual({ ok: true, value: "string" });
    expect(await tab.url()).toBe(`${world.app.origin}/deep`);
  });

  itOnce("signIn({ loginMode }) takes the place of the client's for one login, both ways", async () => {
    world.configure({ loginMode: "popup" });
    const tab = await openReady();
    await tab.run("window.appIsReady = 'leaving';");
    await begin(tab, "return await client.signIn({ loginMode: 'redirect' });");
    await ready(tab);
    await hasToken(tab);
    expect(await tab.url()).toBe(`${world.app.origin}/`);
    world.configure();
    await tab.reload();
    await ready(tab);
    const opened = world.profile.nextTab();
    await tab.click(callInClick("return await client.signIn({ loginMode: 'popup' });"));
    const popup = await opened;
    expect(await ended(tab)).toMatchObject({ ok: true });
    await until("the popup is closed", popup.isClosed);
    expect(world.provider.ledger.count("token")).toBe(2);
  });
});
