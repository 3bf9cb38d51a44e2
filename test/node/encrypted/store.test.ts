import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { describeRecordStore } from "../../contracts/record-store.js";
import { describeStoreWatch } from "../../contracts/store-watch.js";
import { useScratchDirectories } from "../../support/scratch.js";
import { openEncrypted, openPlain, record, troubles } from "./encrypted-records.js";
import { MemoryKeychain } from "./memory-keychain.js";

const scratch = useScratchDirectories();
afterEach(() => {
  troubles.length = 0;
});

describeRecordStore("The encrypted store", () => {
  const directory = join(scratch(), "tokens");
  const keychain = new MemoryKeychain();
  return { store: openEncrypted(directory, keychain).store, reopen: () => openEncrypted(directory, keychain).store };
});

describeStoreWatch("The watch of the encrypted store", () => {
  const directory = join(scratch(), "tokens");
  const keychain = new MemoryKeychain();
  const other = openEncrypted(directory, keychain).store;
  return { watch: openEncrypted(directory, keychain).watch("key"), other, announce: () => {} };
});

describeRecordStore("The encrypted store without a keychain, which keeps records in memory,", () => ({
  store: openEncrypted(join(scratch(), "tokens"), MemoryKeychain.none(), { withoutKeychain: "memory" }).store,
}));

describe("An encrypted record", () => {
  it("shows nothing of itself in its file, and no two writes of it look the same", async () => {
    const directory = join(scratch(), "tokens");
    const store = openEncrypted(directory, new MemoryKeychain());
    const seen = new Set<string>();
    for (let n = 0; n < 20; n += 1) {
      await store.put("key", record);
      const text = readFileSync(join(directory, "key.sealed"), "utf8");
      expect(text).not.toMatch(/secret|refresh/);
      const { nonce, box } = JSON.parse(text) as { nonce: string; box: string };
      expect(Buffer.from(nonce, "base64url")).toHaveLength(12);
      seen.add(nonce).add(box);
    }
    expect(seen.size).toBe(40);
  });

  it("is not readable with any one bit changed; the bytes are kept in a copy, it is told once, and the next write works", async () => {
    const directory = join(scratch(), "tokens");
    const keychain = new MemoryKeychain();
    await openEncrypted(directory, keychain).put("key", record);
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
      const store = openEncrypted(directory, keychain);
      troubles.length = 0;
      expect([await store.read("key"), await store.read("key")]).toEqual([undefined, undefined]);
      expect(troubles).toMatchObject([{ name: "StorageError", kind: "corrupt" }]);
      const copies = readdirSync(directory).map((name) => readFileSync(join(directory, name), "utf8"));
      expect(copies.filter((text) => text === changed)).toHaveLength(2);
    }
    const store = openEncrypted(directory, keychain);
    await store.put("key", { new: true });
    expect(await openEncrypted(directory, keychain).read("key")).toEqual({ new: true });
    await store.remove("key");
    expect(readdirSync(directory)).toEqual([]);
  });

  it("is not readable under another key", async () => {
    const directory = join(scratch(), "tokens");
    const store = openEncrypted(directory, new MemoryKeychain());
    await store.put("alice", record);
    renameSync(join(directory, "alice.sealed"), join(directory, "mallory.sealed"));
    expect(await store.read("mallory")).toBeUndefined();
    expect(troubles).toMatchObject([{ kind: "corrupt" }]);
  });

  it("FS-18 of a newer format tells its version, so that nobody uses or replaces it", async () => {
    const directory = join(scratch(), "tokens");
    const store = openEncrypted(directory, new MemoryKeychain());
    await store.put("key", record);
    writeFileSync(join(directory, "key.sealed"), JSON.stringify({ encrypted: 2, sealedBy: "another way" }));
    expect(await store.read("key")).toEqual({ version: 2 });
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
    const store = openEncrypted(directory, new MemoryKeychain());
    await store.put("key", {});
    writeFileSync(join(directory, "key.sealed"), text);
    expect(await store.read("key")).toBeUndefined();
    expect(troubles).toMatchObject([{ kind: "corrupt" }]);
    expect(JSON.stringify(troubles) + troubles[0]?.message).not.toContain("secret");
  });
});

describe("The data key", () => {
  it("that is lost makes its records unreadable and says so; the bytes are kept in a copy, and the next write makes a new key", async () => {
    const directory = join(scratch(), "tokens");
    const keychain = new MemoryKeychain();
    await openEncrypted(directory, keychain).put("key", record);
    keychain.key = undefined;
    const store = openEncrypted(directory, keychain);
    expect(await store.read("key")).toBeUndefined();
    expect(troubles).toMatchObject([{ kind: "corrupt", message: expect.stringContaining("no longer has") }]);
    expect(readdirSync(directory).filter((name) => name.includes("corrupt"))).toHaveLength(1);
    await store.put("key", { new: true });
    expect(await openEncrypted(directory, keychain).read("key")).toEqual({ new: true });
  });

  it("that another process has replaced is loaded again, and its records are read", async () => {
    const directory = join(scratch(), "tokens");
    const keychain = new MemoryKeychain();
    const here = openEncrypted(directory, keychain);
    await here.put("key", record);
    keychain.key = undefined;
    await openEncrypted(directory, keychain).put("key", { theirs: true });
    expect(await here.read("key")).toEqual({ theirs: true });
    await here.put("key", { ours: true });
    expect(await openEncrypted(directory, keychain).read("key")).toEqual({ ours: true });
    // The other process could not read what it replaced.
    expect(troubles).toMatchObject([{ kind: "corrupt", message: expect.stringContaining("no longer has") }]);
  });

  it("is one, also where many make it at once", async () => {
    const directory = join(scratch(), "tokens");
    const keychain = new MemoryKeychain();
    await Promise.all(Array.from({ length: 8 }, (_, n) => openEncrypted(directory, keychain).put(`key${n}`, { n })));
    expect(keychain.saves).toBe(1);
    for (let n = 0; n < 8; n += 1) expect(await openEncrypted(directory, keychain).read(`key${n}`)).toEqual({ n });
  });

  it("is loaded once for all calls of a client", async () => {
    const keychain = new MemoryKeychain();
    const store = openEncrypted(join(scratch(), "tokens"), keychain);
    await store.put("key", record);
    const loads = keychain.loads;
    for (let n = 0; n < 5; n += 1) await store.read("key");
    expect(keychain.loads).toBe(loads);
  });

  it("of another length is somebody else's entry and is replaced", async () => {
    const directory = join(scratch(), "tokens");
    const keychain = new MemoryKeychain();
    keychain.key = new Uint8Array(16);
    await openEncrypted(directory, keychain).put("key", record);
    expect(keychain.key).toHaveLength(32);
    expect(await openEncrypted(directory, keychain).read("key")).toEqual(record);
  });
});

describe("A plain and an encrypted store in one directory", () => {
  it("neither read, replace nor delete each other's records, also not where the keys resemble file names", async () => {
    const directory = join(scratch(), "tokens");
    const encrypted = openEncrypted(directory, new MemoryKeychain());
    const keys = ["key", "key.json", "key.sealed", "key.sealed.json"];
    for (const key of keys) {
      await openPlain(directory).put(key, { plain: key });
      await encrypted.put(key, { encrypted: key });
    }
    for (const key of keys) {
      expect(await openPlain(directory).read(key)).toEqual({ plain: key });
      expect(await encrypted.read(key)).toEqual({ encrypted: key });
    }
    for (const key of keys) await encrypted.remove(key);
    for (const key of keys) expect(await openPlain(directory).read(key)).toEqual({ plain: key });
    for (const key of keys) {
      await encrypted.put(key, { encrypted: key });
      await openPlain(directory).remove(key);
    }
    for (const key of keys) expect(await encrypted.read(key)).toEqual({ encrypted: key });
  });

  it("An unencrypted session of the same client is told of once, with what ends it", async () => {
    const directory = join(scratch(), "tokens");
    await openPlain(directory).put("key", record);
    const store = openEncrypted(directory, new MemoryKeychain());
    expect(await store.read("key")).toBeUndefined();
    await store.put("key", {});
    await store.put("key", {});
    expect(troubles).toMatchObject([
      { kind: "permission", message: expect.stringContaining("key.json holds an unencrypted") },
    ]);
  });
});
