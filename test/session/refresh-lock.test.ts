/** The lock of a refresh is kept until the store has the result: nobody else sends the refresh token that has been used. */
import { expect, test } from "vitest";
import type { KeyValueStore, Lock } from "../../src/node/index.js";
import { fragileStore } from "../hostile/world/records.js";
import { startWorld } from "../hostile/world.js";
import { forced, full, never } from "./signed-in.js";

/** Two programs over one store; the first one's writes can be made to fail. */
async function twoPrograms() {
  const world = await startWorld();
  const { store, records, fail } = fragileStore();
  const second: KeyValueStore = {
    get: store.get,
    set: async (key, value) => void records.set(key, JSON.stringify(value)),
    delete: async (key) => void records.delete(key),
  };
  const first = world.client({ storage: store, storageTimeoutSeconds: 1 });
  await first.getAccessToken();
  const other = (options = {}) => world.client({ storage: second, lockTimeoutSeconds: 0.5, ...never, ...options });
  return { world, first, other, fail, records };
}

test("SE-01 the store refuses a refresh: another program does not send the used token, and nobody is signed out", async () => {
  const { world, first, other, fail } = await twoPrograms();
  fail.set = full;
  const token = await first.getAccessToken(forced);
  const error = await world.failure(other().getAccessToken(forced));
  expect(error).toMatchObject({ code: "lock_timeout", retryable: true, sessionKept: true });
  fail.set = undefined;
  await first.close();
  expect(await other().getAccessToken()).toBe(token);
  await other().getAccessToken(forced);
  expect(world.provider.sessionAlive()).toBe(true);
});

test("the same while the answer cannot be used but for its refresh token", async () => {
  const { world, first, other, fail } = await twoPrograms();
  fail.set = full;
  world.provider.once("token", async (exchange) => {
    const answer = await exchange.next();
    return { ...answer, json: { ...answer.json, access_token: "" } };
  });
  await world.failure(first.getAccessToken(forced));
  expect(await world.failure(other().getAccessToken(forced))).toMatchObject({ code: "lock_timeout" });
  fail.set = undefined;
  await first.close();
  await other().getAccessToken(forced);
  expect(world.provider.sessionAlive()).toBe(true);
});

test("the token at hand is given meanwhile, and the lock is free when the store is well", async () => {
  const { world, first, other, fail } = await twoPrograms();
  const waiting = other({ lockTimeoutSeconds: 20 });
  const stored = await waiting.getAccessToken();
  fail.set = full;
  const token = await first.getAccessToken(forced);
  expect(await waiting.getAccessToken()).toBe(stored);
  const joining = waiting.getAccessToken({ rejectedToken: stored });
  fail.set = undefined;
  // Any call of the first program tries again.
  await first.getIdTokenClaims();
  expect(await joining).toBe(token);
  expect(world.provider.ledger.count("token")).toBe(2);
});

test("this program refreshes on under the lock that it keeps", async () => {
  const { world, first, other, fail } = await twoPrograms();
  fail.set = full;
  const tokens = [await first.getAccessToken(forced), await first.getAccessToken(forced)];
  expect(new Set(tokens).size).toBe(2);
  fail.set = undefined;
  await first.close();
  expect(await other().getAccessToken()).toBe(tokens[1]);
  expect(world.provider.sessionAlive()).toBe(true);
});

test("a sign-out gives the lock back", async () => {
  const { world, first, other, fail } = await twoPrograms();
  fail.set = full;
  await first.getAccessToken(forced);
  await first.signOut({ local: true });
  fail.set = undefined;
  const next = other({ interaction: "allowed" });
  await next.getAccessToken();
  await next.getAccessToken(forced);
  expect(world.provider.ledger.maxPostsPerRefreshToken()).toBe(1);
});

test("a lock that is lost before the very step that sends: the token is not sent", async () => {
  const world = await startWorld();
  const { store, records } = fragileStore();
  await world.signIn({ storage: store });
  const before = [...records];
  let asked = 0;
  // A lease that ends while the request is made ready.
  const lock: Lock = {
    run: (name, _options, work) => work({ stillHeld: () => !name.startsWith("refresh.") || (asked += 1) > 2 }),
  };
  const client = world.client({ storage: { ...store, lock }, ...never });
  await client.getAccessToken(forced);
  expect(asked).toBe(3);
  const lost: Lock = { run: (name, _options, work) => work({ stillHeld: () => !name.startsWith("refresh.") }) };
  const loser = world.client({ storage: { ...store, lock: lost }, ...never });
  const count = world.provider.ledger.count("token");
  expect(await world.failure(loser.getAccessToken(forced))).toMatchObject({ code: "lock_timeout", retryable: true });
  expect(world.provider.ledger.count("token")).toBe(count);
  expect([...records]).not.toEqual(before);
});

test("destroyAccessToken() of another program does not let a refused refresh go", async () => {
  const { world, first, other, fail } = await twoPrograms();
  fail.set = full;
  const token = await first.getAccessToken(forced);
  await other().destroyAccessToken();
  fail.set = undefined;
  await first.close();
  expect(await other().getAccessToken()).toBe(token);
  await other().getAccessToken(forced);
  expect(world.provider.sessionAlive()).toBe(true);
});

test.each([
  ["of tokens", {}],
  ["that fails but for its refresh token", { access_token: "" }],
])(
  "destroyAccessToken() of another program while the answer %s is on its way: the new refresh token is kept",
  async (_title, spoilt) => {
    const { world, first, other } = await twoPrograms();
    world.provider.once("token", async (exchange) => {
      const answer = await exchange.next();
      await other().destroyAccessToken();
      return { ...answer, json: { ...answer.json, ...spoilt } };
    });
    await first.getAccessToken(forced).catch(() => {});
    await other().getAccessToken(forced);
    expect(world.provider.sessionAlive()).toBe(true);
  },
);

test("under the lock that is kept one refresh follows the other, also after an abort", async () => {
  const { world, first, other, fail } = await twoPrograms();
  fail.set = full;
  await first.getAccessToken(forced);
  const controller = new AbortController();
  let aborted: Promise<unknown> = Promise.resolve();
  let answered = () => {};
  const isAnswered = new Promise<void>((resolve) => (answered = resolve));
  world.provider.once("token", async (exchange) => {
    controller.abort();
    await aborted;
    // The next call comes while the aborted one's request is on the wire, and the store takes everything from now on.
    fail.set = undefined;
    void first.getAccessToken(forced).catch(() => {});
    await first.getIdTokenClaims();
    await new Promise((resolve) => setTimeout(resolve, 50));
    answered();
    return await exchange.next();
  });
  aborted = world.failure(first.getAccessToken({ ...forced, signal: controller.signal }));
  await isAnswered;
  await first.close();
  await other({ lockTimeoutSeconds: 10 }).getAccessToken(forced);
  expect(world.provider.sessionAlive()).toBe(true);
  expect(world.provider.ledger.maxPostsPerRefreshToken()).toBe(1);
});

test("SE-02 a sign-out that the store refuses does not delete what somebody has begun after it", async () => {
  const { world, first, other, fail, records } = await twoPrograms();
  fail.get = full;
  fail.delete = full;
  const out = first.signOut({ local: true });
  expect((await out).errors).toMatchObject([{ code: "storage" }]);
  records.clear();
  fail.get = undefined;
  const next = other({ interaction: "allowed" });
  const token = await next.getAccessToken();
  fail.delete = undefined;
  await first.getIdTokenClaims();
  await first.close();
  expect(await other().getAccessToken()).toBe(token);
  expect(world.provider.sessionAlive()).toBe(true);
});
