/** Calls while the store cannot be read, or does not answer. */
import { mkdirSync, readdirSync, renameSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { OidcFlow } from "../../src/node/index.js";
import { fragileStore } from "../hostile/world/records.js";
import { startWorld } from "../hostile/world.js";

const never = { interaction: "never" } as const;
const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
/** After that long the store is asked again before the token in memory is given. */
const untilAsked = () => new Promise((resolve) => setTimeout(resolve, 1100));

test("SE-06 the file of the session cannot be read: the token in memory is given, and the file is used again later", async () => {
  const world = await startWorld();
  // A directory that the world does not read.
  const storageDirectory = join(world.directory, "..", "other");
  const client = world.client({ storageDirectory });
  await client.getAccessToken();
  const renewed = await client.getAccessToken({ ...never, forceRefresh: true });
  const [name = ""] = readdirSync(storageDirectory).filter((each) => each.endsWith(".json"));
  const file = join(storageDirectory, name);
  renameSync(file, `${file}.away`);
  mkdirSync(file);
  await untilAsked();
  for (let call = 0; call < 3; call += 1) expect(await client.getAccessToken(never)).toBe(renewed);
  expect(await world.failure(world.client({ ...never, storageDirectory }).getAccessToken())).toMatchObject({
    code: "storage",
  });
  rmdirSync(file);
  renameSync(`${file}.away`, file);
  await client.getAccessToken({ ...never, forceRefresh: true });
});

test("SE-06 the same with a store of the program's own, whose next read finds nothing", async () => {
  const world = await startWorld();
  const { store, records, fail } = fragileStore();
  const client = world.client({ storage: store });
  const token = await client.getAccessToken();
  fail.get = refused;
  await untilAsked();
  expect(await client.getAccessToken(never)).toBe(token);
  fail.get = undefined;
  records.clear();
  expect(await client.getIdTokenClaims()).toBeUndefined();
  // Nobody has signed out, as far as anybody can tell.
  expect(await world.failure(client.getAccessToken(never))).toMatchObject({ reason: "no_session" });
});

test("SE-07 a store that stops answering: at most the first of five calls waits for it", async () => {
  const world = await startWorld({ accessTokenLifetimeSeconds: 3600 });
  const { store } = fragileStore();
  let hangs = false;
  const get = (key: string) => (hangs ? new Promise<never>(() => {}) : store.get(key));
  const client = world.client({ storage: { ...store, get }, storageTimeoutSeconds: 1 });
  const token = await client.getAccessToken();
  hangs = true;
  const waits: number[] = [];
  // The last one when the store is asked again.
  for (const pauseMs of [1100, 1100, 1100, 0, 5000]) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const begun = performance.now();
    expect(await client.getAccessToken(never)).toBe(token);
    waits.push(performance.now() - begun);
  }
  expect(waits[0]).toBeGreaterThan(900);
  expect(waits.slice(1, 4).filter((ms) => ms > 150)).toEqual([]);
  expect(waits[4]).toBeLessThan(700);
});

test("SE-07 with no token at hand a store that stops answering is waited for, and is StorageError", async () => {
  const world = await startWorld();
  const storage = { ...fragileStore().store, get: () => new Promise<never>(() => {}) };
  const client = world.client({ storage, storageTimeoutSeconds: 0.1, ...never });
  for (let call = 0; call < 2; call += 1) {
    expect(await world.failure(client.getAccessToken())).toMatchObject({ code: "storage", causeCode: "ETIMEDOUT" });
  }
});

const program = (clientSecrets: Record<string, string>) => ({
  clientId: "service",
  clientSecret: clientSecrets.service as string,
  flow: OidcFlow.client_credentials,
  extraScopes: ["hub_connector_api"],
});

const hang = () => new Promise<never>(() => {});
const fail = () => Promise.reject(refused);

test.each<[string, object]>([
  ["get fails", { get: fail }],
  ["set fails", { set: fail }],
  ["get hangs", { get: hang }],
  ["lock fails", { lock: { run: fail } }],
  ["lock hangs", { lock: { run: hang } }],
  ["lock and get fail", { get: fail, lock: { run: fail } }],
])("SE-08 client_credentials while the store's %s: one token request, the token, an event", async (_title, fault) => {
  const world = await startWorld();
  const client = world.client({
    ...program(world.provider.settings.clientSecrets),
    storage: { ...fragileStore().store, ...fault },
    storageTimeoutSeconds: 0.1,
    lockTimeoutSeconds: 0.1,
  });
  const kinds: string[] = [];
  client.on("storage", ({ error }) => kinds.push(error.kind));
  const token = await client.getAccessToken();
  expect(await client.getAccessToken(never)).toBe(token);
  expect(world.provider.ledger.count("token")).toBe(1);
  await expect.poll(() => kinds).toContain("unavailable");
});

test("SE-08 client_credentials with a forced renewal while the store fails: one request each", async () => {
  const world = await startWorld();
  const { store, fail: fails } = fragileStore();
  const client = world.client({ ...program(world.provider.settings.clientSecrets), storage: store });
  const token = await client.getAccessToken();
  fails.get = fails.set = refused;
  const renewed = await client.getAccessToken({ forceRefresh: true });
  expect(renewed).not.toBe(token);
  expect(await client.getAccessToken(never)).toBe(renewed);
  expect(world.provider.ledger.count("token")).toBe(2);
  fails.get = fails.set = undefined;
});
