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

  const calls = (tab: Tab, count: number) =>
    outcome(
      tab,
      `const ends = [];
       for (let call = 0; call < ${count}; call += 1)
         ends.push(await client.getAccessToken({ interaction: 'never' }).then(() => 'token', ({ code, reason }) => reason ?? code));
       return ends;`,
    );
  const NOBODY = "provider_requires_interaction";

  itOnce("PG-25 20 calls with nobody signed in make one frame, over tabs, until somebody signs in", async () => {
    world.provider.settings.signedIn = false;
    world.configure({ silentLogin: true });
    const tab = await world.open();
    expect(await calls(tab, 20)).toEqual({ ok: true, value: Array(20).fill(NOBODY) });
    const other = await world.open("/other");
    expect(await calls(other, 3)).toEqual({ ok: true, value: Array(3).fill(NOBODY) });
    expect(world.provider.ledger.count("authorize")).toBe(1);
    const { error } = (await outcome(other, NEVER)) as { error: { message: string } };
    expect(error.message).toContain("(login_required)");

    await tab.run("window.appIsReady = 'leaving';");
    await begin(tab, "return await client.signIn();");
    await ready(tab);
    expect(await outcome(tab, NEVER)).toMatchObject({ ok: true });
    expect(world.provider.ledger.count("authorize")).toBe(2);
    await outcome(tab, "await client.destroyTokens();");
    expect(await outcome(tab, NEVER)).toMatchObject({ ok: true });
    expect(world.provider.ledger.count("authorize")).toBe(3);
  });

  itOnce("PG-25 a provider that refuses frames is asked once in some minutes", async () => {
    world.configure({ silentLogin: true, silentLoginTimeoutSeconds: 1 });
    world.provider.on("authorize", () => ({ status: 200, headers: { "x-frame-options": "DENY" }, body: "no" }));
    const tab = await world.open();
    expect(await calls(tab, 4)).toEqual({ ok: true, value: ["timeout", NOBODY, NOBODY, NOBODY] });
    expect(world.provider.ledger.count("authorize")).toBe(1);
  });

  const FRAMING = /frame-src 'self'.*frame-ancestors.*X-Frame-Options/;
  it("PG-14 a policy of this page that keeps the frame from coming back is told at once, and by its name", async () => {
    const headers = { "content-security-policy": `frame-src ${new URL(world.provider.issuer).origin}` };
    world.configure({ silentLogin: true, silentLoginTimeoutSeconds: 20 }, { headers });
    const tab = await world.open();
    const began = Date.now();
    const end = await outcome(tab, NEVER);
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(end).toMatchObject({ ok: false, error: { code: "timeout", message: expect.stringMatching(FRAMING) } });
    await until("the frame is gone", async () => (await tab.run<number>(frames)) === 0);
  });

  itOnce.each([
    ["frame-ancestors 'none'", { "content-security-policy": "frame-ancestors 'none'" }],
    ["X-Frame-Options: DENY", { "x-frame-options": "DENY" }],
  ])("PG-14 a redirect page with %s is a TimeoutError that names the framing policies", async (_title, headers) => {
    world.configure({ silentLogin: true, silentLoginTimeoutSeconds: 1 }, { headers });
    const tab = await world.open();
    const end = await outcome(tab, NEVER);
    expect(end).toMatchObject({ ok: false, error: { code: "timeout", message: expect.stringMatching(FRAMING) } });
  });

  itOnce(
    "PG-14 a policy of this page that lets no frame out at all: a call that may ask goes on to the login",
    async () => {
      const headers = { "content-security-policy": "default-src 'self' 'unsafe-inline'; connect-src *" };
      world.configure({ silentLogin: true, silentLoginTimeoutSeconds: 20 }, { headers });
      const tab = await world.open();
      const began = Date.now();
      await tab.run("window.appIsReady = 'leaving';");
      await begin(tab, "return await client.getAccessToken({ interaction: 'allowed' });");
      await ready(tab);
      expect(Date.now() - began).toBeLessThan(10_000);
      expect(await outcome(tab, "return typeof await client.getAccessToken();")).toEqual({ ok: true, value: "string" });
      expect(world.provider.ledger.count("authorize")).toBe(1);
    },
  );

  itOnce.each([
    ["an ID Token of another issuer", { iss: "https://other.example" }, { code: "token_validation", claim: "iss" }],
    ["another nonce", { nonce: "another" }, { code: "token_validation", claim: "nonce" }],
  ])(
    "PG-34 %s in a silent login is told at once: the page does not leave for another login",
    async (_title, claims, error) => {
      world.configure({ silentLogin: true });
      world.provider.settings.editIdToken = (before) => ({ ...before, ...claims });
      const tab = await world.open();
      await begin(tab, "return await client.getAccessToken({ interaction: 'allowed' });");
      expect(await ended(tab)).toMatchObject({ ok: false, error });
      expect(world.provider.ledger.count("authorize")).toBe(1);
      world.provider.settings.editIdToken = undefined;
    },
  );

  itOnce("PG-34 a provider that refuses the request itself is told at once, too", async () => {
    world.configure({ silentLogin: true });
    world.provider.once("authorize", async (exchange) => {
      const state = exchange.query.get("state") ?? "";
      const answer = new URLSearchParams({ error: "invalid_scope", state, iss: world.provider.issuer });
      return exchange.redirect(`${exchange.query.get("redirect_uri")}?${answer}`);
    });
    const tab = await world.open();
    await begin(tab, "return await client.getAccessToken({ interaction: 'allowed' });");
    expect(await ended(tab)).toMatchObject({ ok: false, error: { code: "provider", error: "invalid_scope" } });
    expect(world.provider.ledger.count("authorize")).toBe(1);
  });

  itOnce("a silent login says whom it is for by id_token_hint, as long as the address stays short", async () => {
    world.configure({ silentLogin: true });
    const tab = await world.open();
    expect(await outcome(tab, NEVER)).toMatchObject({ ok: true });
    const asked = () => world.provider.requests.filter(({ endpoint }) => endpoint === "authorize").at(-1)?.query;
    expect(asked()?.has("id_token_hint")).toBe(false);
    // The next one is too long for an address.
    world.provider.settings.editIdToken = (claims) => {
      claims.filling = "x".repeat(2000);
    };
    for (const isSent of [true, false]) {
      // The session ends at the provider, and its ID Token is still known.
      world.provider.once("token", (exchange) => exchange.error("invalid_grant"));
      const renew = "return typeof await client.getAccessToken({ interaction: 'never', forceRefresh: true });";
      expect(await outcome(tab, renew)).toEqual({ ok: true, value: "string" });
      expect(asked()?.has("id_token_hint")).toBe(isSent);
    }
    world.provider.settings.editIdToken = undefined;
  });
});
