/** A write that a slow store was given up on, and that lands all the same, when something newer has happened. */
import { expect, test } from "vitest";
import { fragileStore } from "../hostile/world/records.js";
import { startWorld } from "../hostile/world.js";

const never = { interaction: "never" } as const;
const forced = { ...never, forceRefresh: true };

/** A session whose newest state waits in a slow store; `land()` lets it through. */
async function withLateWrite() {
  const world = await startWorld();
  const { store, records } = fragileStore();
  let isSlow = false;
  let land = () => {};
  const storage = {
    ...store,
    set: async (key: string, value: unknown) => {
      if (isSlow) await new Promise<void>((resolve) => (land = resolve));
      await store.set(key, value);
    },
  };
  const client = world.client({ storage, storageTimeoutSeconds: 0.2 });
  await client.getAccessToken();
  isSlow = true;
  const late = await client.getAccessToken(forced);
  isSlow = false;
  // The write is done a few turns later.
  const landed = async () => {
    land();
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  return { world, client, storage, records, late, land: landed };
}

test("it does not bring back a used-up refresh token", async () => {
  const { world, client, storage, records, late, land } = await withLateWrite();
  const newest = await client.getAccessToken(forced);
  await land();
  await expect.poll(() => [...records.values()].join()).toContain(newest);
  expect([...records.values()].join()).not.toContain(late);
  await world.client({ storage }).getAccessToken(forced);
  expect(world.provider.sessionAlive()).toBe(true);
});

test("LO-07 it does not bring back a session that was signed out", async () => {
  const { world, client, records, land } = await withLateWrite();
  await client.signOut({ local: true });
  await land();
  await expect.poll(() => records.size).toBe(0);
  expect(await world.failure(client.getAccessToken(never))).toMatchObject({ code: "login_required" });
});

test("where nothing newer has happened, it is the session", async () => {
  const { world, storage, records, late, land } = await withLateWrite();
  await land();
  await expect.poll(() => [...records.values()].join()).toContain(late);
  expect(await world.client({ storage }).getAccessToken(never)).toBe(late);
  await world.client({ storage }).getAccessToken(forced);
});

test("a write that never ends is not the last one of its session", async () => {
  const world = await startWorld();
  const { store, records } = fragileStore();
  let hangs = false;
  const set = async (key: string, value: unknown) => {
    if (hangs) await new Promise<never>(() => {});
    await store.set(key, value);
  };
  const client = world.client({ storage: { ...store, set }, storageTimeoutSeconds: 0.2 });
  await client.getAccessToken();
  hangs = true;
  const newest = await client.getAccessToken(forced);
  hangs = false;
  const isStored = async () => {
    expect(await client.getAccessToken(never)).toBe(newest);
    return [...records.values()].join();
  };
  await expect.poll(isStored, { timeout: 10_000 }).toContain(newest);
});
