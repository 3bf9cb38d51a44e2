import { expect, test } from "vitest";
import { TokenMemory } from "../../src/session/memory.js";
import type { SessionRecord } from "../../src/token-set.js";
import { FakeClock } from "../support/fake-clock.js";

test("MT-07 a token that is distrusted is not given before the store was looked at, where nothing marks the store", async () => {
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
  memory.hold(record);
  expect([memory.isDistrusted, await memory.hot()]).toEqual([false, "t"]);
  memory.distrust();
  expect([memory.isDistrusted, memory.hot()]).toEqual([true, undefined]);
  memory.hold(record);
  expect([memory.isDistrusted, await memory.hot()]).toEqual([false, "t"]);
});
