import { expect, it } from "vitest";
import { beforeDeadline } from "../../src/settle.js";
import { FakeClock } from "../support/fake-clock.js";

const late = () => new Error("late");

it("settles as the work does, and leaves no timer", async () => {
  const clock = new FakeClock();
  await expect(beforeDeadline(clock, 10, late, () => Promise.resolve(1))).resolves.toBe(1);
  await expect(beforeDeadline(clock, 10, late, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  const throws = () => {
    throw new Error("at once");
  };
  await expect(beforeDeadline(clock, 10, late, throws)).rejects.toThrow("at once");
  expect(clock.sleepers).toBe(0);
});

it("rejects when the time is up, whatever the work does later", async () => {
  const clock = new FakeClock();
  let fail: (error: Error) => void = () => {};
  const work = () => new Promise<never>((_, reject) => (fail = reject));
  const outcome = expect(beforeDeadline(clock, 10, late, work)).rejects.toThrow("late");
  await clock.advance(10);
  await outcome;
  fail(new Error("nobody listens"));
});

it.each([
  [50, 250],
  [300, 250],
  [5000, 1000],
])(
  "reads what arrived while the process was stopped %i ms past the limit, and gives up then",
  async (pastMs, catchUpMs) => {
    const clock = new FakeClock();
    const before = clock.monotonic.bind(clock);
    let stoppedMs = 0;
    clock.monotonic = () => before() + stoppedMs;
    let answer = (_value: string) => {};
    const work = () => new Promise<string>((resolve) => (answer = resolve));
    const arrived = beforeDeadline(clock, 10, late, work);
    const never = expect(beforeDeadline(clock, 10, late, () => new Promise<never>(() => {}))).rejects.toThrow("late");
    stoppedMs = pastMs;
    await clock.advance(10);
    answer("arrived");
    await expect(arrived).resolves.toBe("arrived");
    await clock.advance(catchUpMs);
    await never;
  },
);
