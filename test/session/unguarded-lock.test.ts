/** A store that is known to take no write, since not even its lock can be made: what serves once is not sent. */
import { expect, test } from "vitest";
import { type Lock, StorageError } from "../../src/node/index.js";
import { fragileStore } from "../hostile/world/records.js";
import { startWorld } from "../hostile/world.js";
import { full, never } from "./signed-in.js";

const isUnguarded = new StorageError("permission", "/read-only/refresh.lock could not be made.", {
  causeCode: "EROFS",
});
const unguarded: Lock = { run: (_name, _options, work) => work({ stillHeld: () => true, isUnguarded }) };

/** A program whose store is read-only, beside another one that can write. */
async function readOnly(rotates = true) {
  const world = await startWorld();
  world.provider.settings.rotateRefreshTokens = rotates;
  const { store } = fragileStore();
  const host = world.client({ storage: store });
  const token = await host.getAccessToken();
  const refuse = () => Promise.reject(full);
  const storage = { get: store.get, set: refuse, delete: refuse, lock: unguarded };
  return { world, token, host, inside: world.client({ storage, ...never }) };
}

test("LK-11 a rotating refresh token is not sent; the stored token is given while it has time left", async () => {
  const { world, token, host, inside } = await readOnly();
  const sent = world.provider.ledger.count("token");
  expect(await inside.getAccessToken()).toBe(token);
  const error = await world.failure(inside.getAccessToken({ rejectedToken: token }));
  expect(error).toMatchObject({ code: "storage", kind: "permission", causeCode: "EROFS", sessionKept: true });
  expect(error.message).toContain("takes no write (EROFS)");
  expect(world.provider.ledger.count("token")).toBe(sent);
  await host.getAccessToken({ ...never, forceRefresh: true });
  expect(world.provider.sessionAlive()).toBe(true);
});

test("LK-11 one that has served more than once is sent", async () => {
  const { world, token, host, inside } = await readOnly(false);
  await host.getAccessToken({ ...never, forceRefresh: true });
  world.provider.ledger.clear();
  expect(await inside.getAccessToken({ ...never, forceRefresh: true })).not.toBe(token);
});

test("LK-11 so is one that this program alone holds, since the store never took it", async () => {
  const world = await startWorld();
  const { store, fail } = fragileStore();
  fail.set = full;
  const client = world.client({ storage: { ...store, lock: unguarded } });
  const token = await client.getAccessToken();
  expect(await client.getAccessToken({ ...never, forceRefresh: true })).not.toBe(token);
});
