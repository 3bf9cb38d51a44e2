/** What a person reads at the end of a login whose account lacks a licence, and what `diagnose()` says of it. */
import { expect, test } from "vitest";
import { productPage } from "../../src/node/index.js";
import type { FakeProviderOptions } from "../support/fake-provider.js";
import { startWorld } from "../hostile/world.js";
import { lacks, licensed, unlicensed } from "./unlicensed.js";

const help = { text: "Ask licences@example.com <now>.", href: 'https://example.com/buy?a=1&b="x"' };

/** A login by a browser that keeps the page that it was shown. */
async function loginWithPage(pages = productPage({ product: "Prizm", help }), provided: FakeProviderOptions = {}) {
  const world = await startWorld(provided);
  let shown: Promise<Response> | undefined;
  const openBrowser = async (url: string) => {
    shown = fetch(await redirectOf(url));
  };
  const client = world.client({ ...licensed, pageHandler: pages, openBrowser });
  const error = await world.failure(client.getAccessToken());
  const response = (await shown) as Response;
  return { world, client, error, status: response.status, html: await response.text() };
}

const redirectOf = async (url: string) => (await fetch(url, { redirect: "manual" })).headers.get("location") as string;

test("the page after a login without the licence: signed in, what is missing, whom to ask; escaped, and the session is stored", async () => {
  const { world, client, error, status, html } = await loginWithPage();
  expect(error).toMatchObject(lacks);
  expect(status).toBe(403);
  expect(html).toContain("<title>You are signed in, but something is missing</title>");
  expect(html).toContain("Your account lacks what Prizm needs");
  expect(html).toContain(
    '<a href="https://example.com/buy?a=1&amp;b=&quot;x&quot;" rel="noopener noreferrer">Ask licences@example.com &lt;now&gt;.</a>',
  );
  expect(html).toContain("you need not sign in again");
  expect(html).not.toContain("did not succeed");
  expect(client.session.status).toBe("signed_in");
  expect(Object.keys(world.stored())).toHaveLength(1);
});

test("without a refresh token the page says that another sign-in is needed", async () => {
  const { html } = await loginWithPage(undefined, { refreshTokens: "never" });
  expect(html).toContain("Once your account has it, go back to Prizm and sign in again.");
});

test("a program's own page is told the error, gets no token, and the built-in page takes its place where it has none", async () => {
  let given: unknown;
  const own = {
    landingPage: () => ({ html: "<p>landed" }),
    errorPage: async (error: unknown, context: { getAccessToken(): Promise<string> }) => {
      given = [error, await context.getAccessToken().catch((reason: unknown) => reason)];
      return { html: "<p>own" };
    },
  };
  const { html, error } = await loginWithPage(own as never);
  expect(html).toContain("<p>own");
  expect(given).toEqual([error, error].map(() => expect.objectContaining(lacks)));
  const builtIn = await loginWithPage({ landingPage: () => ({ html: "<p>landed" }) } as never);
  expect(builtIn.html).toContain("<h1>You are signed in, but something is missing</h1>");
  expect(builtIn.html).toContain("Ask whoever looks after your account");
});

test.each<[string, unknown]>([
  ["a text", "ask"],
  ["null", null],
  ["no text", { href: "https://example.com" }],
  ["an empty text", { text: " " }],
  ["a script", { text: "t", href: "javascript:alert(1)" }],
  ["a script behind a line end", { text: "t", href: "java\nscript:alert(1)" }],
  ["data", { text: "t", href: "data:text/html,x" }],
  ["a path", { text: "t", href: "/help" }],
  ["another name", { text: "t", link: "https://example.com" }],
])("productPage refuses help that is %s", (_kind, value) => {
  expect(() => productPage({ product: "P", help: value as never })).toThrow(
    expect.objectContaining({ code: "configuration", option: expect.stringMatching(/^help/) }),
  );
});

test.each(["http://intra/help", "https://example.com", "mailto:licences@example.com?subject=Prizm"])(
  "productPage takes help at %s",
  (href) => {
    expect(productPage({ product: "P", help: { text: "t", href } }).product).toBe("P");
  },
);

test("diagnose() tells of a stored token that lacks the claim, and renews nothing", async () => {
  const { world, provider, grant } = await unlicensed();
  const session = async () => (await world.client(licensed).diagnose()).find(({ check }) => check === "session");
  expect(await session()).toMatchObject({ outcome: "warning", message: expect.stringContaining('no claim "edition"') });
  expect(provider.ledger.count("token")).toBe(0);
  grant();
  await world.client(licensed).getAccessToken();
  expect(await session()).toMatchObject({ outcome: "ok" });
});
