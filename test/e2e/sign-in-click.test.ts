/** `signIn()` in popup mode: its window opens in the click, whatever is loaded or known. */
import { expect, it } from "vitest";
import { until } from "./support/driver.js";
import { inOneBrowser, outcome, ready } from "./support/world.js";

/** Notes what the browser was handling when a window was opened first; it is opened by its name once more when it is sent away. */
const NOTES = `window.opened = []; const open = window.open;
  window.open = (...args) => { window.opened.push(window.event?.type ?? "later"); return open.apply(window, args); };`;
const SIGN_IN = "window.end = client.signIn().then(() => 'in', ({ code }) => code);";

inOneBrowser("signing in by a click", (world) => {
  const click = async (tab: Awaited<ReturnType<typeof world.open>>) => {
    await tab.click(SIGN_IN);
    return await until("the end", () => tab.run<string | undefined>("return await window.end;"));
  };

  it("PG-22 nobody is signed in, nothing is loaded yet", async () => {
    world.configure({ loginMode: "popup" }, { before: NOTES });
    const tab = await world.open();
    expect(await click(tab)).toBe("in");
    expect(await tab.run("return window.opened[0];")).toBe("click");
  });

  it("PG-22 somebody is signed in, and the refresh token is dead", async () => {
    world.configure({ loginMode: "popup" }, { before: NOTES });
    const tab = await world.open();
    expect(await click(tab)).toBe("in");
    await tab.reload();
    await ready(tab);
    await outcome(tab, "await client.ready; return await client.getAccessToken();");
    expect(await click(tab)).toBe("in");
    world.provider.killSession();
    await tab.reload();
    await ready(tab);
    expect(await click(tab)).toBe("in");
    expect(await tab.run("return window.opened[0];")).toBe("click");
  });

  it("signIn({ loginMode }) opens a popup from a page that leaves otherwise, and leaves from one with popups", async () => {
    world.configure({}, { before: NOTES });
    const tab = await world.open("/page");
    await tab.click("window.end = client.signIn({ loginMode: 'popup' }).then(() => 'in', ({ code }) => code);");
    expect(await until("the end", () => tab.run<string | undefined>("return await window.end;"))).toBe("in");
    expect(await tab.run("return window.opened[0];")).toBe("click");
    world.configure({ loginMode: "popup" }, { before: NOTES });
    await tab.reload();
    await ready(tab);
    await tab.run("window.appIsReady = 'leaving';");
    await tab.click("client.signIn({ loginMode: 'redirect', returnTo: '/there?x=1#y' });");
    await ready(tab);
    await until("the way back", async () => (await tab.url()).endsWith("/there?x=1#y") || undefined);
    expect(await outcome(tab, "return client.session.status;")).toEqual({ ok: true, value: "signed_in" });
    expect(await tab.run("return window.opened;")).toEqual([]);
  });
});
