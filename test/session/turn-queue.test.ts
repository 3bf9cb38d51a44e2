import { expect, it } from "vitest";
import { AbortedError } from "../../src/errors.js";
import { TurnQueue } from "../../src/session/in-memory.js";
import { FakeClock } from "../support/fake-clock.js";

const LONG = { timeoutMs: 1000 };

it("gives a turn on to the next one when its owner aborts in the instant in which it gets it", async () => {
  const clock = new FakeClock();
  const turns = new TurnQueue();
  const end = await turns.take("a", LONG, clock);
  const abort = new AbortController();
  const aborted = turns.take("a", { ...LONG, signal: abort.signal }, clock).catch((error: unknown) => error);
  const next = turns.take("a", LONG, clock);
  end();
  abort.abort();
  expect(await aborted).toBeInstanceOf(AbortedError);
  (await next)();
  expect(clock.sleepers).toBe(0);
});

it("ends a turn once, however often it is told", async () => {
  const clock = new FakeClock();
  const turns = new TurnQueue();
  const end = await turns.take("a", LONG, clock);
  end();
  const second = await turns.take("a", LONG, clock);
  const third = turns.take("a", LONG, clock).then(() => "third");
  end();
  expect(await Promise.race([third, Promise.resolve("waiting")])).toBe("waiting");
  await clock.advance(0);
  expect(clock.sleepers).toBe(1);
  second();
  expect(await third).toBe("third");
});
