/** A change that waits over a login which the store has taken since: what was there before the login says nothing any more. */
import { expect, test } from "vitest";
import { readNodeOptions } from "../../src/node/options.js";
import { createMemoryStore } from "../../src/session/in-memory.js";
import { beginSession } from "../../src/session/record.js";
import { KnownSignOuts } from "../../src/session/sign-out-mark.js";
import { SessionStore } from "../../src/session/store.js";
import { FakeClock } from "../support/fake-clock.js";
import { full } from "./signed-in.js";

const config = readNodeOptions({ clientId: "app", issuer: "https://id.example" }, {} as NodeJS.ProcessEnv);
const accessToken = { token: "t", tokenType: "Bearer", obtainedAt: 0, expiresAt: 1, scopes: [], audiences: [] };
const login = beginSession({ accessToken, refreshToken: "r" }, config, "1", []);
const dropped = { ...login, accessTokens: {} };

/** A store that does to the next calls of `update` what stands in a list. */
function openStore() {
  const records = createMemoryStore();
  const plan: ("takes" | "takes slowly" | "refuses")[] = [];
  const waiting: (() => void)[] = [];
  const update = async (...[key, change]: Parameters<typeof records.update>) => {
    const does = plan.shift() ?? "takes";
    if (does === "takes") return await records.update(key, change);
    await records.update(key, (value) => {
      const changed = change(value);
      return does === "refuses" ? undefined : changed;
    });
    // Whoever asked hears of it when the test says so.
    await new Promise<void>((resolve) => waiting.push(resolve));
    if (does === "refuses") throw full;
  };
  const clock = new FakeClock();
  /** The one that has waited longest hears of it. */
  const tell = async () => {
    waiting.shift()?.();
    await clock.advance(0);
  };
  const store = new SessionStore("s", { ...records, update }, config, clock, () => {}, new KnownSignOuts());
  const deleteElsewhere = () => records.update("s", () => ({ delete: true }));
  return { records, plan, clock, store, deleteElsewhere, tell };
}

type Opened = ReturnType<typeof openStore>;

/** What another program has deleted stays deleted. */
async function expectDeleted({ records, clock, store, deleteElsewhere }: Opened): Promise<void> {
  await deleteElsewhere();
  expect(await store.read()).toBeUndefined();
  await clock.advance(5000);
  expect(await records.read("s")).toBeUndefined();
}

test.each(["is seen in the store", "is not seen"])(
  "where the login lands while the drop of its access token is refused, and %s",
  async (which) => {
    const opened = openStore();
    const { records, plan, clock, store, tell } = opened;
    await store.read();
    plan.push("refuses", "refuses", "takes slowly");
    const beginning = store.begin(login);
    await clock.advance(0);
    await tell();
    await beginning;
    const dropping = store.replace(login, dropped);
    await clock.advance(5000);
    expect(await records.read("s")).toMatchObject({ accessTokens: { default: { token: "t" } } });
    // It hears of the drop first, then of the login.
    await tell();
    await dropping;
    await tell();
    if (which === "is seen in the store") expect(await store.read()).toEqual(dropped);
    await expectDeleted(opened);
  },
);

test("where the login has landed, and an older write of it may land yet", async () => {
  const opened = openStore();
  const { records, plan, clock, store } = opened;
  await store.read();
  plan.push("refuses");
  const beginning = store.begin(login);
  await clock.advance(config.storageTimeoutMs);
  await beginning;
  await clock.advance(5000);
  expect(await records.read("s")).toMatchObject({ refreshToken: "r" });
  await expectDeleted(opened);
});
