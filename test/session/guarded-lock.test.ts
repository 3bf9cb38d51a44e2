/** A lock that comes with a program's own store: whatever it does, a call ends in time and in one of our errors. */
import { expect, test } from "vitest";
import type { KeyValueStore, Lock } from "../../src/node/index.js";
import { fragileStore } from "../hostile/world/records.js";
import { startWorld } from "../hostile/world.js";

const never = { interaction: "never" } as const;
const forced = { ...never, forceRefresh: true };

/** A session in a store, and a client of that store whose lock is the given one. */
async function withLock(run: unknown) {
  const world = await startWorld();
  const { store, records } = fragileStore();
  const token = await world.client({ storage: store }).getAccessToken();
  world.provider.ledger.clear();
  const lock = { run } as Lock;
  const storage: KeyValueStore = { ...store, lock };
  const options = { storage, lockTimeoutSeconds: 0.2, loginTimeoutSeconds: 0.2, storageTimeoutSeconds: 0.2 };
  return { world, token, records, client: world.client(options) };
}

const refused = () => Promise.reject(Object.assign(new Error("redis://:CANARY@host"), { code: "ECONNREFUSED" }));

test.each<[string, unknown, object]>([
  ["rejects", refused, { code: "storage", kind: "unavailable", causeCode: "ECONNREFUSED" }],
  [
    "throws",
    () => {
      throw new Error("CANARY");
    },
    { code: "storage", kind: "unavailable" },
  ],
  ["settles without the work", async () => undefined, { code: "storage", kind: "unavailable" }],
  ["hangs", () => new Promise(() => {}), { code: "lock_timeout" }],
])("a lock that %s: the stored token, else an error of ours that may be retried", async (_title, run, expected) => {
  const { world, token, client, records } = await withLock(run);
  const before = [...records];
  expect(await client.getAccessToken(never)).toBe(token);
  expect(await client.getAccessToken({ ...never, minValiditySeconds: 2000 })).toBe(token);
  const error = await world.failure(client.getAccessToken(forced));
  expect(error).toMatchObject({ ...expected, retryable: true, sessionKept: true });
  expect(error.message).not.toContain("CANARY");
  expect(world.provider.ledger.count("token")).toBe(0);
  expect([...records]).toEqual(before);
});

test.each<[string, unknown]>([
  ["rejects", refused],
  ["hangs", () => new Promise(() => {})],
])("a sign-out with a lock that %s is done all the same", async (_title, run) => {
  const { client, records } = await withLock(run);
  expect(await client.signOut({ local: true })).toMatchObject({ errors: [] });
  expect(records.size).toBe(0);
});

test("an abort ends the wait for a lock that does not listen to its signal", async () => {
  const controller = new AbortController();
  const { world, client } = await withLock(() => {
    controller.abort();
    return new Promise(() => {});
  });
  expect(await world.failure(client.getAccessToken({ ...forced, signal: controller.signal }))).toMatchObject({
    code: "aborted",
  });
});

test("a lock that comes after the wait was given up does no work", async () => {
  let come = () => {};
  let work: Promise<unknown> = Promise.resolve();
  const { world, client } = await withLock((_name: string, _options: unknown, begin: Parameters<Lock["run"]>[2]) => {
    const late = new Promise<void>((resolve) => (come = resolve));
    work = late.then(() => begin({ stillHeld: () => true }));
    return work;
  });
  expect(await world.failure(client.getAccessToken(forced))).toMatchObject({ code: "lock_timeout" });
  come();
  await expect(work).rejects.toMatchObject({ code: "lock_timeout" });
  expect(world.provider.ledger.count("token")).toBe(0);
});

test.each<[string, unknown]>([
  [
    "runs its work twice",
    async (_n: string, _o: unknown, begin: () => Promise<unknown>) => [await begin(), await begin()],
  ],
  ["tells nothing of its hold", (_n: string, _o: unknown, begin: () => Promise<unknown>) => begin()],
  [
    "cannot be given back",
    async (_n: string, _o: unknown, begin: () => Promise<unknown>) => {
      await begin();
      throw new Error("gone");
    },
  ],
  [
    "never ends",
    async (_n: string, _o: unknown, begin: () => Promise<unknown>) => {
      await begin();
      await new Promise(() => {});
    },
  ],
])("a lock that %s: the token that was granted is given and stored, with one request", async (_title, run) => {
  const { world, token, client } = await withLock(run);
  const renewed = await client.getAccessToken(forced);
  expect(renewed).not.toBe(token);
  expect(await client.getAccessToken(never)).toBe(renewed);
  expect(world.provider.ledger.count("token")).toBe(1);
});

test("an error of ours from the lock comes out as it is", async () => {
  const { LockTimeoutError } = await import("../../src/node/index.js");
  const own = new LockTimeoutError("The lock of the fleet is busy.");
  const { world, client } = await withLock(() => Promise.reject(own));
  expect(await world.failure(client.getAccessToken(forced))).toBe(own);
});

test("a record's lock that was lost between the read and the write: nothing is written over, and it is tried again", async () => {
  const { store, records } = fragileStore();
  const world = await startWorld();
  let isHeld = true;
  const run = (_name: string, _options: unknown, work: (hold: { stillHeld(): boolean }) => Promise<unknown>) =>
    work({ stillHeld: () => isHeld });
  const client = world.client({ storage: { ...store, lock: { run } as Lock } });
  await client.getAccessToken();
  const before = [...records];
  isHeld = false;
  await client.destroyAccessToken();
  expect([...records]).toEqual(before);
  isHeld = true;
  await client.close();
  expect([...records]).not.toEqual(before);
});
