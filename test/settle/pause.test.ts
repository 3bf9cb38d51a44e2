import { expect, it } from "vitest";
import { pause } from "../../src/settle.js";
import { FakeClock } from "../support/fake-clock.js";

it("ends when its time has come, and leaves no listener on the signal", async () => {
  const clock = new FakeClock();
  const { signal } = new AbortController();
  let listeners = 0;
  signal.addEventListener = () => void (listeners += 1);
  signal.removeEventListener = () => void (listeners -= 1);
  const paused = pause(clock, 10, signal);
  expect(listeners).toBe(1);
  await clock.advance(10);
  await paused;
  expect(listeners).toBe(0);
});

it("rejects with the signal's reason, and leaves no timer", async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const reason = new Error("enough");
  const paused = pause(clock, 10, controller.signal);
  controller.abort(reason);
  await expect(paused).rejects.toBe(reason);
  expect(clock.sleepers).toBe(0);
  await expect(pause(clock, 10, controller.signal)).rejects.toBe(reason);
  expect(clock.sleepers).toBe(0);
});
