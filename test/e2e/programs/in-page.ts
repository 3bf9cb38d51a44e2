/** The browser's adapters under the contracts of their ports. Bundled for a page; see contracts.test.ts. */
import { IndexedDbRecords } from "../../../src/browser/indexeddb-records.js";
import { createTabStore } from "../../../src/browser/tab-storage.js";
import { openWebLock } from "../../../src/browser/web-lock.js";
import { systemClock } from "../../../src/clock.js";
import { createMemoryLock, createMemoryStore } from "../../../src/session/in-memory.js";
import { lockContract } from "../../contracts/lock.js";
import { describeRecordStore } from "../../contracts/record-store.js";
import { runCases } from "./small-vitest.js";

const open = () =>
  new IndexedDbRecords(
    createMemoryStore,
    () => {},
    () => {},
  );
const KEYS = ["key", "missing", "a", "a-"];

describeRecordStore("the IndexedDB store", () => {
  const store = open();
  return {
    store,
    reopen: open,
    dispose: async () => {
      for (const key of KEYS) await store.delete(key);
    },
  };
});
describeRecordStore("the store of sessionStorage", () => ({
  store: createTabStore(sessionStorage),
  reopen: () => createTabStore(sessionStorage),
  dispose: () => sessionStorage.clear(),
}));
lockContract("the Web Lock", () => openWebLock(systemClock));
lockContract("the lock of a browser without Web Locks", () => createMemoryLock(systemClock));

Object.assign(globalThis, { runCases });
