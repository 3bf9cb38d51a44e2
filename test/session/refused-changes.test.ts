/** Changes of one client that its store refuses, and what it does meanwhile. */
import { beforeEach, expect, test } from "vitest";
import { createMark } from "../../src/session/sign-out-mark.js";
import { SessionStore } from "../../src/session/store.js";
import type { SessionRecord } from "../../src/token-set.js";
import { config, hanging, KEY, limitMs, openFaultyStore, withoutToken } from "./faulty-store.js";
import { full } from "./signed-in.js";

let { clock, faults, faulty, put, records, session, signOuts, store, stored } = openFaultyStore();
beforeEach(() => {
  ({ clock, faults, faulty, put, records, session, signOuts, store, stored } = openFaultyStore());
});

test("a refused refresh is stored although the access token was dropped meanwhile", async () => {
  const first = session("one", 1);
  await put(first);
  await store.read();
  const { hangs, goOn } = hanging();
  faults.updates.push({ after: hangs }, "fail");
  const dropping = store.replace(first, withoutToken(first));
  const refreshing = store.refresh(first, () => session("one", 2));
  goOn();
  await Promise.all([dropping, refreshing]);
  await clock.advance(5000);
  expect(await stored()).toBe("oner2");
});

test("a refused refresh is stored although what hung before it lands after it", async () => {
  const first = session("one", 1);
  const { hangs, goOn } = hanging();
  faults.updates.push(hangs);
  const beginning = store.begin(first);
  await clock.advance(limitMs);
  await beginning;
  goOn();
  await put(first);
  expect((await store.read())?.refreshToken).toBe("oner1");
  faults.updates.push("fail");
  await store.refresh(first, () => session("one", 2));
  await clock.advance(5000);
  expect(await stored()).toBe("oner2");
});

test("a refused refresh is stored although an earlier one, tried again, lands before it", async () => {
  const first = session("one", 1);
  await put(first);
  await store.read();
  const { hangs, goOn } = hanging();
  faults.updates.push("fail", { after: hangs }, "fail");
  await store.refresh(first, () => session("one", 2));
  await clock.advance(5000);
  const refreshing = store.refresh(session("one", 2), () => session("one", 3));
  goOn();
  await refreshing;
  expect((await store.read())?.refreshToken).toBe("oner3");
  await clock.advance(5000);
  expect(await stored()).toBe("oner3");
});

test("a refused refresh is stored although a login, whose write hangs, has given way to the session before it", async () => {
  await store.read();
  faults.updates.push(new Promise(() => {}));
  const beginning = store.begin(session("late", 1));
  const first = session("one", 1);
  await put(first);
  await store.read();
  await clock.advance(limitMs);
  await beginning;
  faults.updates.push("fail");
  await store.refresh(first, () => session("one", 2));
  await clock.advance(5000);
  expect(await stored()).toBe("oner2");
});

test("a refused refresh is stored although the store tells late of a change from before somebody else's", async () => {
  const first = session("one", 1);
  await put(first);
  await store.read();
  const { hangs, goOn } = hanging();
  faults.updates.push({ after: hangs });
  const dropping = store.replace(first, withoutToken(first));
  await clock.advance(0);
  await put(session("one", 2));
  await store.read();
  goOn();
  await dropping;
  faults.updates.push("fail");
  await store.refresh(session("one", 2), () => session("one", 3));
  expect((await store.read())?.refreshToken).toBe("oner3");
  await clock.advance(5000);
  expect(await stored()).toBe("oner3");
});

test("what is refused while a try hangs is tried again", async () => {
  const first = session("one", 1);
  await put(first);
  await store.read();
  const { hangs } = hanging();
  faults.updates.push("fail", hangs, "fail");
  await store.refresh(first, () => session("one", 2));
  await clock.advance(5000);
  const refreshing = store.refresh(session("one", 2), () => session("one", 3));
  await clock.advance(limitMs);
  await refreshing;
  await clock.advance(5000);
  expect(await stored()).toBe("oner3");
});

test("the end of an old session leaves a login that waits for the store", async () => {
  const old = session("old", 1);
  await put(old);
  await store.read();
  faults.updates.push("fail");
  await store.begin(session("new", 1));
  await store.remove(old);
  faults.updates.push("fail");
  await store.remove(old);
  expect((await store.read())?.refreshToken).toBe("newr1");
  await clock.advance(5000);
  expect(await stored()).toBe("newr1");
});

test("a login that waits for the store goes over the refresh of a session that this client has signed out of", async () => {
  const old = session("old", 1);
  await put(old);
  await store.read();
  faults.updates.push("fail", "fail");
  const mark = createMark(clock.now());
  signOuts.begins(mark);
  const refusing = { ...records, put: async () => Promise.reject(full), delete: async () => Promise.reject(full) };
  store = new SessionStore(
    KEY,
    { ...faulty, put: refusing.put, delete: refusing.delete },
    config,
    clock,
    () => {},
    signOuts,
  );
  await store.read();
  await store.forget(old, mark);
  await store.begin(session("new", 1, signOuts.now().ids));
  await put(session("old", 2));
  await clock.advance(5000);
  expect(await stored()).toBe("newr1");
});

test("a login that waits for the store stays behind one of somebody else since then", async () => {
  await store.read();
  faults.updates.push("fail");
  await store.begin(session("one", 1));
  await put(session("two", 1));
  await clock.advance(5000);
  expect(await stored()).toBe("twor1");
});

test("a login over a session that somebody has deleted meanwhile is stored", async () => {
  const old = session("old", 1);
  await put(old);
  await store.read();
  faults.updates.push("fail");
  await store.begin(session("new", 1));
  await records.delete(KEY);
  await clock.advance(5000);
  expect(await stored()).toBe("newr1");
});

test.each([
  ["the dropped access token", (first: SessionRecord) => withoutToken(first), undefined],
  ["a refresh token that nobody else has", () => session("one", 2), "oner2"],
])("a store that cannot be read, while %s waits for it", async (_what, make, expected) => {
  const first = session("one", 1);
  await put(first);
  await store.read();
  faults.updates.push("fail");
  await store.refresh(first, () => make(first));
  faults.read = "fail";
  // A refresh token that others can read they may have used by now.
  const read = store.read().then(
    (record) => record?.refreshToken,
    () => undefined,
  );
  expect(await read).toBe(expected);
});

test.each([
  ["before", -1000, "blindr1"],
  ["after", 1000, undefined],
])("a login that the store told nothing, and a mark from %s it", async (_when, ms, expected) => {
  faults.read = "fail";
  faults.updates.push("fail");
  await store.read().catch(() => {});
  const blind = session("blind", 1);
  await store.begin({ ...blind, signOuts: undefined } as unknown as SessionRecord);
  faults.read = undefined;
  await records.put(`${KEY}.out`, createMark(clock.now() + ms));
  await clock.advance(5000);
  expect(await stored()).toBe(expected);
  // A later sign-out reaches it.
  await records.put(`${KEY}.out`, createMark(clock.now() + 10_000));
  expect(await store.read()).toBeUndefined();
});

test("a mark that the client knew before a login which the store told nothing is older, whatever the clocks say", async () => {
  const mark = createMark(clock.now() + 600_000);
  await records.put(`${KEY}.out`, mark);
  await store.read();
  faults.read = "fail";
  faults.updates.push("fail");
  const { signOuts: _none, ...blind } = session("blind", 1);
  await store.begin(blind);
  faults.read = undefined;
  await clock.advance(5000);
  expect(await stored()).toBe("blindr1");
  expect((await store.read())?.signOuts).toEqual([mark.id]);
});

test("a refresh without an access token of a login that the store told nothing is stored under an older mark", async () => {
  const mark = createMark(clock.now() - 1000);
  await records.put(`${KEY}.out`, mark);
  const { signOuts: _none, ...blind } = session("blind", 1);
  await put(blind);
  await store.read();
  faults.updates.push("fail");
  await store.refresh(blind, () => ({ ...blind, refreshToken: "blindr2", idTokenOwed: true, accessTokens: {} }));
  await clock.advance(5000);
  expect(await stored()).toBe("blindr2");
});
