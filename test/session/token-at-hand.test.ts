/** Tokens that end soon, or live shorter than a call asks for; what a provider gives again. */
import { expect, test } from "vitest";
import { fragileStore, editRecord } from "../hostile/world/records.js";
import { startWorld, type World } from "../hostile/world.js";

const never = { interaction: "never" } as const;

/** Gives the stored token so many seconds, of a life of so many. */
function age(world: World, leftSeconds: number, lifeSeconds = 300): void {
  editRecord(world, ({ accessTokens }) => {
    const [token] = Object.values(accessTokens as Record<string, Record<string, number>>);
    const expiresAt = Date.now() + leftSeconds * 1000;
    Object.assign(token as object, { expiresAt, obtainedAt: expiresAt - lifeSeconds * 1000 });
  });
}

test("SE-17 tokens of 20 s and no refresh token: four calls, one of them with never, are one login", async () => {
  const world = await startWorld({ accessTokenLifetimeSeconds: 20, refreshTokens: "never" });
  const client = world.client();
  const first = await client.getAccessToken();
  for (const call of [{}, never, {}]) expect(await client.getAccessToken(call)).toBe(first);
  expect(await world.client(never).getAccessToken()).toBe(first);
  expect(world.opened()).toBe(1);
});

test("SE-17 in the second half of its life such a token is renewed, once", async () => {
  const world = await startWorld({ accessTokenLifetimeSeconds: 20 });
  const first = await world.signIn();
  age(world, 9, 20);
  const client = world.client(never);
  const renewed = await client.getAccessToken();
  expect(renewed).not.toBe(first);
  for (let call = 0; call < 5; call += 1) expect(await client.getAccessToken()).toBe(renewed);
  expect(world.provider.ledger.count("token")).toBe(1);
});

test("SE-17 tokens of 5 minutes, 10 minutes asked for: 20 calls at once and 20 after them are one refresh at most", async () => {
  const world = await startWorld();
  await world.signIn();
  age(world, 100);
  const client = world.client({ ...never, minValiditySeconds: 600 });
  const tokens = await Promise.all(Array.from({ length: 20 }, () => client.getAccessToken()));
  for (let call = 0; call < 20; call += 1) tokens.push(await client.getAccessToken());
  expect(new Set(tokens).size).toBe(1);
  expect(world.provider.ledger.count("token")).toBe(1);
});

test("SE-18 the token endpoint hangs: the token is given before it ends, and the refresh goes on", async () => {
  const world = await startWorld();
  const first = await world.signIn();
  age(world, 2);
  let answer = () => {};
  const released = new Promise<void>((resolve) => (answer = resolve));
  world.provider.once("token", async (exchange) => {
    const correct = await exchange.next();
    await released;
    return correct;
  });
  const client = world.client(never);
  const begun = Date.now();
  expect(await client.getAccessToken()).toBe(first);
  expect(Date.now() - begun).toBeLessThan(2000);
  world.meddled();
  answer();
  const renewed = await client.getAccessToken({ rejectedToken: first });
  expect(await client.getAccessToken()).toBe(renewed);
  expect(world.provider.ledger.count("token")).toBe(1);
});

test.each([
  ["lock", 300],
  ["store", 300],
  ["store", 4],
])("SE-18 the %s hangs: a token of %i s is given before it ends", async (what, lifeSeconds) => {
  const world = await startWorld();
  const { store, records } = fragileStore();
  const first = await world.client({ storage: store }).getAccessToken();
  const [key, text] = [...records][0] as [string, string];
  const record = JSON.parse(text) as { accessTokens: { default: { expiresAt: number; obtainedAt: number } } };
  const expiresAt = Date.now() + 2500;
  Object.assign(record.accessTokens.default, { expiresAt, obtainedAt: expiresAt - lifeSeconds * 1000 });
  records.set(key, JSON.stringify(record));
  let hangs = false;
  const hang = () => new Promise<never>(() => {});
  const storage = {
    ...store,
    get: (name: string) => (hangs && what === "store" ? hang() : store.get(name)),
    ...(what === "lock" && { lock: { run: hang } }),
  };
  const client = world.client({ ...never, storage, storageTimeoutSeconds: 3, lockTimeoutSeconds: 3 });
  await client.getAccessToken({ minValiditySeconds: 0 });
  hangs = true;
  // Memory is no longer trusted by then.
  if (lifeSeconds < 5) await new Promise((resolve) => setTimeout(resolve, 1050));
  expect(await client.getAccessToken()).toBe(first);
  expect(Date.now()).toBeLessThan(expiresAt);
});

test("SE-18 a lock that another client holds: forceRefresh and rejectedToken do not get the old token", async () => {
  const world = await startWorld();
  const first = await world.signIn();
  age(world, 20);
  world.provider.once("token", (exchange) => exchange.hang());
  const holder = world.client({ ...never, requestTimeoutSeconds: 1 });
  const held = world.failure(holder.getAccessToken({ forceRefresh: true }));
  await world.provider.ledger.waitFor("token");
  const client = world.client({ ...never, lockTimeoutSeconds: 0.2 });
  for (const call of [{ forceRefresh: true }, { rejectedToken: first }]) {
    expect(await world.failure(client.getAccessToken(call))).toMatchObject({ code: "lock_timeout", sessionKept: true });
  }
  expect(await client.getAccessToken()).toBe(first);
  expect(await held).toMatchObject({ code: "timeout" });
  // The provider has never seen the request's end: the refresh token still serves.
  world.provider.ledger.clear();
});

test("SE-21 a provider that gives the same access token again: one refresh a call, and a refused token is not given", async () => {
  const world = await startWorld();
  const first = await world.signIn();
  world.provider.on("token", async (exchange) => {
    const answer = await exchange.next();
    // Its hash in a new ID Token would be of another one.
    const { id_token: _, ...json } = answer.json;
    return { ...answer, json: { ...json, access_token: first } };
  });
  const client = world.client(never);
  expect(await client.getAccessToken({ forceRefresh: true })).toBe(first);
  expect(world.provider.ledger.count("token")).toBe(1);
  const failing = world.failure(client.getAccessToken({ rejectedToken: first }));
  // What it stores is the new refresh token.
  world.meddled();
  const error = await failing;
  expect(error).toMatchObject({ code: "response", sessionKept: true });
  expect(world.provider.ledger.count("token")).toBe(2);
  expect(await client.getAccessToken()).toBe(first);
  const forced = await Promise.all([1, 2, 3].map(() => client.getAccessToken({ forceRefresh: true })));
  expect(new Set(forced)).toEqual(new Set([first]));
  expect(world.provider.ledger.count("token")).toBeLessThanOrEqual(4);
});

test("SE-21 callers that join get one refresh of their own at most, and never the refused token", async () => {
  const world = await startWorld();
  const first = await world.signIn();
  world.provider.on("token", async (exchange) => {
    const answer = await exchange.next();
    // Its hash in a new ID Token would be of another one.
    const { id_token: _, ...json } = answer.json;
    return { ...answer, json: { ...json, access_token: first } };
  });
  const client = world.client(never);
  const calls = [1, 2, 3].map(() => world.failure(client.getAccessToken({ rejectedToken: first })));
  for (const call of calls) expect(await call).toMatchObject({ code: "response" });
  expect(world.provider.ledger.count("token")).toBeLessThanOrEqual(2);
});
