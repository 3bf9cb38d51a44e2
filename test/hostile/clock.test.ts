import { expect, onTestFinished, test, vi } from "vitest";
import { editRecord } from "./world/records.js";
import { startWorld } from "./world.js";

const never = { interaction: "never" } as const;

test("with a clock that was set back, a token from the future is not trusted but renewed", async () => {
  const world = await startWorld();
  const before = await world.signIn();
  editRecord(world, (record) => {
    const token = (record.accessTokens as { default: { obtainedAt: number; expiresAt: number } }).default;
    token.obtainedAt += 3_600_000;
    token.expiresAt += 3_600_000;
  });
  expect(await world.client(never).getAccessToken()).not.toBe(before);
});

test.each([
  ["behind", 120_000],
  ["ahead", -120_000],
])("TV-35 a clock that is two minutes %s: login and renewal work", async (_title, offset) => {
  const world = await startWorld({ now: () => Date.now() + offset });
  const client = world.client();
  const first = await client.getAccessToken();
  expect(await client.getAccessToken({ forceRefresh: true })).not.toBe(first);
  expect(await world.client(never).getAccessToken()).not.toBe(first);
});

test("TV-35 a clock that is ten minutes ahead is named as a reason, and the session is kept", async () => {
  const world = await startWorld({ now: () => Date.now() - 600_000 });
  const error = await world.failure(world.client().getAccessToken());
  expect(error).toMatchObject({ code: "token_validation", claim: "exp", sessionKept: true });
  expect(error.message).toContain("clock");
});

/** A machine whose wall clock jumps while a client runs. The monotonic clock goes on. */
function jumping() {
  let offset = 0;
  vi.spyOn(Date, "now").mockImplementation(() => Math.round(performance.timeOrigin + performance.now()) + offset);
  onTestFinished(() => void vi.restoreAllMocks());
  return (ms: number) => void (offset += ms);
}

test.each([
  ["an hour forwards", 3_600_000],
  ["an hour backwards", -3_600_000],
  ["a year forwards", 365 * 86_400_000],
  ["to before the session began, and ten years", -3650 * 86_400_000],
])("a wall clock that jumps %s costs one renewal at most, and loses nothing", async (_title, ms) => {
  const jump = jumping();
  const world = await startWorld();
  const client = world.client();
  await client.getAccessToken();
  jump(ms);
  world.provider.ledger.clear();
  await client.getAccessToken();
  await client.getAccessToken();
  await world.client(never).getAccessToken();
  expect(world.provider.ledger.count("token")).toBeLessThanOrEqual(1);
  expect(world.opened()).toBe(1);
});

test("a wall clock that jumps forwards and back again does not sign anybody out", async () => {
  const jump = jumping();
  const world = await startWorld();
  const client = world.client();
  await client.getAccessToken();
  jump(86_400_000);
  await client.getAccessToken();
  jump(-86_400_000);
  await client.getAccessToken();
  await world.client(never).getAccessToken();
  expect(world.opened()).toBe(1);
});

test("a wall clock that jumps while a person signs in neither ends the login nor lets it last for ever", async () => {
  const jump = jumping();
  const world = await startWorld();
  const client = world.client({
    openBrowser: async (url) => {
      jump(3_600_000);
      await world.provider.authorize(url);
    },
  });
  await client.getAccessToken();
  const waiting = world.client({
    clientId: "other",
    loginTimeoutSeconds: 0.5,
    openBrowser: () => void jump(-3_600_000),
  });
  expect(await world.failure(waiting.getAccessToken())).toMatchObject({ code: "timeout" });
});
