import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { IndexedDbRecords } from "../../src/browser/indexeddb-records.js";
import type { StorageError } from "../../src/errors.js";
import { createMemoryStore } from "../../src/session/in-memory.js";
import { describeRecordStore } from "../contracts/record-store.js";

const open = (onTrouble: (error: StorageError) => void = () => {}, onLost = () => {}) =>
  new IndexedDbRecords(createMemoryStore, onTrouble, onLost);
const put = (store: IndexedDbRecords, value: unknown) => store.update("key", () => ({ value }));

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describeRecordStore("the IndexedDB store", () => ({
  store: open(),
  reopen: () => open(),
}));

describe("the IndexedDB store in trouble", () => {
  it("IX-02 is in memory where there is no IndexedDB, and tells once", async () => {
    vi.stubGlobal("indexedDB", undefined);
    const troubles: StorageError[] = [];
    const store = open((error) => troubles.push(error));
    await put(store, { n: 1 });
    await put(store, { n: 2 });
    expect(await store.read("key")).toEqual({ n: 2 });
    expect(troubles.map(({ kind, causeCode }) => [kind, causeCode])).toEqual([["unavailable", "TypeError"]]);
  });

  it("makes a lost connection again, once", async () => {
    const store = open();
    await put(store, "kept");
    let faults = 1;
    const database = await openDatabase();
    const prototype = Object.getPrototypeOf(database) as IDBDatabase;
    database.close();
    const spy = vi.spyOn(prototype, "transaction").mockImplementation(function (this: IDBDatabase, ...args) {
      if (faults > 0) {
        faults -= 1;
        throw new DOMException("closing", "InvalidStateError");
      }
      spy.mockRestore();
      return this.transaction(...(args as [string]));
    });
    expect(await store.read("key")).toBe("kept");
  });

  it("a store that has worked and fails again rejects: that is trouble, not an empty store", async () => {
    const store = open();
    await put(store, "kept");
    vi.stubGlobal("indexedDB", {
      open: () => {
        throw new DOMException("broken", "UnknownError");
      },
    });
    const prototype = Object.getPrototypeOf(await openWith(new IDBFactory())) as IDBDatabase;
    const spy = vi.spyOn(prototype, "transaction").mockImplementation(() => {
      throw new DOMException("closing", "InvalidStateError");
    });
    await expect(store.read("key")).rejects.toThrow("broken");
    spy.mockRestore();
  });

  it("IX-12 lets a deletion of the database through, tells, and works afterwards", async () => {
    const onLost = vi.fn();
    const store = open(() => {}, onLost);
    await put(store, "gone");
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase("keystone-auth");
      request.onsuccess = () => resolve();
      request.onblocked = () => reject(new Error("blocked"));
    });
    expect(onLost).toHaveBeenCalledOnce();
    expect(await store.read("key")).toBeUndefined();
    await put(store, "again");
    expect(await store.read("key")).toBe("again");
  });
});

const openDatabase = () => openWith(indexedDB);

function openWith(factory: globalThis.IDBFactory): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open("keystone-auth");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
