import { chmodSync, readFileSync, rmSync } from "node:fs";
import { expect, test } from "vitest";
import { editRecord, fragileStore, recordFile } from "./world/records.js";
import { startWorld } from "./world.js";

const never = { interaction: "never" } as const;

test("FS-18 a record of a newer version is told, is not overwritten, and a login works", async () => {
  const world = await startWorld();
  await world.signIn();
  editRecord(world, (record) => (record.version = 2));
  const before = world.stored();
  const kinds: string[] = [];
  const client = world.client();
  client.on("storage", ({ error }) => kinds.push(error.kind));
  const token = await client.getAccessToken();
  expect(await client.getAccessToken()).toBe(token);
  expect(world.stored()).toEqual(before);
  expect(kinds).toContain("version");
});

test("FS-18 fields of a newer minor form survive a refresh", async () => {
  const world = await startWorld();
  await world.signIn();
  editRecord(world, (record) => (record.later = { kept: true }));
  await world.client(never).getAccessToken({ forceRefresh: true });
  expect(JSON.parse(readFileSync(recordFile(world), "utf8"))).toMatchObject({ later: { kept: true } });
});

test.each<[string, (record: Record<string, unknown>) => void]>([
  ["lacks its id", (record) => delete record.id],
  ["has a token without a time", (record) => (record.accessTokens = { default: { token: "x" } })],
  ["is of another issuer", (record) => (record.issuer = "https://other.example")],
  ["has a number for a refresh token", (record) => (record.refreshToken = 5)],
  ["has a list of tokens", (record) => (record.accessTokens = [])],
])("IX-07 a record that %s is no session and an event, and a login works", async (_title, edit) => {
  const world = await startWorld();
  await world.signIn();
  editRecord(world, edit);
  const kinds: string[] = [];
  const client = world.client();
  client.on("storage", ({ error }) => kinds.push(error.kind));
  expect(await world.failure(client.getAccessToken(never))).toMatchObject({ code: "login_required" });
  expect(kinds).toEqual(["corrupt"]);
  await client.getAccessToken();
});

test("FS-09 a store that refuses a rotated token: the caller gets the new one, an event tells, and the write is tried again", async () => {
  const world = await startWorld();
  const { store, records, fail } = fragileStore();
  const client = world.client({ storage: store });
  const kinds: string[] = [];
  client.on("storage", ({ error }) => kinds.push(error.kind));
  await client.getAccessToken();
  const before = [...records.values()];
  fail.set = Object.assign(new Error("no space"), { code: "ENOSPC" });
  const token = await client.getAccessToken({ forceRefresh: true });
  await new Promise(setImmediate);
  expect(kinds).toEqual(["full"]);
  expect([...records.values()]).toEqual(before);
  expect(await client.getAccessToken()).toBe(token);
  // The rotated refresh token is in memory: the next refresh works, and its result is stored.
  delete fail.set;
  const next = await client.getAccessToken({ forceRefresh: true });
  expect([...records.values()].join()).toContain(next);
});

test("a store that cannot be read is StorageError and retryable, never signed out", async () => {
  const world = await startWorld();
  const { store, fail } = fragileStore();
  await world.client({ storage: store }).getAccessToken();
  fail.get = Object.assign(new Error("broken"), { code: "EIO" });
  const client = world.client({ storage: store, interaction: "never" });
  expect(await world.failure(client.getAccessToken())).toMatchObject({
    code: "storage",
    kind: "unavailable",
    retryable: true,
    sessionKept: true,
  });
  delete fail.get;
  await client.getAccessToken();
});

test("a store that never answers is StorageError within storageTimeoutSeconds", async () => {
  const world = await startWorld();
  const store = { ...fragileStore().store, get: () => new Promise<unknown>(() => {}) };
  const client = world.client({ storage: store, storageTimeoutSeconds: 0.2, interaction: "never" });
  expect(await world.failure(client.getAccessToken())).toMatchObject({ code: "storage", kind: "unavailable" });
});

test("FS-08 a directory that others can write to: StorageError permission, and nothing is written", async () => {
  const world = await startWorld();
  await world.signIn();
  rmSync(recordFile(world));
  chmodSync(world.directory, 0o777);
  expect(await world.failure(world.client().getAccessToken())).toMatchObject({ code: "storage", kind: "permission" });
  expect(world.stored()).toEqual({});
  chmodSync(world.directory, 0o700);
});
