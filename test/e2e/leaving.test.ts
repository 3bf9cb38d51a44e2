/** When a page is left and when not, beside the cases of interaction.test.ts: neighbours that tests from outside have found. */
import { expect, it } from "vitest";
import { type Tab, until } from "./support/driver.js";
import { begin, inOneBrowser, leaveAndReturn, NOBODY_CLICKS, outcome, ready, signIn } from "./support/world.js";

const CALL = "return await client.getAccessToken();";
/** A poll whose last end is noted. */
const POLLS =
  "setInterval(() => client.getAccessToken().then(() => { window.last = 'token'; }, ({ reason }) => { window.last = reason; }), 30);";

inOneBrowser("leaving the page", (world) => {
  const trips = () => world.provider.ledger.count("authorize");
  const polled = (tab: Tab, reason: string) =>
    until(reason, () =>
      tab.run<boolean>("const { last } = window; window.last = undefined; return last === input;", reason),
    );

  it("signIn() outside of a click asks the provider, also in a page that has just come back from it", async () => {
    world.configure({}, { before: NOBODY_CLICKS });
    const tab = await world.open("/a");
    await signIn(tab);
    expect(trips()).toBe(1);
    for (const body of ["await client.signIn();", "await client.signIn({ maxAgeSeconds: 600 });"]) {
      await leaveAndReturn(tab, body);
      // While the answer is being finished it is what a signIn() asks for.
      await outcome(tab, "return await client.getIdTokenClaims();");
    }
    expect(trips()).toBe(3);
  });

  it("two clients that keep their sessions in the page's memory do not send it round in circles", async () => {
    const after = `const other = new sdk.OidcClient({ ...${JSON.stringify({ clientId: "other", issuer: world.provider.issuer, allowInsecureLoopback: true, storage: "memory" })} });
      window.ends = Promise.allSettled([client.getAccessToken(), other.getAccessToken()]).then((all) => all.map(({ reason }) => reason?.code ?? "token"));`;
    world.configure({ storage: "memory" }, { before: NOBODY_CLICKS, after });
    const tab = await world.open("/a");
    await until("the calls have ended", async () =>
      (
        await tab.run<string[] | null>(
          "return Promise.race([window.ends, new Promise((r) => setTimeout(r, 500, null))]);",
        )
      )?.includes("login_required"),
    );
    expect(trips()).toBeLessThanOrEqual(6);
  });

  it("a page that is loaded after a sign-out, here or in another tab, stays signed out until the person asks", async () => {
    world.configure();
    const tab = await world.open("/one");
    await signIn(tab);
    const other = await world.open("/two");
    world.app.settings.after = `client.on("session", ({ reason }) => { if (reason === "signed_out") location.reload(); });
      client.getAccessToken().then(() => { window.end = "token"; }, ({ reason }) => { window.end = reason; });`;
    await other.reload();
    await until("the token", () => other.run<boolean>("return window.end === 'token';"));
    world.provider.ledger.clear();
    await outcome(tab, "return await client.signOut({ local: true });");
    await until("the other tab is told", () => other.run<boolean>("return window.end === 'signed_out';"));
    await tab.reload();
    await until("this tab is told", () => tab.run<boolean>("return window.end === 'signed_out';"));
    expect(trips()).toBe(0);
    await tab.run("window.appIsReady = 'leaving';");
    await tab.click("client.getAccessToken().catch(() => {});");
    await ready(tab);
    await until("the token", () => tab.run<boolean>("return window.end === 'token';"));
  });

  it("typing into a field of a web component, and Enter in a form's field, ask for nothing", async () => {
    const before = `customElements.define("a-field", class extends HTMLElement {
        constructor() { super(); this.attachShadow({ mode: "open" }).innerHTML = "<textarea></textarea>"; } });
      document.write('<a-field id="shadow"></a-field><form id="form" onsubmit="return false"><input id="field"><button id="submit">Send</button></form>');`;
    world.configure({}, { before, after: POLLS });
    const tab = await world.open("/work");
    // The poll itself signs in: the page has had no token yet.
    await polled(tab, "token");
    await outcome(tab, "return await client.destroyTokens();");
    await polled(tab, "signed_out");
    world.provider.ledger.clear();
    await tab.type("a-field textarea", "a word ");
    await polled(tab, "signed_out");
    await tab.type("#field", "word\n");
    await polled(tab, "signed_out");
    expect(trips()).toBe(0);
    await tab.press("#submit");
    await until("the page has left", async () => trips() > 0);
  });

  it("several calls of one click share one popup, also after a token was had", async () => {
    world.configure({ loginMode: "popup" });
    const tab = await world.open();
    await tab.click("window.first = client.signIn();");
    await tab.run("await window.first;");
    await outcome(tab, "return await client.destroyTokens();");
    await tab.run("await client.ready;");
    await tab.click(
      "window.all = Promise.all([client.getAccessToken(), client.getAccessToken(), client.getTokenSet()]);",
    );
    expect(await outcome(tab, "return (await window.all).length;")).toEqual({ ok: true, value: 3 });
    expect(trips()).toBe(2);
  });

  it("the app's own error is its own once the person has come back without an answer", async () => {
    world.configure({}, { before: NOBODY_CLICKS });
    const tab = await world.open("/basket");
    world.provider.once("authorize", () => ({
      status: 200,
      headers: { "content-type": "text/html" },
      body: "<title>Sign in</title>",
    }));
    await begin(tab);
    await until("the provider's page", async () => (await tab.url()).includes("/authorize"));
    await tab.goto(`${world.app.origin}/basket`);
    await ready(tab);
    await outcome(tab, "return await client.getIdTokenClaims();");
    await tab.goto(`${world.app.origin}/?error=card_declined&order=7`);
    await ready(tab);
    expect(await outcome(tab, "return await client.getAccessToken({ interaction: 'never' });")).toMatchObject({
      ok: false,
      error: { code: "login_required" },
    });
    expect(await tab.url()).toBe(`${world.app.origin}/?error=card_declined&order=7`);
  });

  it("an answer under our state that holds neither code nor error is refused, and leaves the address", async () => {
    world.configure(
      {},
      { before: NOBODY_CLICKS, after: "window.told = client.getAccessToken().catch(({ code }) => code);" },
    );
    world.provider.on("authorize", (exchange) =>
      exchange.redirect(`${world.app.origin}/?state=${exchange.query.get("state")}`),
    );
    const tab = await world.open("/deep");
    await until(
      "the call is told",
      async () =>
        (await tab.run<string | null>(
          "return Promise.race([window.told, new Promise((r) => setTimeout(r, 500, null))]);",
        )) === "authorization_response",
    );
    expect(await tab.url()).toBe(`${world.app.origin}/deep`);
    expect(trips()).toBe(1);
  });

  it("an answer that is open in a second tab leaves the address there, too", async () => {
    world.configure();
    const tab = await world.open("/deep");
    let answer = "";
    world.provider.once("authorize", async (exchange) => {
      const found = await exchange.next();
      answer = String(found.headers?.location);
      return found;
    });
    await signIn(tab);
    const other = await world.open(answer.slice(world.app.origin.length));
    expect(await outcome(other, CALL)).toMatchObject({ ok: true });
    await until("the address is clean", async () => (await other.url()) === `${world.app.origin}/deep`);
  });

  it.each(["//evil.example/x", "/.//evil.example/x"])(
    "onReturn gets no address of another origin: %s",
    async (path) => {
      world.configure({}, { before: "sessionStorage.on = '1';", after: "window.paths ??= [];" });
      world.app.settings.client = "{ ...options, onReturn: (path) => { window.paths = [path]; } }";
      try {
        const tab = await world.open(path);
        await leaveAndReturn(tab);
        const [given] = await until("the path", () =>
          tab.run<string[] | false>("return window.paths.length > 0 && window.paths;"),
        );
        expect(new URL(given as string, world.app.origin).origin).toBe(world.app.origin);
      } finally {
        world.app.settings.client = undefined;
      }
    },
  );

  it('storage "session" is one tab\'s alone: a tab that it opens begins signed out, and a reload does not', async () => {
    world.configure({ storage: "session" });
    const tab = await world.open("/one");
    const token = await signIn(tab);
    const opened = world.profile.nextTab();
    await tab.click("window.open('/two');");
    const copy = await opened;
    await ready(copy);
    expect(await outcome(copy, "return (await client.getIdTokenClaims()) ?? client.session.status;")).toEqual({
      ok: true,
      value: "signed_out",
    });
    await tab.reload();
    await ready(tab);
    expect(await outcome(tab, CALL)).toEqual({ ok: true, value: token });
    expect(await outcome(tab, "return typeof await client.getAccessToken({ forceRefresh: true });")).toMatchObject({
      ok: true,
    });
  });
});
