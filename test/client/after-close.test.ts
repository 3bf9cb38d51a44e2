/** What was sent when `close()` comes is waited for; nothing new begins. */
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { type LockOptions, OidcFlow } from "../../src/node/index.js";
import { fragileStore } from "../hostile/world/records.js";
import { startWorld } from "../hostile/world.js";

const never = { interaction: "never" } as const;
const forced = { ...never, forceRefresh: true };

/** A token endpoint that answers when it is told to. */
async function withSlowTokens(signedIn: boolean) {
  const world = await startWorld({ deviceIntervalSeconds: 0.1 });
  if (signedIn) await world.signIn();
  let answer = () => {};
  const released = new Promise<void>((resolve) => (answer = resolve));
  world.provider.once("token", async (exchange) => {
    const correct = await exchange.next();
    await released;
    return correct;
  });
  return { world, answer };
}

test.each([false, true])(
  "SE-26 a refresh on the wire when close() comes is stored; the next start has the session (abort of the call: %s)",
  async (isAborted) => {
    const { world, answer } = await withSlowTokens(true);
    const client = world.client();
    const controller = new AbortController();
    const call = world.failure(client.getAccessToken({ ...forced, signal: controller.signal }));
    await world.provider.ledger.waitFor("token");
    if (isAborted) controller.abort();
    const closing = client.close();
    expect(await call).toMatchObject({ code: "aborted", sessionKept: true });
    let isClosed = false;
    void closing.then(() => (isClosed = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isClosed).toBe(false);
    const before = world.stored();
    answer();
    await closing;
    world.meddled();
    expect(world.stored()).not.toEqual(before);
    await world.client().getAccessToken(forced);
    expect(world.provider.sessionAlive()).toBe(true);
  },
);

test("SE-26 the same with a store that refuses the write at first", async () => {
  const world = await startWorld();
  const { store, records, fail } = fragileStore();
  const client = world.client({ storage: store, storageTimeoutSeconds: 2 });
  await client.getAccessToken();
  world.provider.once("token", async (exchange) => {
    const correct = await exchange.next();
    fail.set = Object.assign(new Error("full"), { code: "ENOSPC" });
    void closing();
    return correct;
  });
  let closed: Promise<void> = Promise.resolve();
  const closing = () => {
    closed = client.close();
    setTimeout(() => (fail.set = undefined), 100);
  };
  const before = [...records.values()][0];
  await client.getAccessToken(forced).catch(() => {});
  await closed;
  expect([...records.values()][0]).not.toBe(before);
  await world.client({ storage: store }).getAccessToken(forced);
});

test("SE-26 a code on the wire when close() comes: the next start has the session", async () => {
  const { world, answer } = await withSlowTokens(false);
  const client = world.client();
  const call = world.failure(client.getAccessToken());
  await world.provider.ledger.waitFor("token");
  const closing = client.close();
  expect(await call).toMatchObject({ code: "aborted" });
  answer();
  await closing;
  await world.client(never).getAccessToken();
});

test("SE-26 the granting poll of a device flow when close() comes: the next start has the session", async () => {
  const { world, answer } = await withSlowTokens(false);
  const onDeviceCode = () => world.provider.approveDevice();
  const client = world.client({ flow: OidcFlow.device_code, onDeviceCode });
  const call = world.failure(client.getAccessToken());
  await world.provider.ledger.waitFor("token");
  const closing = client.close();
  expect(await call).toMatchObject({ code: "aborted" });
  answer();
  await closing;
  await world.client(never).getAccessToken();
});

test("SE-26 a poll that is not granted when close() comes is the last one", async () => {
  const world = await startWorld({ deviceIntervalSeconds: 0.1 });
  const client = world.client({ flow: OidcFlow.device_code, onDeviceCode: () => {} });
  const call = world.failure(client.getAccessToken());
  await world.provider.ledger.waitFor("token");
  await client.close();
  expect(await call).toMatchObject({ code: "aborted" });
  const polls = world.provider.ledger.count("token");
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(world.provider.ledger.count("token")).toBe(polls);
});

test("SE-26 both requests of a revocation are answered before close() comes back", async () => {
  const world = await startWorld();
  await world.signIn();
  let answered = 0;
  world.provider.on("revocation", async (exchange) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    answered += 1;
    return await exchange.next();
  });
  const client = world.client();
  const ending = client.signOut();
  await world.provider.ledger.waitFor("revocation");
  await client.close();
  expect(answered).toBe(2);
  expect(await ending).toMatchObject({ revocation: "done", errors: [] });
});

test("SE-26 a sign-out that has just been called is done when close() comes back", async () => {
  const world = await startWorld();
  await world.signIn();
  const client = world.client();
  const ending = client.signOut();
  await client.close();
  expect(world.provider.sessionAlive()).toBe(false);
  expect(world.stored()).toEqual({});
  expect(await ending).toMatchObject({ revocation: "done" });
});

test("SE-26 close() ends the wait for a lock", async () => {
  const world = await startWorld();
  const { store } = fragileStore();
  await world.client({ storage: store }).getAccessToken();
  let signal: AbortSignal | undefined;
  let isAsked = () => {};
  const asked = new Promise<void>((resolve) => (isAsked = resolve));
  const run = (_name: string, options: LockOptions) => {
    signal = options.signal;
    isAsked();
    return new Promise<never>(() => {});
  };
  const client = world.client({ storage: { ...store, lock: { run } } });
  const call = world.failure(client.getAccessToken(forced));
  await asked;
  await client.close();
  expect(await call).toMatchObject({ code: "aborted" });
  expect(signal?.aborted).toBe(true);
});

test("SE-26 close() gives the lock back before it comes back", async () => {
  const { world, answer } = await withSlowTokens(true);
  const [client, next] = [world.client(), world.client()];
  const call = client.getAccessToken(forced).catch(() => {});
  await world.provider.ledger.waitFor("token");
  const closing = client.close();
  answer();
  await closing;
  await call;
  expect(readdirSync(world.directory).filter((name) => name.includes("lock"))).toEqual([]);
  await next.getAccessToken(forced);
});

test("SE-26 a store of a newer version does not hold close() up", async () => {
  const world = await startWorld();
  const { store, records } = fragileStore();
  await world.client({ storage: store }).getAccessToken();
  for (const [key, text] of records) records.set(key, JSON.stringify({ ...JSON.parse(text), version: 2 }));
  const client = world.client({ storage: store });
  await client.getAccessToken();
  const begun = performance.now();
  await client.close();
  expect(performance.now() - begun).toBeLessThan(2000);
});

test("SE-09 close() while a refresh is on the wire that is then refused: no browser is opened", async () => {
  const world = await startWorld();
  await world.signIn();
  const opened = world.opened();
  const client = world.client();
  world.provider.once("token", async (exchange) => {
    void client.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    return exchange.error("invalid_grant");
  });
  expect(await world.failure(client.getAccessToken({ forceRefresh: true }))).toMatchObject({ code: "aborted" });
  await client.close();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(world.opened()).toBe(opened);
  expect(world.provider.ledger.count("authorize")).toBe(0);
});

test.each(["browser", "device"])(
  "SE-09 close() at any of the first steps of a call that needs a login (%s)",
  async (how) => {
    const world = await startWorld({ deviceIntervalSeconds: 0.1 });
    let shown = 0;
    const onDeviceCode = () => void (shown += 1);
    const flow = how === "device" ? OidcFlow.device_code : OidcFlow.auth_code;
    // Each turn is one more step of the call.
    for (let turns = 0; turns < 60; turns += 3) {
      const client = world.client({ flow, onDeviceCode });
      const call = world.failure(client.getAccessToken());
      for (let turn = 0; turn < turns; turn += 1) await (turn % 10 === 9 ? new Promise(setImmediate) : undefined);
      await client.close();
      const [opened, asked, seen] = [world.opened(), world.provider.ledger.count("token"), shown];
      expect(await call).toMatchObject({ code: "aborted" });
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect([world.opened(), world.provider.ledger.count("token"), shown]).toEqual([opened, asked, seen]);
    }
  },
);

test("SE-09 close() while the keys for a code are fetched: the code is not exchanged", async () => {
  const world = await startWorld();
  const client = world.client();
  let closing: Promise<void> = Promise.resolve();
  world.provider.once("jwks", async (exchange) => {
    closing = client.close();
    return await exchange.next();
  });
  expect(await world.failure(client.getAccessToken())).toMatchObject({ code: "aborted" });
  await closing;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(world.provider.ledger.count("token")).toBe(0);
});

test("SE-09 signIn() and close() in one turn of a client that has signed in before: nothing is opened", async () => {
  const world = await startWorld();
  const client = world.client();
  await client.signIn();
  const call = world.failure(client.signIn());
  await client.close();
  expect(await call).toMatchObject({ code: "aborted" });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(world.opened()).toBe(1);
});

test("close() while a login waits for a person: its lock is given back when it resolves", async () => {
  const world = await startWorld();
  const client = world.client({ openBrowser: () => {} });
  const call = world.failure(client.getAccessToken());
  const locks = () => readdirSync(world.directory).filter((name) => name.endsWith(".lock"));
  await expect.poll(locks).toHaveLength(1);
  await client.close();
  expect(locks()).toEqual([]);
  expect(await call).toMatchObject({ code: "aborted" });
});
