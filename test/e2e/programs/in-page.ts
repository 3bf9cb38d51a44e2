/** The browser's adapters under the contracts of their ports. Bundled for a page; see contracts.test.ts. */
import { openIndexedDbStore } from "../../../src/browser/healing-store.js";
import { openSessionStorageStore } from "../../../src/browser/tab-storage.js";
import { openWebLock } from "../../../src/browser/web-lock.js";
import { createMemoryLock } from "../../../src/session/memory-lock.js";
import { systemClock } from "../../../src/clock.js";
import { describeKeyValueStore } from "../../contracts/key-value-store.js";
import { lockContract } from "../../contracts/lock.js";
import { runCases } from "./small-vitest.js";

const quiet = { onTrouble: () => {}, onLost: () => {} };
const KEYS = ["key", "missing", "a", "a-"];

describeKeyValueStore("the IndexedDB store", () => {
  const store = openIndexedDbStore(quiet);
  return {
    store,
    reopen: () => openIndexedDbStore(quiet),
    dispose: async () => {
      for (const key of KEYS) await store.delete(key);
    },
  };
});
describeKeyValueStore("the store of sessionStorage", () => ({
  store: openSessionStorageStore(() => {}),
  reopen: () => openSessionStorageStore(() => {}),
  dispose: () => sessionStorage.clear(),
}));
lockContract("the Web Lock", () => openWebLock(systemClock));
lockContract("the lock of a browser without Web Locks", () => createMemoryLock(systemClock));

Object.assign(globalThis, { runCases });
