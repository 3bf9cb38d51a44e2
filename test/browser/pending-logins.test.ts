import { beforeEach, describe, expect, it } from "vitest";
import { PendingLogins } from "../../src/browser/pending-logins.js";
import type { RecordStore } from "../../src/ports.js";
import { createMemoryStore } from "../../src/session/in-memory.js";
import { MOST_TRANSACTIONS, TRANSACTION_LIFETIME_MS, type Transaction } from "../../src/protocol/authorization.js";
import { systemClock } from "../../src/clock.js";

const transaction = (state: string): Transaction => ({
  state,
  nonce: `nonce of ${state}`,
  codeVerifier: `verifier of ${state}`,
  redirectUri: "https://app.example/",
  createdAt: 0,
});
const login = (state: string) =>
  ({ kind: "redirect", owner: "s-1", returnTo: "/a", transaction: transaction(state) }) as const;

describe("logins that left the page", () => {
  let store: RecordStore;
  let now: number;
  let pending: PendingLogins;
  beforeEach(() => {
    store = createMemoryStore();
    now = 1_000_000_000_000;
    const clock = { ...systemClock, now: () => now };
    pending = new PendingLogins([store], clock);
  });

  it("CB-12 of many that take a login at once, one gets its transaction", async () => {
    await pending.add("one", login("one"));
    const taken = await Promise.all(Array.from({ length: 20 }, () => pending.take(["one"], "s-1")));
    expect(taken.filter((found) => found?.transaction !== undefined)).toHaveLength(1);
    expect(taken.every((found) => found?.returnTo === "/a")).toBe(true);
  });

  it("a login belongs to the client that began it", async () => {
    await pending.add("one", login("one"));
    expect(await pending.take(["one"], "s-2")).toBeUndefined();
    expect((await pending.take(["one"], "s-1"))?.transaction?.state).toBe("one");
  });

  it("what is left of a used login holds no secret", async () => {
    await pending.add("one", login("one"));
    await pending.take(["one"], "s-1");
    const left = JSON.stringify(await store.read("logins"));
    expect(left).not.toContain("one");
    expect(left).not.toContain("verifier");
  });

  it("at most 50 wait, the newest ones", async () => {
    for (let n = 0; n < MOST_TRANSACTIONS + 10; n += 1) await pending.add(`state ${n}`, login(`state ${n}`));
    expect(await store.read("logins")).toHaveLength(MOST_TRANSACTIONS);
    expect(await pending.find(["state 9"])).toBeUndefined();
    expect(await pending.find(["state 10"])).toBeDefined();
  });

  it("CB-16 an expired login loses its secrets, is known for an hour, and is then forgotten", async () => {
    await pending.add("old", login("old"));
    now += TRANSACTION_LIFETIME_MS + 1;
    await pending.add("new", login("new"));
    expect(await pending.find(["old"])).toMatchObject({ returnTo: "/a" });
    expect(JSON.stringify(await store.read("logins"))).not.toContain("verifier of old");
    now += 60 * 60_000;
    await pending.add("newer", login("newer"));
    expect(await pending.find(["old"])).toBeUndefined();
  });

  it("junk in the store is no login", async () => {
    await store.update("logins", () => ({ value: [null, "x", { id: 1 }, 7] }));
    await pending.add("one", login("one"));
    expect(await store.read("logins")).toHaveLength(1);
  });
});
