/** A renderer that was taken over sends what it likes: no junk is served, and no secret crosses. */
import { expect, test } from "vitest";
import { OidcClient } from "../../src/node/index.js";
import { CollectLog } from "../support/collect-log.js";
import { secretsIn } from "../support/secrets-in.js";
import { message, refusal, send } from "./raw-messages.js";
import { useWorld } from "./world.js";

const world = useWorld();

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

test("a page that sends junk without end does not fill the log", async () => {
  const logger = new CollectLog();
  world.serve({ logger });
  const page = world.page();
  for (let i = 0; i < 300; i += 1) await send(page, "junk");
  expect(logger.lines).toHaveLength(101);
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
  expect(await send(world.page(), message({ method: "ready" }))).toMatchObject({ ok: true });
  decide(false);
  for (const answer of await Promise.all(calls.slice(0, 1024))) {
    expect(answer).toMatchObject({ error: { code: "login_required" } });
  }
  expect(await send(page, message({ method: "ready" }))).toMatchObject({ ok: true });
});

test("a page cannot cancel the call of another page", async () => {
  await world.client.getAccessToken();
  world.serve();
  const [one, two] = [world.page(), world.page()];
  const call = send(one, message({ options: { forceRefresh: true } }));
  expect(await send(two, message({ method: "cancel" }))).toMatchObject({ ok: true });
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
