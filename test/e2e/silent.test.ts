import { expect, it } from "vitest";
import { type Tab, until } from "./support/driver.js";
import { begin, ended, inEachBrowser, outcome, ready } from "./support/world.js";

const NEVER = "return await client.getAccessToken({ interaction: 'never' });";

inEachBrowser("the silent sign-in", (world, itOnce) => {
  const frames = "return document.querySelectorAll('iframe').length;";

  it.each(world.redirectUris)("signs in without a person, with %s as the redirect URI", async (_title, path) => {
    world.configure({ silentLogin: true, redirectUri: world.app.origin + path });
    const tab = await world.open("/page");
    const end = await outcome(tab, NEVER);
    expect(end).toMatchObject({ ok: true });
    const { query } = world.provider.requests.find(({ endpoint }) => endpoint === "authorize") ?? {};
    expect(query?.get("prompt")).toBe("none");
    await until("the frame is gone", async () => (await tab.run<number>(frames)) === 0);
    expect(world.provider.ledger.count("token")).toBe(1);
    expect(await tab.url()).toBe(`${world.app.origin}/page`);
  });

  itOnce("is off by default", async () => {
    world.configure();
    const tab = await world.open();
    expect(await outcome(tab, NEVER)).toMatchObject({
      ok: false,
      error: { code: "login_required", reason: "no_session" },
    });
    expect(world.provider.requests).toHaveLength(0);
  });

  itOnce("PI-08 a provider that wants a person is LoginRequiredError, once a call, without a loop", async () => {
    world.provider.settings.signedIn = false;
    world.configure({ silentLogin: true });
    const tab = await world.open();
    expect(await outcome(tab, NEVER)).toMatchObject({
      ok: false,
      error: { code: "login_required", reason: "provider_requires_interaction" },
    });
    await until("the frame is gone", async () => (await tab.run<number>(frames)) === 0);
    expect(world.provider.ledger.count("authorize")).toBe(1);
  });

  itOnce("PI-08 a call that may ask goes on to the login", async () => {
    world.provider.settings.signedIn = false;
    world.configure({ silentLogin: true });
    const tab = await world.open();
    await tab.run("window.appIsReady = 'leaving';");
    await begin(tab);
    await ready(tab);
    expect(await outcome(tab, "return typeof await client.getAccessToken();")).toEqual({ ok: true, value: "string" });
    expect(world.provider.ledger.count("authorize")).toBe(2);
  });

  it.each([
    [
      "that refuses to be framed",
      { status: 200, headers: { "x-frame-options": "DENY", "content-type": "text/html" }, body: "no" },
    ],
    [
      "that shows a page instead of going back",
      { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Sign in</h1>" },
    ],
  ])("PI-09 a provider %s is TimeoutError in time, and the frame is gone", async (_title, answer) => {
    world.configure({ silentLogin: true, silentLoginTimeoutSeconds: 1 });
    world.provider.once("authorize", () => answer);
    const tab = await world.open();
    await begin(tab, NEVER);
    expect(await ended(tab)).toMatchObject({ ok: false, error: { code: "timeout" } });
    await until("the frame is gone", async () => (await tab.run<number>(frames)) === 0);
  });

  /** Puts the app into a frame of a page of another site. */
  const openFramed = async () => {
    const page = await world.open();
    await page.goto(`${world.app.origin.replace("localhost", "127.0.0.1")}/blank.html`);
    await page.run(
      `const frame = document.createElement("iframe");
       frame.src = input + "/framed";
       document.body.append(frame);
       await new Promise((loaded) => { frame.onload = loaded; });`,
      world.app.origin,
    );
    await until("the frame has asked", async () => world.app.requests.includes("/framed"));
    return page;
  };
  const askFrame = (page: Tab) =>
    page.run<{ code: string; reason: string } | string | null>(
      `const frame = document.querySelector("iframe");
       const answer = new Promise((done) => { addEventListener("message", ({ data }) => done(data), { once: true }); });
       frame.contentWindow.postMessage("ask", "*");
       // A frame that leaves, or is not ready, does not answer.
       return await Promise.race([answer, new Promise((done) => setTimeout(done, 2000, null))]);`,
    );

  it("a login that shows something is refused inside a frame of another origin", async () => {
    world.configure();
    const page = await openFramed();
    expect(await askFrame(page)).toMatchObject({ code: "login_required", reason: "framed" });
    expect(world.provider.ledger.count("authorize")).toBe(0);
  });

  it("with allowFramed a login may start there: the frame has its token after it, or says at once that nothing can be stored", async () => {
    world.configure({ allowFramed: true });
    const page = await openFramed();
    const answer = await askFrame(page);
    if (typeof answer === "object" && answer !== null) {
      // This browser stores nothing for a frame of another site: there would be nothing to come back to.
      expect(answer.code).toBe("environment");
      expect(world.provider.ledger.count("authorize")).toBe(0);
      return;
    }
    await until("the frame is back", async () => world.app.requests.some((url) => url.includes("code=")));
    await until("the frame has finished", async () => typeof (await askFrame(page)) === "string");
    expect(world.provider.ledger.count("authorize")).toBe(1);
    expect(world.provider.ledger.count("token")).toBe(1);
  });
});
