/** The contract of RecordStore (src/ports.ts). Every adapter's test calls this. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RecordStore } from "../../src/ports.js";

/** One place where records are kept, empty at first. */
export interface RecordsUnderTest {
  readonly store: RecordStore;
  /** Opens the same place once more, as another process or tab does. Absent where records end with the object. */
  readonly reopen?: () => RecordStore | Promise<RecordStore>;
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

const put = (store: RecordStore, key: string, value: unknown) => store.update(key, () => ({ value }));
const remove = (store: RecordStore, key: string) => store.update(key, () => ({ delete: true }));

/** Describes the tests that a store must pass. `make` is called before each. */
export function describeRecordStore(name: string, make: () => RecordsUnderTest | Promise<RecordsUnderTest>): void {
  describe(`${name} fulfils the contract of RecordStore`, () => {
    let place: RecordsUnderTest;
    let store: RecordStore;
    /** The store as somebody else sees it, where there can be somebody else. */
    let other: RecordStore;
    beforeEach(async () => {
      place = await make();
      store = place.store;
      other = (await place.reopen?.()) ?? store;
    });
    afterEach(() => place.dispose?.());

    it("A missing record is undefined, to a reader and to a change", async () => {
      expect(await store.read("missing")).toBeUndefined();
      const seen: unknown[] = [];
      await store.update("missing", (current) => void seen.push(current));
      expect(new Set(seen)).toEqual(new Set([undefined]));
    });

    it("A record comes back as it was written, also to another who opens the store, and to a change", async () => {
      await put(store, "key", record);
      expect(await store.read("key")).toStrictEqual(record);
      expect(await other.read("key")).toStrictEqual(record);
      let seen: unknown;
      await other.update("key", (current) => void (seen = current));
      expect(seen).toStrictEqual(record);
    });

    it("put() stores whatever is there, beside records that stay as they are", async () => {
      await put(store, "key", record);
      await store.put("key.out", { id: "1" });
      await other.put("key.out", { id: "2" });
      expect(await store.read("key.out")).toStrictEqual({ id: "2" });
      expect(await other.read("key")).toStrictEqual(record);
      await store.delete("key");
      expect(await store.read("key.out")).toStrictEqual({ id: "2" });
    });

    it.each([
      ["null", null],
      ["false", false],
      ["0", 0],
      ["an empty text", ""],
      ["an empty list", []],
    ])("%s is a record", async (_name, value) => {
      await put(store, "key", value);
      expect(await other.read("key")).toStrictEqual(value);
    });

    it("A record of 300,000 characters comes back whole", async () => {
      const large = { text: "0123456789".repeat(30_000) };
      await put(store, "key", large);
      expect(await other.read("key")).toStrictEqual(large);
    });

    it("A write replaces all of the old record", async () => {
      await put(store, "key", { long: "x".repeat(5000), gone: true });
      await put(other, "key", { short: 1 });
      expect(await store.read("key")).toStrictEqual({ short: 1 });
    });

    it("A change that gives nothing leaves the record as it is", async () => {
      await put(store, "key", record);
      await other.update("key", () => undefined);
      expect(await store.read("key")).toStrictEqual(record);
    });

    it("A change that throws is the call's failure, and leaves the record as it is", async () => {
      await put(store, "key", record);
      const change = () => {
        throw new Error("of the change");
      };
      expect(await store.update("key", change).catch(() => "rejected")).toBe("rejected");
      expect(await other.read("key")).toStrictEqual(record);
      await put(store, "key", { next: true });
      expect(await other.read("key")).toStrictEqual({ next: true });
    });

    it("What the caller does later to a value that it gave or got changes nothing in the store", async () => {
      const given = { list: [1] };
      await put(store, "key", given);
      given.list.push(2);
      const got = (await store.read("key")) as { list: number[] };
      got.list.push(3);
      await store.update("key", (current) => {
        (current as { list: number[] }).list.push(4);
        return undefined;
      });
      expect(await store.read("key")).toStrictEqual({ list: [1] });
    });

    it("A deleted record is undefined to everybody, and can be written again", async () => {
      await put(store, "key", record);
      await remove(other, "key");
      expect(await store.read("key")).toBeUndefined();
      expect(await other.read("key")).toBeUndefined();
      await put(store, "key", { again: true });
      expect(await other.read("key")).toStrictEqual({ again: true });
    });

    it("Deleting a missing record succeeds", async () => {
      await remove(store, "missing");
      await remove(store, "missing");
      expect(await store.read("missing")).toBeUndefined();
    });

    it("Changes of several who count together lose none", async () => {
      const add = (one: RecordStore) =>
        one.update("key", (current) => ({ value: { count: ((current as { count?: number })?.count ?? 0) + 1 } }));
      await Promise.all(Array.from({ length: 40 }, (_, n) => add(n % 2 === 0 ? store : other)));
      expect(await store.read("key")).toStrictEqual({ count: 40 });
    });

    it("Of several who each replace a record that they have read, one does", async () => {
      await put(store, "key", { generation: 0 });
      let replaced = 0;
      const replace = (one: RecordStore, n: number) => {
        let did = false;
        return one
          .update("key", (current) => {
            did = (current as { generation: number }).generation === 0;
            return did ? { value: { generation: n } } : undefined;
          })
          .then(() => {
            if (did) replaced += 1;
          });
      };
      await Promise.all(Array.from({ length: 10 }, (_, n) => replace(n % 2 === 0 ? store : other, n + 1)));
      expect(replaced).toBe(1);
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
      for (const key of keys) await put(store, key, { key });
      for (const key of keys) expect(await other.read(key)).toStrictEqual({ key });
      await remove(store, "a");
      for (const key of keys.slice(1)) expect(await other.read(key)).toStrictEqual({ key });
    });

    it("A reader during writes sees whole records only", async () => {
      const makeRecord = (n: number) => ({ n, filling: String(n % 10).repeat(20_000 + n) });
      await put(store, "key", makeRecord(0));
      const writes = Array.from({ length: 10 }, (_, n) => put(store, "key", makeRecord(n + 1)));
      const reads = Array.from({ length: 20 }, () => other.read("key"));
      for (const seen of [...(await Promise.all(reads)), (await Promise.all(writes), await other.read("key"))]) {
        expect(seen).toStrictEqual(makeRecord((seen as { n: number }).n));
      }
    });

    it("Changes of one caller that were not waited for come in the order of the calls", async () => {
      const calls = [1, 2, 3].flatMap((n) => [remove(store, "key"), put(store, "key", { n })]);
      await Promise.all(calls);
      expect(await other.read("key")).toStrictEqual({ n: 3 });
    });
  });
}
