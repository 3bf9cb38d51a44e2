/** A renderer that was taken over sends what it likes, from where it likes: no junk is served, and no secret crosses. */
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { isKeystoneAuthError, OidcClient } from "../../src/node/index.js";
import { CollectLog } from "../support/collect-log.js";
import { secretsIn } from "../support/secrets-in.js";
import type { FakeFrame } from "./fake-electron.js";
import { useWorld } from "./world.js";

const world = useWorld();
const PAGE = randomBytes(16).toString("hex");
const CHANNEL = "keystone-auth:default";

const message = (changes: Record<string, unknown> = {}) => ({
  version: 1,
  page: PAGE,
  id: 1,
  method: "getTokenSet",
  options: {},
  userActivation: true,
  ...changes,
});
const send = (frame: FakeFrame, value: unknown) => frame.ipcRenderer.invoke(CHANNEL, value);
const refusal = { ok: false, error: { code: "configuration", retryable: false, sessionKept: true } };

const own = (name: string, value: unknown) =>
  JSON.parse(`{${JSON.stringify(name)}: ${JSON.stringify(value)}}`) as object;
const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

const JUNK: readonly [string, unknown][] = [
  ["nothing", undefined],
  ["null", null],
  ["a number", 1],
  ["NaN", Number.NaN],
  ["a bigint", 1n],
  ["a string", "getTokenSet"],
  ["a megabyte of text", "x".repeat(1_048_576)],
  ["true", true],
  ["an array", [message()]],
  ["an empty object", {}],
  ["a cycle", cyclic],
  ["a date", new Date()],
  ["a map", new Map(Object.entries(message()))],
  ["a set", new Set()],
  ["an error", new Error("x")],
  ["a regular expression", /x/],
  ["bytes", new Uint8Array(8)],
  ["an unknown method", message({ method: "refreshToken" })],
  ["a method of the prototype", message({ method: "constructor" })],
  ["a method named __proto__", message({ method: "__proto__" })],
  ["a method that is no string", message({ method: ["getTokenSet"] })],
  ["a method that only the client has", message({ method: "close" })],
  ["no page", message({ page: undefined })],
  ["a page that is too long", message({ page: "a".repeat(33) })],
  ["a page with a path in it", message({ page: "../../../../../../../../../../../" })],
  ["an id that is no number", message({ id: "1" })],
  ["an id that is no whole number", message({ id: 1.5 })],
  ["an id below 1", message({ id: -1 })],
  ["an id beyond exactness", message({ id: 2 ** 53 })],
  ["another version", message({ version: 2 })],
  ["a user activation that is truthy only", message({ userActivation: 1 })],
  ["an unknown property", message({ fetch: "https://evil.example" })],
  ["toString as an own property", { ...message(), ...own("toString", "x") }],
  ["__proto__ as an own property", Object.defineProperty(message(), "__proto__", { value: {}, enumerable: true })],
  ["options that are an array", message({ options: [] })],
  ["options that are a string", message({ options: "never" })],
  ["an unknown option", message({ options: { signal: {} } })],
  ["an option named __proto__", message({ options: own("__proto__", { interaction: "allowed" }) })],
  ["an option named constructor", message({ options: own("constructor", {}) })],
  ["an interaction that is unknown", message({ options: { interaction: "always" } })],
  ["a validity that is no number", message({ options: { minValiditySeconds: "1" } })],
  ["a validity that is not finite", message({ options: { minValiditySeconds: Number.POSITIVE_INFINITY } })],
  ["a validity that is NaN", message({ options: { minValiditySeconds: Number.NaN } })],
  ["a validity below 0", message({ options: { minValiditySeconds: -1 } })],
  ["a force that is no flag", message({ options: { forceRefresh: "yes" } })],
  ["a refused token that is an object", message({ options: { rejectedToken: {} } })],
  ["a refused token of a megabyte", message({ options: { rejectedToken: "x".repeat(1_048_576) } })],
  ["10,000 options", message({ options: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`o${i}`, i])) })],
  ["a sign-in's option for a sign-out", message({ method: "signOut", options: { interaction: "allowed" } })],
  ["options of a method that has none", message({ method: "destroyTokens", options: { local: true } })],
];

test(`junk of ${JUNK.length} kinds is refused as data, and nothing is done`, async () => {
  await world.client.getAccessToken();
  const requests = world.provider.ledger.count();
  world.serve();
  const page = world.page();
  for (const [what, value] of JUNK) {
    const answer = await send(page, value);
    expect(answer, what).toMatchObject(refusal);
    // What was sent does not come back: it may be long.
    expect(JSON.stringify(answer).length, what).toBeLessThan(500);
  }
  expect(world.provider.ledger.count()).toBe(requests);
  expect(await world.client.getIdTokenClaims()).toBeDefined();
  expect(await send(page, message())).toMatchObject({ ok: true });
});

test("what stands on a polluted Object.prototype is not taken for a part of a message", async () => {
  await world.client.getAccessToken();
  world.serve();
  const page = world.page();
  const polluted = Object.prototype as unknown as Record<string, unknown>;
  polluted.method = "destroyTokens";
  try {
    const { method: _left, ...without } = message();
    expect(await send(page, without)).toMatchObject(refusal);
    expect(await send(page, message())).toMatchObject({ ok: true });
  } finally {
    delete polluted.method;
  }
  expect(await world.client.getIdTokenClaims()).toBeDefined();
});

test("a message with __proto__ changes no prototype", async () => {
  world.serve();
  const value = JSON.parse(`{"__proto__": {"hit": 1}, "options": {"__proto__": {"hit": 1}}}`) as unknown;
  expect(await send(world.page(), value)).toMatchObject(refusal);
  expect(({} as { hit?: number }).hit).toBeUndefined();
});

const STRANGERS: readonly [string, RegExp][] = [
  ["app://other/index.html", /not among allowedOrigins/],
  ["https://bundle/", /not among allowedOrigins/],
  ["app://bundle.evil/", /not among allowedOrigins/],
  ["file:///home/me/index.html", /registered as standard and secure/],
  ["data:text/html,x", /registered as standard and secure/],
];

test("a page of another origin, of a file or of none gets no token and the reason, and the log says so", async () => {
  await world.client.getAccessToken();
  for (const [url, reason] of STRANGERS) {
    const logger = new CollectLog();
    const served = world.serve({ logger });
    const error: unknown = await world
      .page(url)
      .client()
      .getAccessToken()
      .catch((e: unknown) => e);
    expect(isKeystoneAuthError(error), url).toBe(true);
    expect(error, url).toMatchObject({ code: "configuration", option: "sender" });
    expect((error as Error).message, url).toMatch(reason);
    expect(logger.messages("warn").join("\n"), url).toMatch(reason);
    served.close();
  }
});

test("files and origins of nobody are refused whatever isAllowed says", async () => {
  await world.client.getAccessToken();
  world.serve({ isAllowed: () => true });
  for (const url of ["file:///index.html", "data:text/html,x"]) {
    expect(await send(world.page(url), message())).toMatchObject(refusal);
  }
});

test("a frame inside an allowed page gets nothing, also from the page's own origin; isAllowed may let it in", async () => {
  const token = await world.client.getAccessToken();
  const served = world.serve();
  const inside = world.page().window.openSubframe("app://bundle/inner.html");
  expect(await send(inside, message())).toMatchObject({
    error: { message: expect.stringMatching(/inside another page/) },
  });
  served.close();
  world.serve({ isAllowed: (frame) => frame.parent?.origin === "app://bundle" });
  expect(await send(inside, message())).toMatchObject({ ok: true, value: { accessToken: token } });
  expect(await send(world.page(), message())).toMatchObject(refusal);
});

test("a page that sends junk without end does not fill the log", async () => {
  const logger = new CollectLog();
  world.serve({ logger });
  const page = world.page();
  for (let i = 0; i < 300; i += 1) await send(page, "junk");
  expect(logger.lines).toHaveLength(101);
});

test("only true allows: an async isAllowed, a truthy value and a throw do not", async () => {
  await world.client.getAccessToken();
  const answers: (() => unknown)[] = [
    async () => true,
    () => 1,
    () => "app://bundle",
    () => Promise.reject(new Error("x")),
    () => {
      throw new Error("x");
    },
  ];
  for (const isAllowed of answers) {
    const served = world.serve({ isAllowed: isAllowed as () => boolean });
    expect(await send(world.page(), message())).toMatchObject(refusal);
    served.close();
  }
});

test("a frame that is gone when its message arrives gets nothing", async () => {
  await world.client.getAccessToken();
  world.serve();
  const page = world.page();
  const answer = world.electron.handlers.get(CHANNEL)?.(
    { sender: page.window, senderFrame: null, processId: 1, frameId: 1 },
    message(),
  );
  expect(await answer).toMatchObject(refusal);
  Object.defineProperty(page, "detached", { value: true, configurable: true });
  expect(await send(page, message())).toMatchObject(refusal);
  Object.defineProperty(page, "detached", { value: false });
  page.isGone = true;
  const stale = { sender: page.window, senderFrame: page, processId: 1, frameId: 1 };
  expect(await world.electron.handlers.get(CHANNEL)?.(stale, message())).toMatchObject(refusal);
});

test("a token that was asked for by a page is not given to the frame once it shows another one", async () => {
  await world.client.getAccessToken();
  world.serve();
  const page = world.page();
  const release = world.holdNextToken();
  const renewal = message({ options: { forceRefresh: true } });
  const event = { sender: page.window, processId: 1, frameId: 1, senderFrame: page as FakeFrame | null };
  const answer = world.electron.handlers.get(CHANNEL)?.(event, renewal);
  await world.provider.ledger.waitFor("token", 2);
  event.senderFrame = null;
  release();
  expect(await answer).toMatchObject(refusal);
});

test("an id that is in use, and more calls than a page may have, are refused; the others are answered", async () => {
  let decide = (_may: boolean) => {};
  const decided = new Promise<boolean>((resolve) => {
    decide = resolve;
  });
  world.serve({ allowInteraction: () => decided });
  const page = world.page();
  const calls = Array.from({ length: 1100 }, (_, i) => send(page, message({ id: i + 1, method: "signIn" })));
  const refused = await Promise.all(calls.slice(1024));
  for (const answer of refused) expect(answer).toMatchObject({ error: { code: "configuration", option: "calls" } });
  expect(await send(page, message({ method: "signIn" }))).toMatchObject({ error: { option: "id" } });
  expect(await send(world.page(), message({ method: "ready" }))).toEqual({ ok: true });
  decide(false);
  for (const answer of await Promise.all(calls.slice(0, 1024))) {
    expect(answer).toMatchObject({ error: { code: "login_required" } });
  }
  expect(await send(page, message({ method: "ready" }))).toEqual({ ok: true });
});

test("a page cannot cancel the call of another page", async () => {
  await world.client.getAccessToken();
  world.serve();
  const [one, two] = [world.page(), world.page()];
  const call = send(one, message({ options: { forceRefresh: true } }));
  expect(await send(two, message({ method: "cancel" }))).toEqual({ ok: true });
  expect(await call).toMatchObject({ ok: true });
});

test("nothing but access tokens and claims crosses, whatever is asked", async () => {
  const log = new CollectLog();
  const secret = "CANARY-client-secret-value";
  world.provider.settings.clientSecrets.desktop = secret;
  const main = world.makeClient({ clientSecret: secret });
  world.serve({ allowInteraction: true, logger: log }, main);
  const page = world.page();
  const client = page.client();
  const tokens = new Set<string>([await client.getAccessToken()]);
  await client.getIdTokenClaims();
  await client.signIn();
  tokens.add(await client.getAccessToken());
  tokens.add(await client.getAccessToken({ forceRefresh: true }));
  world.provider.once("token", (exchange) => exchange.error("invalid_grant", "no"));
  tokens.add(await client.getAccessToken({ forceRefresh: true }));
  await client.destroyAccessToken();
  tokens.add((await client.getTokenSet()).accessToken);
  for (const method of ["refreshToken", "constructor", "getTokenSet", "signIn", "signOut", "getIdTokenClaims"]) {
    await send(page, message({ method }));
    await send(page, message({ method, options: { rejectedToken: "x", refreshToken: true } }));
  }
  await client.signOut();
  const parts = [...tokens].flatMap((token) => [token, ...token.split(".").slice(1)]);
  const secrets = [...world.provider.secrets(), secret].filter((found) => !parts.includes(found));
  expect(secrets.length).toBeGreaterThan(20);
  expect(secretsIn(world.electron.crossed, secrets)).toEqual([]);
  expect(secretsIn(log.lines, [...world.provider.secrets(), secret])).toEqual([]);
  // The search finds what does cross.
  expect(secretsIn(world.electron.crossed, [...tokens])).not.toEqual([]);
});

test("a fault that is not ours crosses without its words", async () => {
  const words = "CANARY-inner-words";
  const client = Object.create(OidcClient.prototype) as OidcClient;
  Object.assign(client, {
    on: () => () => {},
    getTokenSet: () => Promise.reject(new Error(words, { cause: words })),
  });
  world.serve({}, client);
  expect(await send(world.page(), message())).toMatchObject({ ok: false, error: { code: "environment" } });
  expect(secretsIn(world.electron.crossed, [words])).toEqual([]);
});

const UNUSABLE: readonly [string, Record<string, unknown>][] = [
  ["neither allowedOrigins nor isAllowed", { allowedOrigins: undefined }],
  ["both of them", { isAllowed: () => true, allowedOrigins: ["app://bundle"] }],
  ["no origin", { allowedOrigins: [] }],
  ["any origin", { allowedOrigins: ["*"] }],
  ["any host", { allowedOrigins: ["https://*.example"] }],
  ["a file", { allowedOrigins: ["file://"] }],
  ["nobody's origin", { allowedOrigins: ["null"] }],
  ["a path", { allowedOrigins: ["app://bundle/index.html"] }],
  ["a slash at the end", { allowedOrigins: ["http://localhost:5173/"] }],
  ["the scheme's own port", { allowedOrigins: ["https://app.example:443"] }],
  ["no text", { allowedOrigins: [1] }],
  ["an ipcMain without handle", { ipcMain: {} }],
  ["no ipcMain", { ipcMain: undefined }],
  ["a channel with a path", { channel: "a/b" }],
  ["an allowInteraction that is no function", { allowInteraction: "click" }],
];

test("serveTokens refuses options that cannot be used, or that would let anybody in", () => {
  for (const [what, options] of UNUSABLE) {
    const serve = () => world.serve({ allowedOrigins: ["app://bundle"], ...options } as never);
    expect(serve, what).toThrow(expect.objectContaining({ code: "configuration" }));
  }
  expect(world.electron.handlers.size).toBe(0);
});
