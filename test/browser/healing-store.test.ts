import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openIndexedDbStore } from "../../src/browser/healing-store.js";
import type { StorageError } from "../../src/errors.js";
import { describeKeyValueStore } from "../contracts/key-value-store.js";

const quiet = { onTrouble: () => {}, onLost: () => {} };

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describeKeyValueStore("the IndexedDB store", () => ({
  store: openIndexedDbStore(quiet),
  reopen: () => openIndexedDbStore(quiet),
}));

describe("the IndexedDB store in trouble", () => {
  it("IX-02 is in memory where there is no IndexedDB, and tells once", async () => {
    vi.stubGlobal("indexedDB", undefined);
    const troubles: StorageError[] = [];
    const store = openIndexedDbStore({ onTrouble: (error) => troubles.push(error), onLost: () => {} });
    await store.set("key", { n: 1 });
    await store.set("key", { n: 2 });
    expect(await store.get("key")).toEqual({ n: 2 });
    expect(troubles.map(({ kind, causeCode }) => [kind, causeCode])).toEqual([["unavailable", "TypeError"]]);
  });

  it("heals a lost connection once", async () => {
    const store = openIndexedDbStore(quiet);
    await store.set("key", "kept");
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
    expect(await store.get("key")).toBe("kept");
  });

  it("a store that has worked and fails again rejects: that is trouble, not an empty store", async () => {
    const store = openIndexedDbStore(quiet);
    await store.set("key", "kept");
    vi.stubGlobal("indexedDB", {
      open: () => {
        throw new DOMException("broken", "UnknownError");
      },
    });
    const prototype = Object.getPrototypeOf(await openWith(new IDBFactory())) as IDBDatabase;
    const spy = vi.spyOn(prototype, "transaction").mockImplementation(() => {
      throw new DOMException("closing", "InvalidStateError");
    });
    await expect(store.get("key")).rejects.toThrow("broken");
    spy.mockRestore();
  });

  it("IX-12 lets a deletion of the database through, tells, and works afterwards", async () => {
    const onLost = vi.fn();
    const store = openIndexedDbStore({ onTrouble: () => {}, onLost });
    await store.set("key", "gone");
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase("keystone-auth");
      request.onsuccess = () => resolve();
      request.onblocked = () => reject(new Error("blocked"));
    });
    expect(onLost).toHaveBeenCalledOnce();
    expect(await store.get("key")).toBeUndefined();
    await store.set("key", "again");
    expect(await store.get("key")).toBe("again");
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
