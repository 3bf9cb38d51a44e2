/** What diagnose() says of the place where a program's session is kept. */
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { DiagnosisFinding, Keychain, OidcClientOptions } from "../../../src/node/index.js";
import { startWorld, type World } from "../../hostile/world.js";

async function find(world: World, check: string, options: Partial<OidcClientOptions> = {}) {
  const found = await world.client(options).diagnose();
  return found.find((finding) => finding.check === check) as DiagnosisFinding;
}

test("a directory that others can write to is named, with what to do", async () => {
  const world = await startWorld();
  mkdirSync(world.directory, { mode: 0o700 });
  chmodSync(world.directory, 0o777);
  const storage = await find(world, "storage");
  expect(storage.outcome).toBe("failed");
  expect(storage.message).toContain(`Other users can write to ${world.directory}`);
  expect(storage.message).toContain("chmod 700");
  expect(storage.message).not.toContain("A stored session is kept");
});

test("a directory that is not there is not made", async () => {
  const world = await startWorld();
  const storage = await find(world, "storage");
  expect(storage).toMatchObject({ outcome: "ok", message: `${world.directory} is made with the first sign-in.` });
  expect(() => readdirSync(world.directory)).toThrow("ENOENT");
});

test.each([
  ["a plain file", (path: string) => writeFileSync(path, ""), "is a file, not a directory"],
  ["a link to nowhere", (path: string) => symlinkSync(`${path}-gone`, path), "is a link to nowhere, not a directory"],
])("a directory below %s is named with what stands in its way", async (_title, make, says) => {
  const world = await startWorld();
  mkdirSync(world.directory, { mode: 0o700 });
  const path = join(world.directory, "it");
  make(path);
  const storageDirectory = join(path, "tokens");
  expect(await find(world, "storage", { storageDirectory })).toMatchObject({
    outcome: "failed",
    message: expect.stringContaining(
      `${storageDirectory} cannot be made: ${path} ${says}. Remove it, or choose another`,
    ),
  });
});

test("a record that is damaged is told by each diagnosis", async () => {
  const world = await startWorld();
  await world.signIn();
  world.meddled();
  const [name = ""] = Object.keys(world.stored());
  writeFileSync(join(world.directory, name), "{");
  for (let time = 0; time < 2; time += 1) {
    const session = await find(world, "session");
    expect(session).toMatchObject({ outcome: "failed", message: expect.stringContaining("is not a stored session") });
  }
});

test("CM-06 a session without a refresh token, whether or not the scope is asked for, and one whose token has expired", async () => {
  const world = await startWorld();
  const options = { extraScopes: ["hub_connector_api"] };
  await world.signIn(options);
  expect(await find(world, "session", options)).toMatchObject({
    outcome: "ok",
    message: "The access token has time left; there is no refresh token to renew it with.",
    advice: 'Ask for a refresh token: most providers give one with extraScopes: ["offline_access"].',
  });
  world.provider.settings.refreshTokens = "never";
  const asked = { extraScopes: ["hub_connector_api", "offline_access"] };
  await world.signIn(asked);
  const advice = expect.stringMatching(
    /^The scope offline_access is asked for, .* no refresh token: .* not be allowed/,
  );
  expect(await find(world, "session", asked)).toMatchObject({ outcome: "ok", advice });
  const strict = { ...options, minValiditySeconds: 100_000 };
  expect(await find(world, "session", strict)).toMatchObject({
    outcome: "warning",
    advice: expect.stringContaining("offline_access"),
  });
});

test("a store of the program's own is written, read and emptied again", async () => {
  const world = await startWorld();
  const kept = new Map<string, unknown>();
  const storage = {
    get: async (key: string) => kept.get(key),
    set: async (key: string, value: unknown) => void kept.set(key, value),
    delete: async (key: string) => void kept.delete(key),
  };
  expect((await find(world, "storage", { storage })).outcome).toBe("ok");
  expect(kept.size).toBe(0);
  const forgetful = { ...storage, get: async () => undefined };
  expect(await find(world, "storage", { storage: forgetful })).toMatchObject({
    outcome: "failed",
    message: expect.stringContaining("does not give it back"),
  });
});

test("in memory there is nothing to look at", async () => {
  const world = await startWorld();
  expect((await find(world, "storage", { storage: "memory" })).outcome).toBe("skipped");
  expect((await find(world, "lock", { noCache: true })).outcome).toBe("skipped");
});

test("a keychain that is needed must answer", async () => {
  const world = await startWorld();
  let loads = 0;
  const keychain = (changes: Partial<Keychain> = {}): Keychain => ({
    load: async () => {
      loads += 1;
      return new Uint8Array(32);
    },
    save: async () => {},
    ...changes,
  });
  const ask = (own: Keychain) => find(world, "keychain", { storage: "encrypted-file", keychain: own });
  expect(await ask(keychain())).toMatchObject({ outcome: "ok", message: "The keychain answers." });
  expect(loads).toBeGreaterThan(0);
  expect(await ask(keychain({ unavailable: async () => "There is none here." }))).toMatchObject({
    outcome: "failed",
    message: "There is none here.",
  });
  const locked = keychain({ load: () => Promise.reject(new Error("CANARY")) });
  expect(await ask(locked)).toMatchObject({ outcome: "failed", message: expect.stringContaining("does not answer") });
});
