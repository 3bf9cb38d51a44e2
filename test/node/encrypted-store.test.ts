import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { StorageError } from "../../src/errors.js";
import { openEncryptedStore } from "../../src/node/encrypted/store.js";
import { openFileLock } from "../../src/node/files/lock.js";
import { openFileStore } from "../../src/node/files/store.js";
import type { Keychain } from "../../src/ports.js";
import { systemClock } from "../../src/clock.js";
import { describeKeyValueStore } from "../contracts/key-value-store.js";
import { useScratchDirectories } from "../support/scratch.js";
import { MemoryKeychain } from "./memory-keychain.js";

const scratch = useScratchDirectories();
const troubles: StorageError[] = [];
afterEach(() => {
  troubles.length = 0;
});
const onTrouble = (error: StorageError) => void troubles.push(error);

interface Choices {
  readonly withoutKeychain?: "fail" | "memory" | "plain-file";
  readonly timeoutMs?: number;
}

function open(directory: string, keychain: Keychain, { withoutKeychain = "fail", timeoutMs = 5000 }: Choices = {}) {
  const lock = openFileLock({ directory, clock: systemClock, onTrouble });
  const clock = systemClock;
  return openEncryptedStore({ directory, keychain, withoutKeychain, lock, clock, timeoutMs, onTrouble });
}

const plain = (directory: string) => openFileStore({ directory, onTrouble }).store;
const record = { version: 1, refreshToken: "a-secret-token" };

describeKeyValueStore("The encrypted store", () => {
  const directory = join(scratch(), "tokens");
  const keychain = new MemoryKeychain();
  return { store: open(directory, keychain).store, reopen: () => open(directory, keychain).store };
});

describeKeyValueStore("The encrypted store without a keychain, which keeps records in memory,", () => ({
  store: open(join(scratch(), "tokens"), MemoryKeychain.none(), { withoutKeychain: "memory" }).store,
}));

describe("An encrypted record", () => {
  it("shows nothing of itself in its file, and no two writes of it look the same", async () => {
    const directory = join(scratch(), "tokens");
    const { store } = open(directory, new MemoryKeychain());
    const seen = new Set<string>();
    for (let n = 0; n < 20; n += 1) {
      await store.set("key", record);
      const text = readFileSync(join(directory, "key.sealed"), "utf8");
      expect(text).not.toMatch(/secret|refresh/);
      const { nonce, box } = JSON.parse(text) as { nonce: string; box: string };
      expect(Buffer.from(nonce, "base64url")).toHaveLength(12);
      seen.add(nonce).add(box);
    }
    expect(seen.size).toBe(40);
  });

  it("is not readable with any one bit changed; the bytes are kept aside, it is told once, and the next write works", async () => {
    const directory = join(scratch(), "tokens");
    const keychain = new MemoryKeychain();
    await open(directory, keychain).store.set("key", record);
    const path = join(directory, "key.sealed");
    const good = JSON.parse(readFileSync(path, "utf8")) as Record<"nonce" | "box", string>;
    for (const [part, bit] of [
      ["nonce", 0],
      ["box", 0],
      ["box", -1],
      ["box", 100],
    ] as const) {
      const bytes = Buffer.from(good[part], "base64url");
      const at = (bit + bytes.length) % bytes.length;
      bytes[at] = (bytes[at] as number) ^ 1;
      const changed = JSON.stringify({ ...good, [part]: bytes.toString("base64url") });
      writeFileSync(path, changed);
      const { store } = open(directory, keychain);
      troubles.length = 0;
      expect([await store.get("key"), await store.get("key")]).toEqual([undefined, undefined]);
      expect(troubles).toMatchObject([{ name: "StorageError", kind: "corrupt" }]);
      const aside = readdirSync(directory).map((name) => readFileSync(join(directory, name), "utf8"));
      expect(aside.filter((text) => text === changed)).toHaveLength(2);
    }
    const { store } = open(directory, keychain);
    await store.set("key", { new: true });
    expect(await open(directory, keychain).store.get("key")).toEqual({ new: true });
    await store.delete("key");
    expect(readdirSync(directory)).toEqual([]);
  });

  it("is not readable under another key", async () => {
    const directory = join(scratch(), "tokens");
    const { store } = open(directory, new MemoryKeychain());
    await store.set("alice", record);
    renameSync(join(directory, "alice.sealed"), join(directory, "mallory.sealed"));
    expect(await store.get("mallory")).toBeUndefined();
    expect(troubles).toMatchObject([{ kind: "corrupt" }]);
  });

  it("FS-18 of a newer format tells its version, so that nobody uses or replaces it", async () => {
    const directory = join(scratch(), "tokens");
    const { store } = open(directory, new MemoryKeychain());
    await store.set("key", record);
    writeFileSync(join(directory, "key.sealed"), JSON.stringify({ encrypted: 2, sealedBy: "another way" }));
    expect(await store.get("key")).toEqual({ version: 2 });
    expect(troubles).toEqual([]);
  });

  it.each([
    ["truncated", '{"encrypted":1,"keyId":"'],
    ["empty", ""],
    ["a plain record", JSON.stringify(record)],
    ["an envelope without its parts", '{"encrypted":1,"keyId":7}'],
    ["an envelope of version 0", '{"encrypted":0,"keyId":"a","nonce":"b","box":"c"}'],
  ])("FS-04 that is %s is no session, and is told without its content", async (_name, text) => {
    const directory = join(scratch(), "tokens");
    const { store } = open(directory, new MemoryKeychain());
    await store.set("key", {});
    writeFileSync(join(directory, "key.sealed"), text);
    expect(await store.get("key")).toBeUndefined();
    expect(troubles).toMatchObject([{ kind: "corrupt" }]);
    expect(JSON.stringify(troubles) + troubles[0]?.message).not.toContain("secret");
  });
});

describe("The data key", () => {
  it("that is lost makes its records unreadable and says so; the bytes are kept aside, and the next write makes a new key", async () => {
    const directory = join(scratch(), "tokens");
    const keychain = new MemoryKeychain();
    await open(directory, keychain).store.set("key", record);
    keychain.key = undefined;
    const { store } = open(directory, keychain);
    expect(await store.get("key")).toBeUndefined();
    expect(troubles).toMatchObject([{ kind: "corrupt", message: expect.stringContaining("no longer has") }]);
    expect(readdirSync(directory).filter((name) => name.includes("corrupt"))).toHaveLength(1);
    await store.set("key", { new: true });
    expect(await open(directory, keychain).store.get("key")).toEqual({ new: true });
  });

  it("that another process has replaced is loaded again, and its records are read", async () => {
    const directory = join(scratch(), "tokens");
    const keychain = new MemoryKeychain();
    const here = open(directory, keychain).store;
    await here.set("key", record);
    keychain.key = undefined;
    await open(directory, keychain).store.set("key", { theirs: true });
    expect(await here.get("key")).toEqual({ theirs: true });
    await here.set("key", { ours: true });
    expect(await open(directory, keychain).store.get("key")).toEqual({ ours: true });
    expect(troubles).toEqual([]);
  });

  it("is one, also where many make it at once", async () => {
    const directory = join(scratch(), "tokens");
    const keychain = new MemoryKeychain();
    await Promise.all(Array.from({ length: 8 }, (_, n) => open(directory, keychain).store.set(`key${n}`, { n })));
    expect(keychain.saves).toBe(1);
    for (let n = 0; n < 8; n += 1) expect(await open(directory, keychain).store.get(`key${n}`)).toEqual({ n });
  });

  it("is loaded once for all calls of a client", async () => {
    const keychain = new MemoryKeychain();
    const { store } = open(join(scratch(), "tokens"), keychain);
    await store.set("key", record);
    const loads = keychain.loads;
    for (let n = 0; n < 5; n += 1) await store.get("key");
    expect(keychain.loads).toBe(loads);
  });

  it("of another length is somebody else's entry and is replaced", async () => {
    const directory = join(scratch(), "tokens");
    const keychain = new MemoryKeychain();
    keychain.key = new Uint8Array(16);
    await open(directory, keychain).store.set("key", record);
    expect(keychain.key).toHaveLength(32);
    expect(await open(directory, keychain).store.get("key")).toEqual(record);
  });
});

describe("Without a keychain", () => {
  it("FS-21 [fail] every call but a deletion is a StorageError that says why, nothing is written, and a keychain that comes later is used", async () => {
    const directory = join(scratch(), "tokens");
    const keychain = MemoryKeychain.none();
    const { store } = open(directory, keychain);
    const refusal = { name: "StorageError", kind: "unavailable", retryable: true, sessionKept: true };
    await expect(store.get("key")).rejects.toMatchObject(refusal);
    await expect(store.set("key", record)).rejects.toMatchObject(refusal);
    await expect(store.get("key")).rejects.toThrow(/No keychain in this test\..*withoutKeychain/);
    await store.delete("key");
    expect(existsSync(directory)).toBe(false);
    keychain.absent = false;
    await store.set("key", record);
    expect(await store.get("key")).toEqual(record);
  });

  it("FS-21 [memory] records end with the program, no file is written, and it is told once", async () => {
    const directory = join(scratch(), "tokens");
    const { store, fingerprint } = open(directory, MemoryKeychain.none(), { withoutKeychain: "memory" });
    await store.set("key", record);
    expect(await store.get("key")).toEqual(record);
    expect(fingerprint("key")).toBe(fingerprint("key"));
    expect(existsSync(directory)).toBe(false);
    expect(troubles).toMatchObject([{ kind: "unavailable", message: expect.stringContaining("in memory") }]);
    await store.delete("key");
    expect(await store.get("key")).toBeUndefined();
  });

  it("FS-21 [plain-file] records are those of the file store, and it is told once that they are not encrypted", async () => {
    const directory = join(scratch(), "tokens");
    const { store, fingerprint } = open(directory, MemoryKeychain.none(), { withoutKeychain: "plain-file" });
    await store.set("key", record);
    expect(await plain(directory).get("key")).toEqual(record);
    expect(troubles).toMatchObject([{ kind: "unavailable", message: expect.stringContaining("unencrypted in") }]);
    const mark = fingerprint("key");
    await plain(directory).set("key", { other: true });
    expect(fingerprint("key")).not.toBe(mark);
    await store.delete("key");
    expect(readdirSync(directory)).toEqual([]);
  });

  it("FS-21 one that takes no key, or forgets it, counts as none", async () => {
    const refusing = new MemoryKeychain();
    refusing.save = () => Promise.reject(Object.assign(new Error("locked"), { code: "GenericFailure" }));
    await expect(open(join(scratch(), "tokens"), refusing).store.get("key")).rejects.toThrow(/GenericFailure/);
    const forgetful = new MemoryKeychain();
    forgetful.save = () => Promise.resolve();
    await expect(open(join(scratch(), "tokens"), forgetful).store.get("key")).rejects.toThrow(/did not keep/);
  });
});

describe("A keychain that is there and gives nothing", () => {
  it.each(["fail", "memory", "plain-file"] as const)(
    "FS-24 [%s] locked: a retryable StorageError, never 'no session'; unlocked, the record is there",
    async (withoutKeychain) => {
      const directory = join(scratch(), "tokens");
      const keychain = new MemoryKeychain();
      await open(directory, keychain).store.set("key", record);
      keychain.fault = Object.assign(new Error("a-secret of the keychain"), { code: "GenericFailure" });
      const { store } = open(directory, keychain, { withoutKeychain });
      const error = (await store.get("key").catch((reason: unknown) => reason)) as StorageError;
      expect(error).toMatchObject({
        kind: "unavailable",
        retryable: true,
        sessionKept: true,
        causeCode: "GenericFailure",
      });
      expect(error.message).not.toContain("a-secret");
      await expect(store.set("key", {})).rejects.toMatchObject({ kind: "unavailable" });
      keychain.fault = undefined;
      expect(await store.get("key")).toEqual(record);
      expect(troubles).toEqual([]);
    },
  );

  it("FS-24 hanging: each call ends in time, the keychain is asked once, and its late answer is used", async () => {
    const directory = join(scratch(), "tokens");
    const keychain = new MemoryKeychain();
    await open(directory, keychain).store.set("key", record);
    keychain.loads = 0;
    const answer = keychain.hang();
    const { store } = open(directory, keychain, { timeoutMs: 30, withoutKeychain: "memory" });
    for (let n = 0; n < 3; n += 1) {
      await expect(store.get("key")).rejects.toMatchObject({ kind: "unavailable", causeCode: "ETIMEDOUT" });
    }
    expect(keychain.loads).toBe(1);
    answer();
    expect(await store.get("key")).toEqual(record);
    expect(troubles).toEqual([]);
  });

  it("FS-24 LO-07 a sign-out needs no keychain, and a write that waited for it does not bring the record back", async () => {
    const directory = join(scratch(), "tokens");
    const keychain = new MemoryKeychain();
    await open(directory, keychain).store.set("key", record);
    const answer = keychain.hang();
    const { store } = open(directory, keychain);
    const writing = store.set("key", { late: true });
    await store.delete("key");
    expect(readdirSync(directory)).toEqual([]);
    answer();
    await writing;
    expect(await store.get("key")).toBeUndefined();
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe("A plain and an encrypted store in one directory", () => {
  it("neither read, replace nor delete each other's records, also not where the keys resemble file names", async () => {
    const directory = join(scratch(), "tokens");
    const encrypted = open(directory, new MemoryKeychain()).store;
    const keys = ["key", "key.json", "key.sealed", "key.sealed.json"];
    for (const key of keys) {
      await plain(directory).set(key, { plain: key });
      await encrypted.set(key, { encrypted: key });
    }
    for (const key of keys) {
      expect(await plain(directory).get(key)).toEqual({ plain: key });
      expect(await encrypted.get(key)).toEqual({ encrypted: key });
    }
    for (const key of keys) await encrypted.delete(key);
    for (const key of keys) expect(await plain(directory).get(key)).toEqual({ plain: key });
    for (const key of keys) {
      await encrypted.set(key, { encrypted: key });
      await plain(directory).delete(key);
    }
    for (const key of keys) expect(await encrypted.get(key)).toEqual({ encrypted: key });
  });

  it("An unencrypted session of the same client is told of once, with what ends it", async () => {
    const directory = join(scratch(), "tokens");
    await plain(directory).set("key", record);
    const { store } = open(directory, new MemoryKeychain());
    expect(await store.get("key")).toBeUndefined();
    await store.set("key", {});
    await store.set("key", {});
    expect(troubles).toMatchObject([
      { kind: "permission", message: expect.stringContaining("key.json holds an unencrypted") },
    ]);
  });
});
