import { expect, test } from "vitest";
import { TokenMemory } from "../../src/session/token-memory.js";
import type { SessionRecord } from "../../src/session/token-set.js";
import { FakeClock } from "../support/fake-clock.js";

test("MT-07 a token that is distrusted is not given before the store was looked at, where nothing marks the store", () => {
  const clock = new FakeClock();
  const memory = new TokenMemory(clock, 30_000, 120_000);
  const token = {
    token: "t",
    tokenType: "Bearer",
    obtainedAt: clock.now(),
    expiresAt: clock.now() + 300_000,
    scopes: [],
    audiences: [],
  };
  const record: SessionRecord = {
    version: 1,
    id: "1",
    issuer: "https://id.example",
    clientId: "app",
    accessTokens: { default: token },
  };
  const mark = () => undefined;
  memory.hold(record, undefined, false);
  expect(memory.stillMarked(mark, false)).toBe(true);
  memory.distrust();
  expect(memory.hot()).toBeUndefined();
  expect(memory.stillMarked(mark, false)).toBe(false);
  expect(memory.hot()).toBeUndefined();
  memory.hold(record, undefined, false);
  expect(memory.stillMarked(mark, false)).toBe(true);
});
