/** The contract of KeyValueStore (src/ports.ts). Every adapter's test calls this. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KeyValueStore } from "../../src/ports.js";

/** One place where records are kept, empty at first. */
export interface StoreUnderTest {
  readonly store: KeyValueStore;
  /** Opens the same place once more, as another process or tab does. Absent where records end with the object. */
  readonly reopen?: () => KeyValueStore | Promise<KeyValueStore>;
  /** Removes what the test made. */
  readonly dispose?: () => void | Promise<void>;
}

const record = {
  version: 1,
  text: 'æøå \u{1f511} \u2028 "quoted" \0',
  nothing: null,
  yes: true,
  number: -1.5e300,
  nested: { list: [1, "two", [3], {}], empty: [] },
};

/** Describes the tests that a store must pass. `make` is called before each. */
export function describeKeyValueStore(name: string, make: () => StoreUnderTest | Promise<StoreUnderTest>): void {
  describe(`${name} fulfils the contract of KeyValueStore`, () => {
    let place: StoreUnderTest;
    let store: KeyValueStore;
    /** The store as somebody else sees it, where there can be somebody else. */
    let other: KeyValueStore;
    beforeEach(async () => {
      place = await make();
      store = place.store;
      other = (await place.reopen?.()) ?? store;
    });
    afterEach(() => place.dispose?.());

    it("A missing record is undefined", async () => {
      expect(await store.get("missing")).toBeUndefined();
    });

    it("A record comes back as it was written, also to another who opens the store", async () => {
      await store.set("key", record);
      expect(await store.get("key")).toStrictEqual(record);
      expect(await other.get("key")).toStrictEqual(record);
    });

    it.each([
      ["null", null],
      ["false", false],
      ["0", 0],
      ["an empty text", ""],
      ["an empty list", []],
    ])("%s is a record", async (_name, value) => {
      await store.set("key", value);
      expect(await other.get("key")).toStrictEqual(value);
    });

    it("A record of 300,000 characters comes back whole", async () => {
      const large = { text: "0123456789".repeat(30_000) };
      await store.set("key", large);
      expect(await other.get("key")).toStrictEqual(large);
    });

    it("A write replaces all of the old record", async () => {
      await store.set("key", { long: "x".repeat(5000), gone: true });
      await other.set("key", { short: 1 });
      expect(await store.get("key")).toStrictEqual({ short: 1 });
    });

    it("What the caller does later to a value that it gave or got changes nothing in the store", async () => {
      const given = { list: [1] };
      await store.set("key", given);
      given.list.push(2);
      const got = (await store.get("key")) as { list: number[] };
      got.list.push(3);
      expect(await store.get("key")).toStrictEqual({ list: [1] });
    });

    it("A deleted record is undefined to everybody, and can be written again", async () => {
      await store.set("key", record);
      await other.delete("key");
      expect(await store.get("key")).toBeUndefined();
      expect(await other.get("key")).toBeUndefined();
      await store.set("key", { again: true });
      expect(await other.get("key")).toStrictEqual({ again: true });
    });

    it("Deleting a missing record succeeds", async () => {
      await store.delete("missing");
      await store.delete("missing");
      expect(await store.get("missing")).toBeUndefined();
    });

    it("Keys that resemble each other are different records", async () => {
      const keys = [
        "a",
        "a.json",
        "a.json.1-a.tmp",
        "a.json.corrupt-0123456789abcdef",
        "a-",
        "a_",
        ".a",
        "..",
        "k".repeat(99),
        "k".repeat(100),
      ];
      for (const key of keys) await store.set(key, { key });
      for (const key of keys) expect(await other.get(key)).toStrictEqual({ key });
      await store.delete("a");
      for (const key of keys.slice(1)) expect(await other.get(key)).toStrictEqual({ key });
    });

    it("A reader during writes sees whole records only", async () => {
      const makeRecord = (n: number) => ({ n, filling: String(n % 10).repeat(20_000 + n) });
      await store.set("key", makeRecord(0));
      const writes = Array.from({ length: 10 }, (_, n) => store.set("key", makeRecord(n + 1)));
      const reads = Array.from({ length: 20 }, () => other.get("key"));
      for (const seen of [...(await Promise.all(reads)), (await Promise.all(writes), await other.get("key"))]) {
        expect(seen).toStrictEqual(makeRecord((seen as { n: number }).n));
      }
    });

    it("Writes and deletions of one caller that were not waited for leave a whole record or none", async () => {
      const calls = [
        store.set("key", record),
        store.delete("key"),
        store.set("key", record),
        store.delete("key"),
        store.set("key", record),
      ];
      await Promise.all(calls);
      expect([undefined, record]).toContainEqual(await other.get("key"));
    });
  });
}
