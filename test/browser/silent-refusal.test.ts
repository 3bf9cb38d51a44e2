import { expect, test } from "vitest";
import { SilentRefusals } from "../../src/browser/silent-refusal.js";
import type { RecordStore } from "../../src/ports.js";
import { createMemoryStore } from "../../src/session/in-memory.js";
import { FakeClock } from "../support/fake-clock.js";

const MINUTE = 60_000;

function open(notes: RecordStore = createMemoryStore()) {
  const clock = new FakeClock();
  return { clock, notes, refusals: new SilentRefusals(notes, clock) };
}

test("PG-25 what was said is remembered for 1, 4 and then 10 minutes at a time", async () => {
  const { clock, refusals } = open();
  for (const minutes of [1, 4, 10, 10]) {
    expect(await refusals.recall("key")).toBeUndefined();
    await refusals.remember("key", "login_required", clock.now());
    await clock.advance(minutes * MINUTE - 1);
    expect(await refusals.recall("key")).toMatchObject({
      code: "login_required",
      reason: "provider_requires_interaction",
      message: expect.stringContaining("(login_required)"),
    });
    await clock.advance(1);
  }
});

test("PG-25 two tabs that asked at the same time count once", async () => {
  const { clock, refusals, notes } = open();
  const began = clock.now();
  await clock.advance(5);
  await refusals.remember("key", "login_required", began);
  await new SilentRefusals(notes, clock).remember("key", "timeout", began);
  await clock.advance(MINUTE);
  expect(await refusals.recall("key")).toBeUndefined();
});

test("PG-25 it is forgotten when somebody signs in, and concerns that session alone", async () => {
  const { clock, refusals } = open();
  await refusals.remember("key", "login_required", clock.now());
  expect(await refusals.recall("other")).toBeUndefined();
  await refusals.forget("key");
  expect(await refusals.recall("key")).toBeUndefined();
});

test.each<[string, unknown]>([
  ["a clock that has gone back", { count: 1, at: Date.parse("2100-01-01"), said: "login_required" }],
  ["a text that is no code", { count: 1, at: 0, said: "<b>call 555</b>" }],
  ["no count", { at: 0, said: "login_required" }],
  ["a text", "login_required"],
])("%s is no refusal", async (_title, value) => {
  const { refusals, notes } = open();
  await notes.put("silent.key", value);
  expect(await refusals.recall("key")).toBeUndefined();
});

test("a store that fails, or never answers, keeps nobody from asking", async () => {
  const fail = async () => Promise.reject(new Error("broken"));
  const broken = open({ read: fail, update: fail, put: fail, delete: fail });
  await broken.refusals.remember("key", "timeout", 0);
  await broken.refusals.forget("key");
  expect(await broken.refusals.recall("key")).toBeUndefined();
  const { clock, refusals } = open({ read: () => new Promise(() => {}), update: fail, put: fail, delete: fail });
  const recalled = refusals.recall("key");
  await clock.advance(1000);
  expect(await recalled).toBeUndefined();
});
