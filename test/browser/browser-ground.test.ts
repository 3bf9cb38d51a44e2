/** What a page does when it can load nothing more of the library. */
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createBrowserGround } from "../../src/browser/browser-ground.js";
import { openBroadcastChannel } from "../../src/browser/broadcast-channel.js";
import { digest } from "../../src/browser/digest.js";
import { openDatabase } from "../../src/browser/indexeddb.js";
import { readBrowserOptions } from "../../src/browser/options.js";
import { sessionKey } from "../../src/session/session-key.js";

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
});
afterEach(() => {
  vi.unstubAllGlobals();
});

it("LO-03 deletes the stored session and tells the other tabs, also where it has not looked at it before", async () => {
  const settings = readBrowserOptions({ clientId: "spa", issuer: "https://id.example" }, undefined);
  const key = await sessionKey(settings, digest);
  const records = openDatabase(() => {});
  await records.set(key, { any: "session" });
  const otherTab = openBroadcastChannel();
  const told = new Promise<string>((resolve) => otherTab?.subscribe(resolve));
  const ground = createBrowserGround(settings);
  await ground.forget?.();
  expect([await told, await records.get(key)]).toEqual([key, undefined]);
  ground.close?.();
  otherTab?.close();
});
