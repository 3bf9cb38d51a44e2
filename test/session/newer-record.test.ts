/** A record that a newer version of the library has written. */
import { expect, test } from "vitest";
import { editRecord, fragileStore } from "../hostile/world/records.js";
import { startWorld } from "../hostile/world.js";

const never = { interaction: "never" } as const;

async function withNewerRecord() {
  const world = await startWorld();
  await world.signIn();
  editRecord(world, (record) => (record.version = 2));
  return world;
}

test("SE-13 destroyTokens() and signOut() say that the session stays in the store", async () => {
  const world = await withNewerRecord();
  const before = world.stored();
  const error = await world.failure(world.client().destroyTokens());
  expect(error).toMatchObject({ code: "storage", kind: "version", retryable: false });
  const { errors } = await world.client().signOut();
  expect(errors).toMatchObject([{ code: "storage", kind: "version" }]);
  expect(world.stored()).toEqual(before);
});

test("SE-13 the client that says so gives no token afterwards", async () => {
  const world = await withNewerRecord();
  const client = world.client(never);
  await client.signOut({ local: true });
  expect(await world.failure(client.getAccessToken())).toMatchObject({ code: "login_required" });
});

test("SE-13 the same where the newer version writes while the client has a token in memory, in a store of the program's own", async () => {
  const world = await startWorld();
  const { store, records } = fragileStore();
  const client = world.client({ storage: store });
  await client.getAccessToken();
  for (const [key, text] of records) records.set(key, JSON.stringify({ ...JSON.parse(text), version: 3 }));
  const { errors } = await client.signOut({ local: true });
  expect(errors).toMatchObject([{ code: "storage", kind: "version" }]);
  expect(records.size).toBe(1);
  expect(await world.failure(client.getAccessToken(never))).toMatchObject({ reason: "signed_out" });
});
