/** Changes of one client that hang in its store, land late or are told late. */
import { beforeEach, expect, test } from "vitest";
import { hanging, KEY, limitMs, openFaultyStore, withoutToken } from "./faulty-store.js";

let { clock, faults, put, records, session, store, stored } = openFaultyStore();
beforeEach(() => {
  ({ clock, faults, put, records, session, store, stored } = openFaultyStore());
});

test("two changes at once are made one after the other: the second is over what the first has left", async () => {
  const first = session("one", 1);
  await put(first);
  await store.read();
  const { hangs, goOn } = hanging();
  faults.updates.push(hangs);
  const refreshing = store.refresh(first, () => session("one", 2));
  const dropping = store.replace(first, withoutToken(first));
  goOn();
  expect(await dropping).toMatchObject({ applied: false, current: { refreshToken: "oner2" } });
  await refreshing;
  expect(await stored()).toBe("oner2");
});

test("a login that lands late does not bring back its access token, which was dropped and seen to be gone", async () => {
  const first = session("one", 1);
  await store.read();
  faults.updates.push(new Promise(() => {}));
  const beginning = store.begin(first);
  await clock.advance(limitMs);
  await beginning;
  await store.replace(first, withoutToken(first));
  await store.read();
  await put(first);
  expect(await store.read()).toEqual(withoutToken(first));
  await clock.advance(5000);
  expect(await records.read(KEY)).toEqual(withoutToken(first));
});

test("a login that hangs stays behind one of somebody else that is seen meanwhile", async () => {
  await store.read();
  faults.updates.push(new Promise(() => {}));
  const beginning = store.begin(session("one", 1));
  await put(session("two", 1));
  await store.read();
  await clock.advance(limitMs);
  await beginning;
  expect((await store.read())?.refreshToken).toBe("twor1");
  await clock.advance(5000);
  expect(await stored()).toBe("twor1");
});

test("a login that has landed, while an older write of it may land yet, stays deleted where somebody deletes it", async () => {
  await store.read();
  faults.updates.push(new Promise(() => {}));
  const beginning = store.begin(session("one", 1));
  await clock.advance(limitMs);
  await beginning;
  await clock.advance(5000);
  expect(await stored()).toBe("oner1");
  await records.delete(KEY);
  expect(await store.read()).toBeUndefined();
  await clock.advance(5000);
  expect(await stored()).toBeUndefined();
});

test("what a write that hangs has found is no news after a later read", async () => {
  const first = session("one", 1);
  await put(first);
  const { hangs } = hanging();
  faults.updates.push({ after: hangs });
  const dropping = store.replace(first, withoutToken(first));
  await clock.advance(0);
  await put(session("one", 2));
  await store.read();
  await clock.advance(limitMs);
  await dropping;
  expect(store.isStored("oner2")).toBe(true);
});

test("an answer that a later read contradicts is asked for again", async () => {
  await put(session("one", 1));
  const { hangs, goOn } = hanging();
  faults.read = { after: hangs };
  const early = store.read();
  await clock.advance(0);
  faults.read = undefined;
  await put(session("one", 2));
  await store.read();
  goOn();
  expect((await early)?.refreshToken).toBe("oner2");
});

test("a refresh of a login that the store told nothing names the mark that was seen meanwhile", async () => {
  faults.read = "fail";
  faults.updates.push("fail");
  await store.read().catch(() => {});
  const { signOuts: _none, ...blind } = session("blind", 1);
  await store.begin(blind);
  faults.read = undefined;
  const { hangs, goOn } = hanging();
  faults.updates.push(hangs);
  const refreshing = store.refresh(blind, (base) => ({ ...base, refreshToken: "blindr2" }));
  await store.readMark();
  goOn();
  await refreshing;
  expect(await records.read(KEY)).toMatchObject({ refreshToken: "blindr2", signOuts: [] });
});

test("a call that was given up late says nothing of a store that has answered since", async () => {
  const { hangs } = hanging();
  faults.updates.push(hangs);
  const beginning = store.begin(session("one", 1));
  await clock.advance(limitMs - 1);
  await store.read();
  await clock.advance(1);
  await beginning;
  expect(store.hasHung).toBe(false);
  expect(store.isInTrouble).toBe(false);
});
