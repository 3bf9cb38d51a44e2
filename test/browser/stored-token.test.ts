/** What a page does when it can load nothing more of the library. */
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { digest } from "../../src/browser/digest.js";
import { openDatabase } from "../../src/browser/indexeddb.js";
import { readBrowserOptions } from "../../src/browser/options.js";
import { FirstStoredToken } from "../../src/browser/stored-token.js";
import { TabWatch } from "../../src/browser/tab-watch.js";
import { sessionKey } from "../../src/session/record-format.js";

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
});
afterEach(() => {
  vi.unstubAllGlobals();
});

it("LO-03 deletes the stored session and tells the other tabs, also where nobody has read it before", async () => {
  const settings = readBrowserOptions({ clientId: "spa", issuer: "https://id.example" }, undefined);
  const key = await sessionKey(settings, digest);
  const records = openDatabase(() => {});
  await records.update(key, () => ({ value: { any: "session" } }));
  const otherTab = TabWatch.open(key) as TabWatch;
  otherTab.mark();
  const changed = new Promise<void>((resolve) => {
    otherTab.onChange = resolve;
  });
  const storedToken = new FirstStoredToken(settings);
  await storedToken.remove();
  await changed;
  expect([otherTab.hasChanged(), await records.read(key)]).toEqual([true, undefined]);
  storedToken.close();
  otherTab.close();
});
