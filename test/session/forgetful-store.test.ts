/** A store that takes a write and does not keep it. */
import { expect, test } from "vitest";
import { startWorld } from "../hostile/world.js";
import { forced, never, signedIn } from "./signed-in.js";

test("SE-05 a store that takes every write and keeps nothing: the session lives in memory, and an event tells", async () => {
  const world = await startWorld();
  const storage = { get: async () => undefined, set: async () => {}, delete: async () => {} };
  const client = world.client({ storage, storageTimeoutSeconds: 0.2 });
  const kinds: string[] = [];
  client.on("storage", ({ error }) => kinds.push(error.kind));
  const token = await client.getAccessToken();
  expect(await client.getAccessToken({ ...never, minValiditySeconds: 60 })).toBe(token);
  const renewed = await client.getAccessToken(forced);
  expect(await client.getAccessToken({ ...never, minValiditySeconds: 60 })).toBe(renewed);
  expect(world.opened()).toBe(1);
  expect(kinds).toEqual(["unavailable"]);
});

test("SE-05 a store that keeps what it had: the new session lives in memory, and an event tells", async () => {
  const { world, store } = await signedIn();
  world.provider.settings.subject = "bob";
  const client = world.client({ storage: { ...store, set: async () => {} }, storageTimeoutSeconds: 0.2 });
  const kinds: string[] = [];
  client.on("storage", ({ error }) => kinds.push(error.kind));
  await client.signIn();
  expect((await client.getTokenSet({ ...never, minValiditySeconds: 60 })).idTokenClaims?.sub).toBe("bob");
  await client.getAccessToken(forced);
  expect(world.provider.sessionAlive()).toBe(true);
  expect(kinds).toEqual(["unavailable"]);
});

test("SE-05 a store that forgets what it had when it is written to: an event tells", async () => {
  const { world, store, records } = await signedIn();
  const set = async () => records.clear();
  const client = world.client({ storage: { ...store, set }, storageTimeoutSeconds: 0.2 });
  const kinds: string[] = [];
  client.on("storage", ({ error }) => kinds.push(error.kind));
  await client.getAccessToken(forced);
  await expect.poll(() => kinds).toEqual(["unavailable"]);
});
