import { expect, it } from "vitest";
import { LockTimeoutError } from "../../src/errors.js";
import { createMemoryLock } from "../../src/session/in-memory.js";
import { systemClock } from "../../src/clock.js";
import { lockContract } from "../contracts/lock.js";
import { FakeClock } from "../support/fake-clock.js";

lockContract("memory lock", () => createMemoryLock(systemClock));

it("counts the wait on the monotonic clock, and leaves no timer", async () => {
  const clock = new FakeClock();
  const lock = createMemoryLock(clock);
  let letGo = (): void => {};
  const held = lock.run("a", { timeoutMs: 1000 }, () => new Promise<void>((resolve) => (letGo = resolve)));
  const late = lock.run("a", { timeoutMs: 1000 }, async () => "begun").catch((error: unknown) => error);
  const patient = lock.run("a", { timeoutMs: 5000 }, async () => "begun");
  await clock.waitForSleepers(2);
  clock.jump(3_600_000);
  expect(clock.pendingMs).toEqual([1000, 5000]);
  await clock.advance(1000);
  expect(await late).toBeInstanceOf(LockTimeoutError);
  letGo();
  await held;
  expect(await patient).toBe("begun");
  expect(clock.sleepers).toBe(0);
});

it("keeps two locks apart", async () => {
  const clock = new FakeClock();
  const [one, other] = [createMemoryLock(clock), createMemoryLock(clock)];
  const nested = await one.run("a", { timeoutMs: 0 }, () => other.run("a", { timeoutMs: 0 }, async () => "both"));
  expect(nested).toBe("both");
});
