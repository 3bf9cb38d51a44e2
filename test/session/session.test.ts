/** What a session gives from memory and says of itself, while its store is slow. */
import { beforeEach, expect, test } from "vitest";
import { EventHub } from "../../src/events.js";
import { readNodeOptions } from "../../src/node/options.js";
import { createMemoryLock, createMemoryStore } from "../../src/session/in-memory.js";
import { TokenMemory } from "../../src/session/memory.js";
import { Session } from "../../src/session/session.js";
import { PublishedSession } from "../../src/session/session-state.js";
import { createMark, KnownSignOuts } from "../../src/session/sign-out-mark.js";
import { SessionStore } from "../../src/session/store.js";
import { full } from "./signed-in.js";
import type { SessionRecord } from "../../src/token-set.js";
import { FakeClock } from "../support/fake-clock.js";

const config = readNodeOptions({ clientId: "app", issuer: "https://id.example" }, {} as NodeJS.ProcessEnv);

let clock: FakeClock;
let records: ReturnType<typeof createMemoryStore>;
/** What the next call of this method waits for after it is done. */
let slow: { read?: Promise<unknown>; update?: Promise<unknown> };
let hasChanged: boolean;
let session: Session;

const watch = {
  trustMs: 1000,
  hasChanged: () => hasChanged,
  mark: () => (hasChanged = false),
  announce: () => {},
  close: () => {},
};

beforeEach(() => {
  clock = new FakeClock();
  records = createMemoryStore();
  slow = {};
  hasChanged = false;
  const memory = new TokenMemory(clock, 30_000, 120_000);
  const store = {
    ...records,
    read: async (key: string) => {
      const value = await records.read(key);
      await slow.read;
      return value;
    },
    update: async (...args: Parameters<typeof records.update>) => {
      await records.update(...args);
      await slow.update;
    },
  };
  const opened = { key: "s", store, lock: createMemoryLock(clock), watch };
  session = new Session(config, clock, memory, new PublishedSession(new EventHub()), () => opened);
});

const fails = () => Promise.reject(full);

/** What a login brings. */
function tokens() {
  const times = { obtainedAt: clock.now(), expiresAt: clock.now() + 3_600_000 };
  return {
    accessToken: { token: "t", tokenType: "Bearer", scopes: [], audiences: [], ...times },
    refreshToken: "r",
  };
}

const begin = () => session.begin(tokens(), session.signOuts.now());

test("a read that has no answer yet says nothing of the token in memory", async () => {
  await begin();
  await records.delete("s");
  hasChanged = true;
  await clock.advance(1001);
  expect(session.fromMemory()).toBeUndefined();
  slow.read = new Promise(() => {});
  void session.readStored();
  await clock.advance(0);
  expect(hasChanged).toBe(false);
  expect(session.fromMemory()).toBeUndefined();
});

test("a login whose session has ended by the time the store tells of it says who ended it", async () => {
  slow.update = new Promise(() => {});
  const beginning = begin();
  await clock.advance(0);
  const record = await session.readStored();
  // Another call of this client has refreshed it, and been refused; what the store answered first is given up.
  delete slow.update;
  const removing = (await session.open()).store.remove(record as SessionRecord).then(() => session.ended());
  await clock.advance(config.storageTimeoutMs);
  await removing;
  await expect(beginning).rejects.toMatchObject({ reason: "refresh_rejected", sessionKept: false });
});

test("a change that the store tells of after the end of the session brings nothing back", async () => {
  const record = await begin();
  expect(session.fromMemory()?.id).toBe(record.id);
  const stored = session.expectChange();
  session.ended();
  stored(record);
  expect(session.fromMemory()).toBeUndefined();
  expect(session.known.record).toBeUndefined();
});

test("a login comes after the sign-outs that the stored session names, also where the mark of the last one lands late", async () => {
  const [early, late] = [createMark(clock.now(), true), createMark(clock.now(), true)];
  await records.put("s.out", early);
  await begin();
  const stored = (await records.read("s")) as SessionRecord;
  await records.put("s", { ...stored, id: "other", signOuts: [early.id, late.id] });
  expect((await session.readStored())?.id).toBe("other");
  const moment = session.signOuts.now();
  await records.put("s.out", late);
  const record = await session.begin(tokens(), moment, { before: "other" });
  expect(record.signOuts).toEqual([early.id, late.id]);
  expect((await session.readStored())?.id).toBe(record.id);
});

test("a sign-out whose store fails deletes later what a read beside it has shown", async () => {
  await begin();
  const other = new SessionStore("s", records, config, clock, () => {}, new KnownSignOuts());
  const refusing = { ...records, put: fails, update: fails, delete: fails };
  const store = new SessionStore("s", refusing, config, clock, () => {}, new KnownSignOuts());
  expect(await other.read()).toBeDefined();
  const reading = store.read();
  const { error } = await store.forget(undefined, createMark(clock.now(), true));
  expect(error?.code).toBe("storage");
  await reading;
  Object.assign(refusing, records);
  await clock.advance(5000);
  expect(await records.read("s")).toBeUndefined();
});

test("a session that names a sign-out which this client has not seen tells of it", async () => {
  await begin();
  const moment = session.signOuts.now();
  const stored = (await records.read("s")) as SessionRecord;
  await records.put("s", { ...stored, id: "other", signOuts: ["unseen"] });
  await session.readStored();
  expect(session.signOuts.isSince(moment)).toBe(true);
});

test("a sign-out of this client from before its first read comes after the mark that it then finds", async () => {
  const early = createMark(clock.now(), true);
  await records.put("s.out", early);
  await session.forget(true);
  const { ids } = session.signOuts.now();
  expect(ids).toHaveLength(2);
  expect(ids?.[0]).toBe(early.id);
});
