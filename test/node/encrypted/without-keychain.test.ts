import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { StorageError } from "../../../src/errors.js";
import { useScratchDirectories } from "../../support/scratch.js";
import { openEncrypted, openPlain, record, troubles } from "./encrypted-records.js";
import { MemoryKeychain } from "./memory-keychain.js";

const scratch = useScratchDirectories();
afterEach(() => {
  troubles.length = 0;
});

describe("Without a keychain", () => {
  it("FS-21 [fail] every call but a deletion is a StorageError that says why, nothing is written, and a keychain that comes later is used", async () => {
    const directory = join(scratch(), "tokens");
    const keychain = MemoryKeychain.none();
    const store = openEncrypted(directory, keychain);
    const refusal = { name: "StorageError", kind: "unavailable", retryable: true, sessionKept: true };
    await expect(store.read("key")).rejects.toMatchObject(refusal);
    await expect(store.put("key", record)).rejects.toMatchObject(refusal);
    await expect(store.read("key")).rejects.toThrow(/No keychain in this test\..*withoutKeychain/);
    await store.remove("key");
    expect(existsSync(directory)).toBe(false);
    keychain.absent = false;
    await store.put("key", record);
    expect(await store.read("key")).toEqual(record);
  });

  it("FS-21 [memory] records end with the program, no file is written, and it is told once", async () => {
    const directory = join(scratch(), "tokens");
    const store = openEncrypted(directory, MemoryKeychain.none(), { withoutKeychain: "memory" });
    await store.put("key", record);
    expect(await store.read("key")).toEqual(record);
    const watch = store.watch("key");
    watch.mark();
    expect(watch.hasChanged()).toBe(false);
    expect(existsSync(directory)).toBe(false);
    expect(troubles).toMatchObject([{ kind: "unavailable", message: expect.stringContaining("in memory") }]);
    await store.remove("key");
    expect(await store.read("key")).toBeUndefined();
  });

  it("FS-21 [plain-file] records are those of the file store, and it is told once that they are not encrypted", async () => {
    const directory = join(scratch(), "tokens");
    const store = openEncrypted(directory, MemoryKeychain.none(), { withoutKeychain: "plain-file" });
    await store.put("key", record);
    expect(await openPlain(directory).read("key")).toEqual(record);
    expect(troubles).toMatchObject([{ kind: "unavailable", message: expect.stringContaining("unencrypted in") }]);
    const watch = store.watch("key");
    watch.mark();
    await openPlain(directory).put("key", { other: true });
    expect(watch.hasChanged()).toBe(true);
    await store.remove("key");
    expect(readdirSync(directory)).toEqual([]);
  });

  it("FS-21 one that takes no key, or forgets it, counts as none", async () => {
    const refusing = new MemoryKeychain();
    refusing.save = () => Promise.reject(Object.assign(new Error("locked"), { code: "GenericFailure" }));
    await expect(openEncrypted(join(scratch(), "tokens"), refusing).read("key")).rejects.toThrow(/GenericFailure/);
    const forgetful = new MemoryKeychain();
    forgetful.save = () => Promise.resolve();
    await expect(openEncrypted(join(scratch(), "tokens"), forgetful).read("key")).rejects.toThrow(/did not keep/);
  });
});

describe("A keychain that is there and gives nothing", () => {
  it.each(["fail", "memory", "plain-file"] as const)(
    "FS-24 [%s] locked: a retryable StorageError, never 'no session'; unlocked, the record is there",
    async (withoutKeychain) => {
      const directory = join(scratch(), "tokens");
      const keychain = new MemoryKeychain();
      await openEncrypted(directory, keychain).put("key", record);
      keychain.fault = Object.assign(new Error("a-secret of the keychain"), { code: "GenericFailure" });
      const store = openEncrypted(directory, keychain, { withoutKeychain });
      const error = (await store.read("key").catch((reason: unknown) => reason)) as StorageError;
      expect(error).toMatchObject({
        kind: "unavailable",
        retryable: true,
        sessionKept: true,
        causeCode: "GenericFailure",
      });
      expect(error.message).not.toContain("a-secret");
      await expect(store.put("key", {})).rejects.toMatchObject({ kind: "unavailable" });
      keychain.fault = undefined;
      expect(await store.read("key")).toEqual(record);
      expect(troubles).toEqual([]);
    },
  );

  it("FS-24 hanging: each call ends in time, the keychain is asked once, and its late answer is used", async () => {
    const directory = join(scratch(), "tokens");
    const keychain = new MemoryKeychain();
    await openEncrypted(directory, keychain).put("key", record);
    keychain.loads = 0;
    const answer = keychain.hang();
    const store = openEncrypted(directory, keychain, { timeoutMs: 30, withoutKeychain: "memory" });
    for (let n = 0; n < 3; n += 1) {
      await expect(store.read("key")).rejects.toMatchObject({ kind: "unavailable", causeCode: "ETIMEDOUT" });
    }
    expect(keychain.loads).toBe(1);
    answer();
    expect(await store.read("key")).toEqual(record);
    expect(troubles).toEqual([]);
  });

  it("FS-24 LO-07 a sign-out needs no keychain, and a write that waited for it does not bring the record back", async () => {
    const directory = join(scratch(), "tokens");
    const keychain = new MemoryKeychain();
    await openEncrypted(directory, keychain).put("key", record);
    const answer = keychain.hang();
    const store = openEncrypted(directory, keychain, { timeoutMs: 50 });
    const writing = store.put("key", { late: true }).catch((error: unknown) => error);
    await store.remove("key");
    expect(readdirSync(directory)).toEqual([]);
    answer();
    expect(await writing).toMatchObject({ name: "StorageError", causeCode: "ETIMEDOUT" });
    expect(await store.read("key")).toBeUndefined();
    expect(readdirSync(directory)).toEqual([]);
  });
});
