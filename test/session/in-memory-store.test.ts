import { expect, it } from "vitest";
import { createMemoryStore } from "../../src/session/memory-store.js";
import { describeKeyValueStore } from "../contracts/key-value-store.js";

describeKeyValueStore("The memory store", () => ({ store: createMemoryStore() }));

it("Two memory stores share nothing", async () => {
  const store = createMemoryStore();
  await store.set("key", { mine: true });
  expect(await createMemoryStore().get("key")).toBeUndefined();
});
