import { expect, it } from "vitest";
import { createMemoryStore } from "../../src/session/in-memory.js";
import { describeRecordStore } from "../contracts/record-store.js";

describeRecordStore("The memory store", () => ({ store: createMemoryStore() }));

it("Two memory stores share nothing", async () => {
  const store = createMemoryStore();
  await store.update("key", () => ({ value: { mine: true } }));
  expect(await createMemoryStore().read("key")).toBeUndefined();
});
