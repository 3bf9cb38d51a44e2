/** Encrypted sessions under a whole client: what a keychain in trouble does to somebody who wants a token. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { StorageError } from "../../src/errors.js";
import { MemoryKeychain } from "../node/encrypted/memory-keychain.js";
import { startWorld, type World } from "./world.js";

const encrypted = (keychain: MemoryKeychain) => ({ storage: "encrypted-file", keychain }) as const;
const sealedFiles = ({ directory }: World) => readdirSync(directory).filter((name) => name.endsWith(".sealed"));
const locked = () => Object.assign(new Error("locked"), { code: "GenericFailure" });

test("clients share one encrypted session and renew it once, and its file holds no secret", async () => {
  const world = await startWorld();
  const keychain = new MemoryKeychain();
  const before = await world.signIn(encrypted(keychain));
  const others = [1, 2, 3].map(() => world.client({ ...encrypted(keychain), interaction: "never" }));
  const tokens = await Promise.all(others.map((client) => client.getAccessToken({ rejectedToken: before })));
  expect(new Set(tokens).size).toBe(1);
  expect(tokens).not.toContain(before);
  expect(world.provider.ledger.count("token", "refresh_token")).toBe(1);
  const [file = ""] = sealedFiles(world);
  const text = readFileSync(join(world.directory, file), "utf8");
  for (const secret of world.provider.secrets()) expect(text).not.toContain(secret);
  expect(world.stored()).toEqual({});
});

test("FS-24 A locked keychain is a StorageError and asks nobody to sign in; unlocked, the session is there", async () => {
  const world = await startWorld();
  const keychain = new MemoryKeychain();
  const token = await world.signIn(encrypted(keychain));
  keychain.fault = locked();
  const client = world.client({ ...encrypted(keychain), withoutKeychain: "memory" });
  const error = await world.failure(client.getAccessToken());
  expect(error).toMatchObject({ code: "storage", kind: "unavailable", retryable: true, sessionKept: true });
  expect(world.opened()).toBe(1);
  keychain.fault = undefined;
  expect(await client.getAccessToken()).toBe(token);
  expect(world.opened()).toBe(1);
});

test("FS-24 A keychain that hangs is a StorageError within storageTimeoutSeconds, and says what to do", async () => {
  const world = await startWorld();
  const keychain = new MemoryKeychain();
  const token = await world.signIn(encrypted(keychain));
  const answer = keychain.hang();
  const client = world.client({ ...encrypted(keychain), storageTimeoutSeconds: 0.5 });
  const first = await world.failure(client.getAccessToken({ interaction: "never" }));
  expect(first).toMatchObject({ code: "storage", causeCode: "ETIMEDOUT", sessionKept: true });
  // The first call's time may go by while the code is loaded; by now it is there.
  const second = await world.failure(client.getAccessToken());
  expect(second).toMatchObject({ code: "storage", causeCode: "ETIMEDOUT", retryable: true });
  expect(second.message).toContain("Unlock the keychain");
  answer();
  expect(await client.getAccessToken()).toBe(token);
  expect(world.opened()).toBe(1);
});

test("FS-24 A keychain that is locked while a token is renewed costs nothing: the token is given, and stored when it can be", async () => {
  const world = await startWorld();
  const keychain = new MemoryKeychain();
  await world.signIn(encrypted(keychain));
  const client = world.client(encrypted(keychain));
  await client.getAccessToken();
  // The key is held by now: nobody needs the keychain again.
  keychain.fault = locked();
  const renewed = await client.getAccessToken({ forceRefresh: true });
  keychain.fault = undefined;
  expect(await world.client({ ...encrypted(keychain), interaction: "never" }).getAccessToken()).toBe(renewed);
});

test("LO-07 A sign-out with a locked keychain leaves no session", async () => {
  const world = await startWorld();
  const keychain = new MemoryKeychain();
  await world.signIn(encrypted(keychain));
  keychain.fault = locked();
  const client = world.client({ ...encrypted(keychain), interaction: "never" });
  await client.signOut();
  expect(sealedFiles(world)).toEqual([]);
  keychain.fault = undefined;
  expect(await world.failure(client.getAccessToken())).toMatchObject({ code: "login_required" });
});

test("FS-21 Without a keychain nobody is asked to sign in for nothing; with memory chosen the login works and is told of", async () => {
  const world = await startWorld();
  const refused = await world.failure(world.client(encrypted(MemoryKeychain.none())).getAccessToken());
  expect(refused).toMatchObject({ code: "storage", kind: "unavailable" });
  expect(world.opened()).toBe(0);
  const client = world.client({ ...encrypted(MemoryKeychain.none()), withoutKeychain: "memory" });
  const told: StorageError[] = [];
  client.on("storage", ({ error }) => told.push(error));
  const token = await client.getAccessToken();
  expect(await client.getAccessToken()).toBe(token);
  expect(await client.getAccessToken({ rejectedToken: token })).not.toBe(token);
  expect(world.opened()).toBe(1);
  expect(told).toMatchObject([{ kind: "unavailable", message: expect.stringContaining("in memory") }]);
  expect(world.stored()).toEqual({});
  expect(sealedFiles(world)).toEqual([]);
});

test("A lost data key is told of, and one login makes all well again", async () => {
  const world = await startWorld();
  const keychain = new MemoryKeychain();
  await world.signIn(encrypted(keychain));
  keychain.key = undefined;
  const client = world.client(encrypted(keychain));
  const told: StorageError[] = [];
  client.on("storage", ({ error }) => told.push(error));
  const token = await client.getAccessToken();
  expect(world.opened()).toBe(2);
  expect(told).toMatchObject([{ kind: "corrupt" }]);
  expect(await world.client({ ...encrypted(keychain), interaction: "never" }).getAccessToken()).toBe(token);
});

test("A switch from plain to encrypted files needs one login, and the plain session that stays is told of", async () => {
  const world = await startWorld();
  await world.signIn();
  const plain = world.stored();
  const client = world.client(encrypted(new MemoryKeychain()));
  const told: StorageError[] = [];
  client.on("storage", ({ error }) => told.push(error));
  await client.getAccessToken();
  expect(world.opened()).toBe(2);
  expect(told).toMatchObject([{ kind: "permission", message: expect.stringContaining("unencrypted session") }]);
  expect(world.stored()).toEqual(plain);
});

test("FS-18 A record of a newer encryption is neither used nor replaced", async () => {
  const world = await startWorld();
  const keychain = new MemoryKeychain();
  await world.signIn(encrypted(keychain));
  const [file = ""] = sealedFiles(world);
  const path = join(world.directory, file);
  writeFileSync(path, '{"encrypted":2,"by":"a later version"}');
  const client = world.client(encrypted(keychain));
  const told: StorageError[] = [];
  client.on("storage", ({ error }) => told.push(error));
  await client.getAccessToken();
  expect(told).toContainEqual(expect.objectContaining({ kind: "version" }));
  expect(readFileSync(path, "utf8")).toBe('{"encrypted":2,"by":"a later version"}');
});
