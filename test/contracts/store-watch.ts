/** The contract of StoreWatch (src/ports.ts). Every adapter's test calls this. */
import { beforeEach, describe, expect, it } from "vitest";
import type { RecordStore, StoreWatch } from "../../src/ports.js";

export interface WatchUnderTest {
  readonly watch: StoreWatch;
  /** The store as somebody else has opened it; `announce` follows each of its changes. */
  readonly other: RecordStore;
  readonly announce: () => void;
}

/** `settled` resolves when an announcement has had the time to arrive [at once]. */
export function describeStoreWatch(
  name: string,
  make: () => WatchUnderTest | Promise<WatchUnderTest>,
  settled: () => Promise<void> = async () => {},
): void {
  describe(`${name} fulfils the contract of StoreWatch`, () => {
    let watch: StoreWatch;
    let change: (key: string, value: unknown) => Promise<void>;
    beforeEach(async () => {
      const made = await make();
      watch = made.watch;
      change = async (key, value) => {
        await made.other.update(key, () => (value === undefined ? { delete: true } : { value }));
        made.announce();
        await settled();
      };
    });

    it("Before the first mark, the record may have changed", () => {
      expect(watch.hasChanged()).toBe(true);
    });

    it("After a mark it has not, however often that is asked", () => {
      watch.mark();
      expect([watch.hasChanged(), watch.hasChanged()]).toEqual([false, false]);
    });

    it("A write, a replacement and a deletion by somebody else count, until the next mark", async () => {
      for (const value of [{ n: 1 }, { n: 2 }, undefined, { n: 3 }]) {
        watch.mark();
        await change("key", value);
        expect(watch.hasChanged()).toBe(true);
        expect(watch.hasChanged()).toBe(true);
        watch.mark();
        expect(watch.hasChanged()).toBe(false);
      }
    });

    it("A deletion by somebody else counts, also where it brings back the state before this client's own first write", async () => {
      watch.mark();
      await change("key", { n: 1 });
      watch.announce();
      await change("key", undefined);
      expect(watch.hasChanged()).toBe(true);
    });

    it("A change of another record does not", async () => {
      watch.mark();
      await change("other", { n: 1 });
      expect(watch.hasChanged()).toBe(false);
    });

    it("Announcing and closing never throw, also twice", () => {
      watch.announce();
      watch.close();
      watch.close();
      watch.announce();
      expect(watch.trustMs).toBeGreaterThan(0);
    });
  });
}
