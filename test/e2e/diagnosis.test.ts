/** diagnose() in a page: whether it may read the provider's answers, and what the browser gives it. */
import { expect, it } from "vitest";
import { startRealProvider } from "../support/real-provider.js";
import type { Tab } from "./support/driver.js";
import { inEachBrowserOfWideRun, outcome, signIn } from "./support/world.js";

interface Finding {
  readonly check: string;
  readonly outcome: string;
  readonly message: string;
  readonly advice?: string;
}

async function diagnose(tab: Tab): Promise<Record<string, Finding>> {
  const end = await outcome(tab, "return await client.diagnose();");
  if (!end.ok) throw new Error(`diagnose() rejected: ${end.error.message}`);
  return Object.fromEntries((end.value as Finding[]).map((finding) => [finding.check, finding]));
}

inEachBrowserOfWideRun("the diagnosis", (world, itOnce) => {
  it("finds a healthy page healthy, sends no code and no login, and leaves storage as it was", async () => {
    world.configure();
    const tab = await world.open("/page?x=1");
    const found = await diagnose(tab);
    expect(Object.fromEntries(Object.entries(found).map(([check, finding]) => [check, finding.outcome]))).toEqual({
      metadata: "ok",
      keys: "ok",
      cors: "ok",
      clock: "ok",
      client: "ok",
      redirect_uri: "skipped",
      scopes: "ok",
      storage: "ok",
      session: "skipped",
      channel: "ok",
      lock: "ok",
      silent_login: "skipped",
      coop: "skipped",
    });
    expect(found.redirect_uri?.message).toContain(`${world.app.origin}/ is sent`);
    expect(world.provider.ledger.count("authorize")).toBe(0);
    const [sent, ...more] = world.provider.requests.filter(({ endpoint }) => endpoint === "token");
    expect(more).toEqual([]);
    expect([...(sent?.form ?? [])]).toEqual([
      ["grant_type", "authorization_code"],
      ["client_id", "spa"],
    ]);
    expect(await tab.run("return (await indexedDB.databases()).map(({ name }) => name);")).toEqual(["keystone-auth"]);
    expect(await tab.url()).toBe(`${world.app.origin}/page?x=1`);
  });

  it("says that an origin is not allowed, and tells that from a provider that does not answer", async () => {
    world.configure();
    const { provider, app } = world;
    provider.settings.cors = false;
    try {
      const blocked = await diagnose(await world.open());
      const url = `${provider.issuer}/.well-known/openid-configuration`;
      expect(blocked.cors).toEqual({
        check: "cors",
        outcome: "failed",
        message: `The provider does not allow the origin ${app.origin} to read ${url} (CORS).`,
        advice: `Register ${app.origin}, without a path or slash, as an allowed origin of the client "spa" at the provider. Where it decides by the client, a wrong option clientId looks the same.`,
      });
      expect(blocked.metadata).toMatchObject({
        outcome: "failed",
        message: `The provider answers, and this page may not read ${url}: see the check cors.`,
      });
    } finally {
      provider.settings.cors = true;
    }
    await provider.down();
    try {
      const down = await diagnose(await world.open());
      expect(down.metadata).toMatchObject({
        outcome: "failed",
        message: expect.stringContaining("does not answer this page at all"),
      });
      expect(down.cors?.outcome).toBe("skipped");
    } finally {
      await provider.up();
    }
  });

  it("says where the token endpoint alone does not allow the origin", async () => {
    world.configure();
    const elsewhere = { "access-control-allow-origin": "https://other.example" };
    world.provider.on("token", () => ({ status: 400, headers: elsewhere, json: { error: "invalid_request" } }));
    const found = await diagnose(await world.open());
    expect(found.metadata?.outcome).toBe("ok");
    expect(found.cors).toMatchObject({
      outcome: "failed",
      message: `The provider does not allow the origin ${world.app.origin} to read ${world.provider.url("token")} (CORS).`,
    });
  });

  it("names the page's own policy where that forbids the request", async () => {
    world.configure({}, { headers: { "content-security-policy": "connect-src 'self'" } });
    const found = await diagnose(await world.open());
    expect(found.metadata).toMatchObject({
      outcome: "failed",
      message: `This page's Content-Security-Policy does not allow requests to ${world.provider.origin}.`,
      advice: `Add ${world.provider.origin} to its connect-src.`,
    });
  });

  itOnce("names a client that a certified provider does not know", async () => {
    const real = await startRealProvider({ spaRedirectUris: [`${world.app.origin}/`] });
    try {
      world.configure({ issuer: real.issuer });
      const known = await diagnose(await world.open());
      expect(known.client).toMatchObject({ outcome: "ok", message: 'The provider knows the client "spa".' });
      expect(known.cors?.outcome).toBe("ok");
      world.configure({ issuer: real.issuer, clientId: "spaa" });
      const unknown = await diagnose(await world.open());
      expect(unknown.client).toMatchObject({
        outcome: "warning",
        message: `The provider does not know the client "spaa", or not for this use (${real.issuer}/token answered with "invalid_client").`,
        advice: expect.stringContaining("Compare the option clientId with the registration"),
      });
      expect(real.serverErrors).toEqual([]);
    } finally {
      await real.close();
    }
  });

  itOnce("compares the clock with that of the page's own server, where the provider's is not told", async () => {
    world.configure({}, { headers: { date: new Date(Date.now() + 600_000).toUTCString() } });
    expect((await diagnose(await world.open())).clock).toMatchObject({
      outcome: "warning",
      message: expect.stringMatching(/^This machine's clock is (599|600|601) s behind that of this page's server/),
    });
  });

  it("says what becomes of the session where the browser keeps nothing", async () => {
    const before = "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };";
    world.configure({}, { before });
    expect((await diagnose(await world.open())).storage).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("no IndexedDB"),
    });
    world.configure({ storage: "session" });
    expect((await diagnose(await world.open())).storage).toMatchObject({
      outcome: "ok",
      message: "sessionStorage can be written: the session is this tab's alone.",
    });
  });

  it("tells of a frame of another site", async () => {
    const after = 'if (parent !== window) client.diagnose().then((found) => parent.postMessage(found, "*"));';
    world.configure({}, { after });
    const page = await world.open();
    await page.goto(`${world.app.origin.replace("localhost", "127.0.0.1")}/blank.html`);
    const found = await page.run<Record<string, Finding>>(
      `const frame = document.createElement("iframe");
       frame.src = input + "/framed";
       const told = new Promise((done) => addEventListener("message", ({ data }) => done(data), { once: true }));
       document.body.append(frame);
       return Object.fromEntries((await told).map((finding) => [finding.check, finding]));`,
      world.app.origin,
    );
    expect(found.redirect_uri).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("inside a page of another origin"),
    });
    expect(["warning", "failed"]).toContain(found.storage?.outcome);
  });

  itOnce("tells where tabs cannot speak or take turns", async () => {
    const before = `
      Object.defineProperty(window, "BroadcastChannel", { value: undefined });
      Object.defineProperty(navigator, "locks", { value: undefined });`;
    world.configure({}, { before });
    const found = await diagnose(await world.open());
    expect([found.channel?.outcome, found.lock?.outcome]).toEqual(["warning", "warning"]);
    world.configure({ storage: "memory" });
    const alone = await diagnose(await world.open());
    expect([alone.storage, alone.channel, alone.lock].map((finding) => finding?.outcome)).toEqual(
      Array(3).fill("skipped"),
    );
  });

  itOnce("tells whether a silent login would have the provider's cookies", async () => {
    world.configure({ silentLogin: true });
    const tab = await world.open();
    expect((await diagnose(tab)).silent_login).toMatchObject({
      outcome: "warning",
      message: expect.stringContaining("of another site than this page"),
    });
    world.provider.metadata.authorization_endpoint = world.provider.url("authorize").replace("127.0.0.1", "localhost");
    expect((await diagnose(tab)).silent_login?.outcome).toBe("ok");
  });

  it.each([
    ["same-origin", "popup", "warning"],
    ["same-origin-allow-popups", "popup", "ok"],
    ["same-origin", "redirect", "skipped"],
  ])("with Cross-Origin-Opener-Policy %s, %s: %s", async (policy, loginMode, expected) => {
    world.configure({ loginMode }, { headers: { "cross-origin-opener-policy": policy } });
    expect((await diagnose(await world.open())).coop?.outcome).toBe(expected);
  });

  itOnce("tells of the session, and no secret of it", async () => {
    world.configure({ extraScopes: ["offline_access"] });
    const tab = await world.open();
    const token = await signIn(tab);
    const found = await diagnose(tab);
    expect(found.session).toMatchObject({
      outcome: "ok",
      message: "The access token has time left, and can be renewed.",
    });
    for (const secret of [token, ...world.provider.secrets()]) expect(JSON.stringify(found)).not.toContain(secret);
  });

  itOnce("rejects where the client is closed, or its part cannot be loaded", async () => {
    world.configure();
    world.app.unavailable = /diagnosis/;
    const tab = await world.open();
    expect(await outcome(tab, "return await client.diagnose();")).toMatchObject({
      ok: false,
      error: { code: "network" },
    });
    world.app.unavailable = undefined;
    await outcome(tab, "await client.close();");
    expect(await outcome(tab, "return await client.diagnose();")).toMatchObject({
      ok: false,
      error: { code: "aborted" },
    });
  });
});
