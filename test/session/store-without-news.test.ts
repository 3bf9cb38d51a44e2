/** A store of the program's own in Node: nothing tells that another client has changed what it holds. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { fragileStore } from "../hostile/world/records.js";
import { watchByTime } from "../../src/session/in-memory.js";
import { startWorld } from "../hostile/world.js";
import type { Clock } from "../../src/ports.js";

const never = { interaction: "never" } as const;
/** A little more than the second within which a sign-out is noticed. */
const NOTICED_MS = 1100;

test("MP-10 another client's sign-out is noticed within a second, also where the store has no marks", async () => {
  const world = await startWorld();
  const { store } = fragileStore();
  const [one, other] = [world.client({ storage: store }), world.client({ storage: store })];
  const token = await one.getAccessToken();
  expect(await one.getAccessToken()).toBe(token);
  await other.signOut({ local: true });
  await sleep(NOTICED_MS);
  expect(await world.failure(one.getAccessToken(never))).toMatchObject({
    code: "login_required",
    reason: "signed_out",
  });
});

test("a store that cannot be read does not take the token away that is in memory", async () => {
  const world = await startWorld();
  const { store, fail } = fragileStore();
  const client = world.client({ storage: store });
  const token = await client.getAccessToken();
  fail.get = Object.assign(new Error("broken"), { code: "EIO" });
  await sleep(NOTICED_MS);
  expect(await client.getAccessToken(never)).toBe(token);
  const forced = client.getAccessToken({ ...never, forceRefresh: true });
  expect(await world.failure(forced)).toMatchObject({ code: "storage", sessionKept: true });
});

test.each(["stored", "refused with invalid_grant"])(
  "another client's sign-out while a refresh is on its way: the refresh that is then %s takes memory's token away at once",
  async (what) => {
    const world = await startWorld();
    const { store } = fragileStore();
    const [one, other] = [world.client({ storage: store }), world.client({ storage: store })];
    await one.getAccessToken();
    world.provider.once("token", async (exchange) => {
      const answer = what === "stored" ? await exchange.next() : exchange.error("invalid_grant");
      await other.signOut({ local: true });
      return answer;
    });
    world.meddled();
    const signedOut = { code: "login_required", reason: "signed_out" };
    expect(await world.failure(one.getAccessToken({ ...never, forceRefresh: true }))).toMatchObject(signedOut);
    expect(await world.failure(one.getAccessToken(never))).toMatchObject(signedOut);
  },
);

test.each([
  ["both clocks go on", 1000, 1000, true],
  ["less than a second passes", 999, 999, false],
  ["the machine sleeps, and the monotonic clock stands still", 0, 60_000, true],
  ["the wall clock is set back", 0, -1, true],
])("where %s the record counts as changed, or not", (_what, monotonicMs, wallMs, expected) => {
  let passed = { monotonic: 0, wall: 0 };
  const clock: Pick<Clock, "now" | "monotonic"> = { monotonic: () => passed.monotonic, now: () => passed.wall };
  const watch = watchByTime(clock);
  expect(watch.hasChanged()).toBe(true);
  watch.mark();
  expect(watch.hasChanged()).toBe(false);
  passed = { monotonic: monotonicMs, wall: wallMs };
  expect(watch.hasChanged()).toBe(expected);
});
