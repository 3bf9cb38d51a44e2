import { createHash } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ProviderError } from "../../../src/errors.js";
import type { LoopbackAgent } from "../../../src/node/loopback/agent.js";
import { productPage } from "../../../src/node/pages/page-handlers.js";
import { twoStagePage } from "../../../src/node/pages/page-handlers.js";
import type { LoginOutcome, PageHandler } from "../../../src/ports.js";
import { CODE, callback, createAgent, isClosed, knock, STATE, SUCCESS, waitingAgent } from "./knock.js";

const refused = new ProviderError("The provider refused the sign-in.", { error: "access_denied" });
const FAILURE = { ok: false, error: refused } as const;

describe("the pages of the loopback server", () => {
  const agents: LoopbackAgent[] = [];
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.close()));
  });
  /** Runs a login to its page. */
  const login = async (
    pages: PageHandler,
    outcome: LoginOutcome = SUCCESS,
    more: Parameters<typeof waitingAgent>[0] = {},
  ) => {
    const made = await waitingAgent({ pages, ...more });
    agents.push(made.agent);
    const page = knock(made.redirectUri, callback(undefined, made.redirectUri.replace(/^http:\/\/[^/]+/, "") || "/"));
    await made.response;
    await made.agent.settle(outcome);
    return { ...made, page: await page };
  };
  const handler = (pages: Partial<PageHandler>): PageHandler => ({
    landingPage: () => ({ html: "<p>landed" }),
    ...pages,
  });

  it("LB-06 come with headers that let nothing in, the one script by its hash alone", async () => {
    const { page, redirectUri } = await login(
      handler({
        page: () => ({ html: "<p>more", keepServing: true }),
        landingPage: () => ({ html: "<p>landed", keepServing: true }),
      }),
    );
    const script = /<script>(.*?)<\/script>/.exec(page.body)?.[1] ?? "";
    expect(script).toBe('history.replaceState(null,"",location.pathname)');
    const hash = createHash("sha256").update(script).digest("base64");
    for (const answer of [
      page,
      await knock(redirectUri, "/more"),
      await knock(redirectUri, "/x", { method: "POST" }),
    ]) {
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        "content-type": "text/html; charset=utf-8",
        "x-content-type-options": "nosniff",
        "content-security-policy": `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        connection: "close",
      });
    }
  });

  it("LB-12 hold neither code nor state, and no external resource", async () => {
    for (const outcome of [SUCCESS, FAILURE]) {
      const { page } = await login(productPage({ product: "Prizm" }), outcome);
      expect(page.body).not.toContain(CODE);
      expect(page.body).not.toContain(STATE);
      expect(page.body).not.toMatch(/https?:|(src|href)="(?!data:)/);
    }
  });

  it.each([
    [
      "before </head>",
      "<!doctype html><html><head><title>x</title></HEAD><body>y",
      /<title>x<\/title><script>[^<]*<\/script><\/HEAD>/,
    ],
    ["after the doctype", "<!doctype html><p>y", /^<!doctype html><script>[^<]*<\/script><p>y$/],
    ["in front", "<p>y</p>", /^<script>[^<]*<\/script><p>y<\/p>$/],
  ])("clean the address bar by a script %s", async (_where, html, expected) => {
    expect((await login(handler({ landingPage: () => ({ html }) }))).page.body).toMatch(expected);
  });

  it.each([
    [201, 201],
    [100, 200],
    [0, 200],
    [-5, 200],
    [700, 599],
    [Number.NaN, 200],
    [302.5, 302],
    [undefined, 200],
  ])("turn the status %s into %s", async (status, expected) => {
    const pages = handler({ landingPage: () => ({ html: "x", ...(status !== undefined && { status }) }) });
    expect((await login(pages)).page.status).toBe(expected);
  });

  const never = () => new Promise<never>(() => {});
  it.each([
    [
      "throws",
      () => {
        throw new Error(`boom ${CODE}`);
      },
    ],
    ["rejects", () => Promise.reject(new Error(`boom ${CODE}`))],
    ["does not settle", never],
    ["gives no html", () => ({}) as never],
    ["gives nothing", () => undefined as never],
  ])("are the built-in ones where the handler %s", async (_what, make) => {
    const pages = { landingPage: make, errorPage: make };
    const good = await login(pages, SUCCESS, { pageTimeoutMs: 50 });
    expect(good.page).toMatchObject({ status: 200, body: expect.stringContaining("You are signed in") });
    expect(good.log.messages("warn").join()).toMatch(/landingPage.*built-in/);
    expect(good.log.messages().join()).not.toContain(CODE);
    const bad = await login(pages, FAILURE, { pageTimeoutMs: 50 });
    expect(bad.page).toMatchObject({ status: 400, body: expect.stringContaining("The sign-in did not succeed") });
  });

  it("are plain where even the template cannot be loaded", async () => {
    vi.doMock("../../src/node/pages/template.js", () => {
      throw new Error("the package was replaced");
    });
    try {
      expect((await login(productPage({ product: "P" }))).page).toMatchObject({
        status: 200,
        body: expect.stringContaining("You are signed in"),
      });
      expect((await login(productPage({ product: "P" }), FAILURE)).page).toMatchObject({
        status: 400,
        body: expect.stringContaining("did not succeed"),
      });
    } finally {
      vi.doUnmock("../../src/node/pages/template.js");
    }
  });

  it("can use the token of the login, and after a failure its error", async () => {
    const { page } = await login(
      handler({ landingPage: async (context) => ({ html: await context.getAccessToken() }) }),
    );
    expect(page.body).toContain("access-token-of-the-login");
    const failed = await login(
      handler({
        errorPage: async (error, context) => ({
          html: `${await context.getAccessToken().catch((fault) => fault === error)}`,
        }),
      }),
      FAILURE,
    );
    expect(failed.page.body).toContain("true");
    expect(failed.page.status).toBe(400);
  });

  it("outlive the login while the handler goes on serving, and end with its last one", async () => {
    const asked: string[] = [];
    const pages = handler({
      landingPage: () => ({ html: "<p>landed", keepServing: true }),
      page: async (url, context) => {
        asked.push(url.href);
        return { html: `<p>${await context.getAccessToken()}`, keepServing: url.pathname !== "/last" };
      },
    });
    const { agent, redirectUri } = await login(pages);
    await agent.close();
    expect((await knock(redirectUri, "/next?x=1")).body).toContain("access-token-of-the-login");
    expect((await knock(redirectUri, "/next", { host: "evil.example" })).status).toBe(421);
    expect((await knock(redirectUri, "/next", { headers: ["Sec-Fetch-Site: cross-site"] })).status).toBe(403);
    expect((await knock(redirectUri, "/next", { method: "POST" })).status).toBe(405);
    expect((await knock(redirectUri, "/favicon.ico")).status).toBe(404);
    expect((await knock(redirectUri, "//evil.example/next")).status).toBe(404);
    expect((await knock(redirectUri, "/?code=x&state=y")).status).toBe(404);
    expect((await knock(redirectUri, callback())).body).toContain("landed");
    expect((await knock(redirectUri, "/last")).status).toBe(200);
    expect(asked).toEqual([`${redirectUri}/next?x=1`, `${redirectUri}/last`]);
    await expect.poll(() => isClosed(redirectUri)).toBe(true);
  });

  it("end when nobody asks for a further one", async () => {
    const pages = handler({
      landingPage: () => ({ html: "x", keepServing: true }),
      page: () => ({ html: "y", keepServing: true }),
    });
    const { agent, redirectUri } = await login(pages, SUCCESS, { idleMs: 30 });
    await agent.close();
    await expect.poll(() => isClosed(redirectUri)).toBe(true);
  });

  it("give their port back to the next login that wants it", async () => {
    const pages = handler({
      landingPage: () => ({ html: "x", keepServing: true }),
      page: () => ({ html: "y", keepServing: true }),
    });
    const first = await login(pages);
    await first.agent.close();
    const port = Number(new URL(first.redirectUri).port);
    const { agent } = createAgent({ loopback: { host: "127.0.0.1", ports: [port], path: "" } });
    agents.push(agent);
    expect((await agent.prepare(new AbortController().signal)).redirectUri).toBe(first.redirectUri);
  });

  it.each([
    [
      "there is no further page to ask for",
      handler({ landingPage: () => ({ html: "x", keepServing: true }) }),
      SUCCESS,
    ],
    [
      "the login failed",
      handler({ errorPage: () => ({ html: "x", keepServing: true }), page: () => ({ html: "y" }) }),
      FAILURE,
    ],
  ])("do not outlive the login where %s", async (_why, pages, outcome) => {
    const { redirectUri } = await login(pages, outcome);
    expect(await isClosed(redirectUri)).toBe(true);
  });

  it("are the built-in page, once, where a further one fails", async () => {
    const pages = handler({
      landingPage: () => ({ html: "x", keepServing: true }),
      page: () => Promise.reject(new Error(CODE)),
    });
    const { redirectUri, log } = await login(pages);
    expect(await knock(redirectUri, "/next")).toMatchObject({
      status: 500,
      body: expect.stringContaining("You are signed in"),
    });
    expect(log.messages().join()).not.toContain(CODE);
    await expect.poll(() => isClosed(redirectUri)).toBe(true);
  });

  it("are two with twoStagePage: the first goes on to the second, which may use the token", async () => {
    const pages = twoStagePage({
      first: "<!doctype html><html><head><title>One moment</title></head><body>Loading</body></html>",
      path: "/landing",
      second: async (context) => `<p>fetched with ${await context.getAccessToken()}`,
    });
    const { agent, page, redirectUri } = await login(pages);
    await agent.close();
    expect(page.body).toContain('<meta http-equiv="refresh" content="0;url=/landing">');
    expect((await knock(redirectUri, "/other")).status).toBe(404);
    expect((await knock(redirectUri, "/landing")).body).toContain("fetched with access-token-of-the-login");
    await expect.poll(() => isClosed(redirectUri)).toBe(true);
  });
});
