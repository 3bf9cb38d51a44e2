/** What every `Lock` does. Call it inside a test file with a factory. */
import { setImmediate as turnOfLoop } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { AbortedError, LockTimeoutError } from "../../src/errors.js";
import type { Lock, LockHold } from "../../src/ports.js";

/** Gives a new lock on a real clock; locks of one call share nothing with those of another. */
export type LockFactory = () => Lock | Promise<Lock>;

const LONG = { timeoutMs: 30_000 };
/** For what is free: a busy machine takes a while. Shorter than the time after which a lock that nobody gives back is taken over. */
const FREE = { timeoutMs: 2_000 };
const SHORT = { timeoutMs: 20 };

interface Held {
  readonly hold: LockHold;
  /** Ends the work and waits until the lock is free. */
  readonly release: () => Promise<void>;
}

/** Resolves when the lock is held. */
async function take(lock: Lock, name: string): Promise<Held> {
  let letGo = (): void => {};
  let begun: (hold: LockHold) => void = () => {};
  const holding = new Promise<LockHold>((resolve) => {
    begun = resolve;
  });
  const end = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const run = lock.run(name, LONG, async (hold) => {
    begun(hold);
    await end;
  });
  const hold = await Promise.race([holding, run.then(() => Promise.reject(new Error("the work never began")))]);
  return {
    hold,
    release: async () => {
      letGo();
      await run;
    },
  };
}

async function never(): Promise<never> {
  throw new Error("the work began");
}

export function lockContract(title: string, makeLock: LockFactory): void {
  describe(`${title}: the contract of Lock`, () => {
    it("gives the result of the work", async () => {
      const lock = await makeLock();
      expect(await lock.run("a", LONG, async () => 42)).toBe(42);
    });

    it("passes an error of the work on, and is free again", async () => {
      const lock = await makeLock();
      const failure = new Error("of the work");
      await expect(lock.run("a", LONG, async () => Promise.reject(failure))).rejects.toBe(failure);
      expect(await lock.run("a", FREE, async () => "free")).toBe("free");
    });

    it("is free again after work that throws before its first await", async () => {
      const lock = await makeLock();
      const failure = new Error("at once");
      const work = () => {
        throw failure;
      };
      await expect(lock.run("a", LONG, work)).rejects.toBe(failure);
      expect(await lock.run("a", FREE, async () => "free")).toBe("free");
    });

    it("never runs two works of one name at once, and runs them in the order of the calls", async () => {
      const lock = await makeLock();
      const events: string[] = [];
      const calls = [1, 2, 3, 4, 5].map((one) =>
        lock.run("a", LONG, async () => {
          events.push(`${one} begins`);
          await turnOfLoop();
          events.push(`${one} ends`);
        }),
      );
      await Promise.all(calls);
      expect(events).toEqual([1, 2, 3, 4, 5].flatMap((one) => [`${one} begins`, `${one} ends`]));
    });

    it("lets other names run meanwhile", async () => {
      const lock = await makeLock();
      const held = await take(lock, "a");
      expect(await lock.run("b", FREE, async () => "other")).toBe("other");
      await held.release();
    });

    it("MP-05 ends the wait with LockTimeoutError, and the work never begins", async () => {
      const lock = await makeLock();
      const held = await take(lock, "a");
      const late = await lock.run("a", SHORT, never).catch((error: unknown) => error);
      expect(late).toBeInstanceOf(LockTimeoutError);
      expect(late).toMatchObject({ code: "lock_timeout", retryable: true, sessionKept: true });
      await held.release();
      expect(await lock.run("a", FREE, async () => "free")).toBe("free");
    });

    it("tries once with a bound of 0", async () => {
      const lock = await makeLock();
      expect(await lock.run("a", { timeoutMs: 0 }, async () => "free")).toBe("free");
      const held = await take(lock, "a");
      await expect(lock.run("a", { timeoutMs: 0 }, never)).rejects.toBeInstanceOf(LockTimeoutError);
      await held.release();
    });

    it("rejects with AbortedError when the signal has fired before the call, also when the lock is free", async () => {
      const lock = await makeLock();
      const options = { ...LONG, signal: AbortSignal.abort(new Error("a reason of the caller")) };
      await expect(lock.run("a", options, never)).rejects.toBeInstanceOf(AbortedError);
      expect(await lock.run("a", FREE, async () => "free")).toBe("free");
    });

    it("rejects with AbortedError when the signal fires while it waits; those behind go on", async () => {
      const lock = await makeLock();
      const held = await take(lock, "a");
      const abort = new AbortController();
      const aborted = lock.run("a", { ...LONG, signal: abort.signal }, never).catch((error: unknown) => error);
      const behind = lock.run("a", LONG, async () => "behind");
      await turnOfLoop();
      abort.abort(new Error("a reason of the caller"));
      expect(await aborted).toBeInstanceOf(AbortedError);
      await held.release();
      expect(await behind).toBe("behind");
    });

    it("rejects with AbortedError when the signal fires in the same tick as the lock comes free", async () => {
      const lock = await makeLock();
      const held = await take(lock, "a");
      const abort = new AbortController();
      const aborted = lock.run("a", { ...LONG, signal: abort.signal }, never).catch((error: unknown) => error);
      await turnOfLoop();
      const released = held.release();
      abort.abort();
      await released;
      expect(await aborted).toBeInstanceOf(AbortedError);
      expect(await lock.run("a", FREE, async () => "free")).toBe("free");
    });

    it("leaves work alone when its signal fires after it has begun", async () => {
      const lock = await makeLock();
      const abort = new AbortController();
      const work = async () => {
        abort.abort();
        await turnOfLoop();
        return "done";
      };
      expect(await lock.run("a", { ...LONG, signal: abort.signal }, work)).toBe("done");
    });

    it("goes on with those behind when one in the middle runs out of time", async () => {
      const lock = await makeLock();
      const held = await take(lock, "a");
      const late = lock.run("a", SHORT, never).catch((error: unknown) => error);
      const behind = lock.run("a", LONG, async () => "behind");
      expect(await late).toBeInstanceOf(LockTimeoutError);
      await held.release();
      expect(await behind).toBe("behind");
    });

    it("says that it is still held while the work runs", async () => {
      const lock = await makeLock();
      const held = await take(lock, "a");
      expect(held.hold.stillHeld()).toBe(true);
      await turnOfLoop();
      expect(held.hold.stillHeld()).toBe(true);
      await held.release();
    });

    it("serves 1000 waiting callers one by one", async () => {
      const lock = await makeLock();
      let inside = 0;
      let most = 0;
      const work = async () => {
        inside += 1;
        most = Math.max(most, inside);
        await Promise.resolve();
        inside -= 1;
      };
      await Promise.all(Array.from({ length: 1000 }, () => lock.run("a", LONG, work)));
      expect({ inside, most }).toEqual({ inside: 0, most: 1 });
    });
  });
}
