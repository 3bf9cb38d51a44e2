import { expect, it } from "vitest";
import { pause } from "../../src/settle.js";
import { FakeClock } from "../support/fake-clock.js";

it("wakes due sleepers in order of time, each at its own moment", async () => {
  const clock = new FakeClock(1000);
  const woken: string[] = [];
  const sleeper = async (name: string, ms: number): Promise<void> => {
    await pause(clock, ms);
    woken.push(`${name}@${clock.now()}/${clock.monotonic()}`);
  };
  const all = [sleeper("c", 30), sleeper("a", 10), sleeper("b", 10), sleeper("d", 31)];
  await clock.advance(30);
  expect(woken).toEqual(["a@1010/10", "b@1010/10", "c@1030/30"]);
  expect([clock.sleepers, clock.pendingMs]).toEqual([1, [1]]);
  await clock.advance(1);
  await Promise.all(all);
});

it("lets a woken one sleep again within the same advance", async () => {
  const clock = new FakeClock();
  let rounds = 0;
  const loop = (async () => {
    for (; rounds < 3; rounds += 1) await pause(clock, 5000);
  })();
  await clock.advance(14_999);
  expect(rounds).toBe(2);
  await clock.advance(1);
  await loop;
});

it("jumps the wall clock alone", async () => {
  const clock = new FakeClock(1000);
  let woken = false;
  const sleeping = pause(clock, 10).then(() => {
    woken = true;
  });
  clock.jump(-500);
  clock.jump(60_000);
  await clock.advance(9);
  expect([woken, clock.now(), clock.monotonic()]).toEqual([false, 60_509, 9]);
  await clock.advance(1);
  await sleeping;
});

it("tells when so many sleep", async () => {
  const clock = new FakeClock();
  const two = clock.waitForSleepers(2).then(() => clock.sleepers);
  void pause(clock, 1);
  void pause(clock, 2);
  expect(await two).toBe(2);
  await clock.waitForSleepers();
});
