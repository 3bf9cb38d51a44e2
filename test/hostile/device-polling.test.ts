/** The pace of the device flow's polls, on a clock whose pauses pass at once and are written down. */
import { expect, onTestFinished, test } from "vitest";
import { readNodeOptions } from "../../src/node/options.js";
import type { Clock } from "../../src/ports.js";
import { AuthorizationServer } from "../../src/protocol/authorization-server.js";
import { startDeviceFlow } from "../../src/protocol/device.js";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.js";

const REQUEST_TIMEOUT_MS = 30_000;

class HurriedClock implements Clock {
  readonly pauses: number[] = [];
  #passed = 0;

  readonly now = (): number => Date.UTC(2026, 0, 1) + this.#passed;

  monotonic(): number {
    return this.#passed;
  }

  /** A pause is over at once. A request's time limit is no pause, and no request here is slow. */
  after(ms: number, action: () => void): () => void {
    if (ms !== REQUEST_TIMEOUT_MS) {
      this.#passed += ms;
      this.pauses.push(ms / 1000);
      queueMicrotask(action);
    }
    return () => {};
  }

  background(ms: number, action: () => void): () => void {
    return this.after(ms, action);
  }
}

/** Starts a device login whose answer a test changes. */
async function startPolling(
  change: object,
): Promise<{ provider: FakeProvider; clock: HurriedClock; poll: () => Promise<unknown> }> {
  const clock = new HurriedClock();
  const provider = await startFakeProvider({ now: clock.now });
  onTestFinished(() => provider.close());
  provider.on("device_authorization", async (exchange) => {
    const answer = await exchange.next();
    Object.assign(answer.json, change);
    return answer;
  });
  const options = { clientId: "prizm", issuer: provider.issuer, allowInsecureLoopback: true };
  const server = new AuthorizationServer(readNodeOptions(options, {} as NodeJS.ProcessEnv), clock);
  const { signal } = new AbortController();
  const pending = await startDeviceFlow(server, signal);
  return { provider, clock, poll: () => pending.poll(signal) };
}

/** The provider answers so, one poll each; then the person has approved. */
function answers(provider: FakeProvider, ...errors: string[]): void {
  for (const error of errors) provider.once("token", (exchange) => exchange.error(error));
  provider.approveDevice();
}

test.each([
  ["missing", undefined],
  ["null", null],
  ["zero", 0],
  ["negative", -1],
  ["a word", "often"],
  ["an empty text", ""],
  ["a list", [1]],
])("DV-02 an interval that is %s is five seconds", async (_title, interval) => {
  const { provider, clock, poll } = await startPolling({ interval });
  answers(provider, "authorization_pending");
  await poll();
  expect(clock.pauses).toEqual([5, 5]);
});

test("DV-02 an interval that is a number in a text is that number", async () => {
  const { provider, clock, poll } = await startPolling({ interval: "7" });
  answers(provider);
  await poll();
  expect(clock.pauses).toEqual([7]);
});

test("DV-02 an interval close to zero does not make the client ask without a pause", async () => {
  const { provider, clock, poll } = await startPolling({ interval: 5e-324 });
  answers(provider, "authorization_pending");
  await poll();
  expect(clock.pauses).toEqual([0.1, 0.1]);
});

test("DV-03 slow_down adds five seconds each time, and they stay", async () => {
  const { provider, clock, poll } = await startPolling({ interval: 5 });
  answers(provider, "slow_down", "slow_down", "authorization_pending");
  await poll();
  expect(clock.pauses).toEqual([5, 10, 15, 15]);
});

test("DV-07 the last pause ends with the code, not after it", async () => {
  const { provider, clock, poll } = await startPolling({ interval: 5, expires_in: 12 });
  provider.on("token", (exchange) => exchange.error("authorization_pending"));
  await expect(poll()).rejects.toMatchObject({ code: "timeout" });
  expect(clock.pauses).toEqual([5, 5, 2]);
  expect(provider.ledger.count("token")).toBe(2);
});

test("DV-07 a code that lives longer than a day is given up after a day", async () => {
  const { provider, clock, poll } = await startPolling({ interval: 20_000, expires_in: 1e9 });
  provider.on("token", (exchange) => exchange.error("authorization_pending"));
  await expect(poll()).rejects.toMatchObject({ code: "timeout" });
  expect(clock.pauses.reduce((sum, pause) => sum + pause, 0)).toBe(86_400);
});
