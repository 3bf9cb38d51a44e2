/** What a store refuses is tried again until it lands, and counts until then. */
import { expect, test } from "vitest";
import type { Lock } from "../../src/node/index.js";
import { createMemoryStore } from "../../src/session/in-memory.js";
import { readNodeOptions } from "../../src/node/options.js";
import { beginSession } from "../../src/session/record.js";
import { createMark, KnownSignOuts } from "../../src/session/sign-out-mark.js";
import { SessionStore } from "../../src/session/store.js";
import { FakeClock } from "../support/fake-clock.js";
import { fragileStore } from "../hostile/world/records.js";
import { startWorld } from "../hostile/world.js";
import { broken, forced, full, never, signedIn } from "./signed-in.js";

test.each(["set", "get"] as const)(
  "SE-01 a refresh whose %s fails: the next program refreshes with the new token, written by a later call",
  async (method) => {
    const { world, client, fail, records, kinds, next } = await signedIn();
    const stored = [...records.values()][0];
    world.provider.once("token", async (exchange) => {
      const answer = await exchange.next();
      fail[method] = full;
      return answer;
    });
    const renewed = await client.getAccessToken(forced);
    expect([...records.values()][0]).toBe(stored);
    await expect.poll(() => kinds).toEqual(["full"]);
    fail[method] = undefined;
    await client.getIdTokenClaims();
    await expect.poll(() => [...records.values()].join()).toContain(renewed);
    expect(await next().getAccessToken(forced)).not.toBe(renewed);
    expect(world.provider.sessionAlive()).toBe(true);
  },
);

test("SE-01 two refreshes in a row whose writes fail: the newest is written, by close()", async () => {
  const { world, client, fail, records, next } = await signedIn();
  fail.set = full;
  await client.getAccessToken(forced);
  const newest = await client.getAccessToken(forced);
  fail.set = undefined;
  await client.close();
  expect([...records.values()].join()).toContain(newest);
  await next().getAccessToken(forced);
  expect(world.provider.sessionAlive()).toBe(true);
});

test("SE-01 close() tries again while the store refuses, and gives up after storageTimeoutSeconds", async () => {
  const { client, fail, records } = await signedIn();
  fail.set = full;
  const renewed = await client.getAccessToken(forced);
  const closing = client.close();
  setImmediate(() => (fail.set = undefined));
  await closing;
  expect([...records.values()].join()).toContain(renewed);

  const other = await signedIn(0.3);
  const told: string[] = [];
  other.client.on("storage", ({ error }) => told.push(error.message));
  other.fail.set = full;
  await other.client.getAccessToken(forced);
  await other.client.close();
  expect(told.at(-1)).toMatch(/did not take the newest tokens before the client was closed/);
});

test("SE-02 close() tells of a sign-out that the store refuses to the end", async () => {
  const { client, fail } = await signedIn(0.3);
  const told: string[] = [];
  client.on("storage", ({ error }) => told.push(`${error.kind} ${error.message}`));
  fail.delete = broken;
  await client.signOut({ local: true });
  await client.close();
  expect(told.at(-1)).toMatch(/^unavailable .*did not delete the session .* Sign out again\./);
});

test("SE-01 another program's newer state wins over what was refused", async () => {
  const { world, client, fail, next, records } = await signedIn();
  fail.set = full;
  await client.getAccessToken(forced);
  fail.set = undefined;
  world.provider.settings.subject = "bob";
  const other = world.client({ storage: onRecords(records) });
  await other.signIn();
  const token = await other.getAccessToken();
  await client.close();
  expect(await next().getAccessToken()).toBe(token);
});

/** Another program's view of the same records. */
function onRecords(records: Map<string, string>) {
  return {
    get: async (key: string) => JSON.parse(records.get(key) ?? "null") ?? undefined,
    set: async (key: string, value: unknown) => void records.set(key, JSON.stringify(value)),
    delete: async (key: string) => void records.delete(key),
  };
}

test("SE-01 SE-02 with no call at all the store is asked again every 5 s", async () => {
  const clock = new FakeClock();
  const config = readNodeOptions({ clientId: "app", issuer: "https://id.example" }, {} as NodeJS.ProcessEnv);
  const records = createMemoryStore();
  let refuses = true;
  const refusing = {
    ...records,
    update: async (...values: Parameters<typeof records.update>) => {
      if (refuses) throw full;
      await records.update(...values);
    },
    delete: async () => Promise.reject(full),
  };
  const store = new SessionStore("s", refusing, config, clock, () => {}, new KnownSignOuts());
  const accessToken = { token: "t", tokenType: "Bearer", obtainedAt: 0, expiresAt: 1, scopes: [], audiences: [] };
  await store.read();
  await store.begin(beginSession({ accessToken, refreshToken: "r" }, config, "1", []));
  await clock.advance(5000);
  expect(await records.read("s")).toBeUndefined();
  refuses = false;
  await clock.advance(4999);
  expect(await records.read("s")).toBeUndefined();
  await clock.advance(1);
  expect(await records.read("s")).toMatchObject({ refreshToken: "r" });

  refuses = true;
  expect(await store.forget(undefined, createMark(0))).toMatchObject({ error: { code: "storage", kind: "full" } });
  refuses = false;
  await clock.advance(5000);
  expect(await records.read("s")).toBeUndefined();
  expect(clock.pendingMs).toEqual([]);
});

test.each([
  ["a later call", async (client: { getIdTokenClaims(): Promise<unknown> }) => void (await client.getIdTokenClaims())],
  ["close()", async (client: { close(): Promise<void> }) => await client.close()],
])(
  "SE-02 a sign-out whose deletion fails is done by %s, and the next program finds no session",
  async (_title, later) => {
    const { world, client, fail, records, next } = await signedIn();
    fail.delete = broken;
    const { errors } = await client.signOut({ local: true });
    expect(errors).toMatchObject([{ code: "storage", causeCode: "EIO" }]);
    expect(records.size).toBe(1);
    fail.delete = undefined;
    await later(client);
    await expect.poll(() => records.size).toBe(0);
    expect(await world.failure(next().getAccessToken())).toMatchObject({ reason: "no_session" });
  },
);

test("SE-02 what the next login writes is not deleted by an older sign-out", async () => {
  const { client, fail, records, next } = await signedIn();
  fail.delete = broken;
  await client.signOut({ local: true });
  await client.signIn();
  fail.delete = undefined;
  const token = await client.getAccessToken();
  await client.close();
  expect(records.size).toBe(1);
  expect(await next().getAccessToken()).toBe(token);
});

test("SE-02 a refresh whose write fails after the sign-out does not bring the session back", async () => {
  const { world, client, fail, records, next } = await signedIn();
  world.provider.once("token", async (exchange) => {
    const answer = await exchange.next();
    await client.signOut({ local: true });
    fail.get = fail.set = broken;
    return answer;
  });
  expect(await world.failure(client.getAccessToken(forced))).toMatchObject({ reason: "signed_out" });
  fail.get = fail.set = undefined;
  expect(await world.failure(client.getAccessToken(never))).toMatchObject({ reason: "signed_out" });
  await client.close();
  expect(records.size).toBe(0);
  expect(await world.failure(next().getAccessToken())).toMatchObject({ reason: "no_session" });
});

test("SE-02 a login whose write fails after the sign-out does not bring the session back", async () => {
  const world = await startWorld();
  const { store, records } = fragileStore();
  let isTaken = false;
  let client = world.client();
  // The sign-out cannot have the lock while the login writes, and deletes without it.
  const lock: Lock = {
    run: async (name, _options, work) => {
      if (!name.startsWith("record.")) return await work({ stillHeld: () => true });
      if (isTaken) throw broken;
      isTaken = true;
      return await work({ stillHeld: () => true }).finally(() => (isTaken = false));
    },
  };
  let hasRefused = () => {};
  const refused = new Promise<void>((resolve) => (hasRefused = resolve));
  let isFirst = true;
  const set = async (key: string, value: unknown) => {
    if (!isFirst) return await store.set(key, value);
    isFirst = false;
    await client.signOut();
    setImmediate(hasRefused);
    throw full;
  };
  client = world.client({ storage: { ...store, set, lock } });
  expect(await world.failure(client.signIn())).toMatchObject({ reason: "signed_out" });
  await refused;
  await client.close();
  expect(records.size).toBe(0);
});
