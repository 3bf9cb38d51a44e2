import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type FileCalls, realFileCalls } from "../../src/node/files/atomic-file.js";
import { openFileStore } from "../../src/node/files/store.js";
import { useScratchDirectories } from "../support/scratch.js";

const scratch = useScratchDirectories();
const onTrouble = (error: Error): never => {
  throw error;
};
const open = (directory: string, calls: Partial<FileCalls> = {}) =>
  openFileStore({ directory, onTrouble, calls: { ...realFileCalls, ...calls } }).store;

// No test machine's file system fails in these ways when asked: here, and only here, a call of node:fs is a fake that
// fails so often and then does the real thing.
describe("A file system that fails for a moment", () => {
  const names = [
    "openSync",
    "readSync",
    "fsyncSync",
    "writeFileSync",
    "closeSync",
    "renameSync",
    "unlinkSync",
  ] as const;
  type Name = (typeof names)[number];

  function failing(name: Name, code: string, times: number, watch = () => {}): Partial<FileCalls> {
    let left = times;
    const real = realFileCalls[name] as (...args: unknown[]) => unknown;
    const call = (...args: unknown[]): unknown => {
      watch();
      left -= 1;
      if (left >= 0) throw Object.assign(new Error(`${code}: a message with a secret`), { code });
      return real(...args);
    };
    return { [name]: call };
  }

  async function withOldRecord(): Promise<string> {
    const directory = join(scratch(), "tokens");
    await open(directory).set("key", { old: true });
    return directory;
  }

  it.each(["EPERM", "EBUSY", "EACCES"])(
    "FS-14 A rename that fails twice with %s is tried again, and the old record is there meanwhile",
    async (code) => {
      const directory = await withOldRecord();
      const seen: string[] = [];
      const store = open(
        directory,
        failing("renameSync", code, 2, () => seen.push(readFileSync(join(directory, "key.json"), "utf8"))),
      );
      await store.set("key", { new: true });
      expect(seen).toEqual(Array(3).fill('{"old":true}\n'));
      expect(await open(directory).get("key")).toEqual({ new: true });
      expect(readdirSync(directory)).toEqual(["key.json"]);
    },
  );

  it("FS-14 A rename that always fails ends in time with StorageError, the old record and no rest", async () => {
    const directory = await withOldRecord();
    const store = open(directory, failing("renameSync", "EBUSY", Number.POSITIVE_INFINITY));
    await expect(store.set("key", { new: true })).rejects.toMatchObject({
      name: "StorageError",
      kind: "unavailable",
      causeCode: "EBUSY",
      retryable: true,
    });
    expect(await store.get("key")).toEqual({ old: true });
    expect(readdirSync(directory)).toEqual(["key.json"]);
  });

  it("FS-14 A write that is tried again does not land after a younger write or deletion", async () => {
    const directory = await withOldRecord();
    const store = open(directory, failing("renameSync", "EBUSY", 2));
    await Promise.all([store.set("key", { n: 1 }), store.set("key", { n: 2 })]);
    expect(await store.get("key")).toEqual({ n: 2 });
    const other = open(directory, failing("renameSync", "EBUSY", 2));
    await Promise.all([other.set("key", { n: 3 }), other.delete("key")]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each(["ESTALE", "EIO", "EMFILE", "EAGAIN"])("MP-16 Reading and deleting go on after %s", async (code) => {
    const directory = await withOldRecord();
    expect(await open(directory, failing("openSync", code, 3)).get("key")).toEqual({ old: true });
    expect(await open(directory, failing("readSync", code, 1)).get("key")).toEqual({ old: true });
    await open(directory, failing("unlinkSync", code, 1)).delete("key");
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each(["openSync", "writeFileSync", "fsyncSync", "closeSync", "renameSync"] as const)(
    "MP-16 A write of which %s fails with EIO is done anew, and leaves no rest",
    async (name) => {
      const directory = await withOldRecord();
      await open(directory, failing(name, "EIO", 2)).set("key", { new: true });
      expect(await open(directory).get("key")).toEqual({ new: true });
      expect(readdirSync(directory)).toEqual(["key.json"]);
    },
  );

  it.each([
    ["ESTALE", "unavailable"],
    ["EIO", "unavailable"],
    ["ENOLCK", "unavailable"],
    ["EDQUOT", "full"],
    ["EROFS", "permission"],
  ])(
    "MP-16 Lasting %s is StorageError (%s) with the code and not the message, and the record stays",
    async (code, kind) => {
      const directory = await withOldRecord();
      const fault = {
        name: "StorageError",
        kind,
        causeCode: code,
        sessionKept: true,
        message: expect.not.stringContaining("secret"),
      };
      await expect(
        open(directory, failing("openSync", code, Number.POSITIVE_INFINITY)).get("key"),
      ).rejects.toMatchObject(fault);
      await expect(
        open(directory, failing("writeFileSync", code, Number.POSITIVE_INFINITY)).set("key", {}),
      ).rejects.toMatchObject(fault);
      await expect(
        open(directory, failing("unlinkSync", code, Number.POSITIVE_INFINITY)).delete("key"),
      ).rejects.toMatchObject(fault);
      expect(await open(directory).get("key")).toEqual({ old: true });
      expect(readdirSync(directory)).toEqual(["key.json"]);
    },
  );

  it("FS-20 The file calls of a write come in the order write, sync, close, rename, sync of the directory", async () => {
    const directory = await withOldRecord();
    const order: string[] = [];
    const noted = Object.fromEntries(
      names.map((name) => [name, failing(name, "", 0, () => order.push(name))[name]]),
    ) as Partial<FileCalls>;
    await open(directory, noted).set("key", {});
    expect(order).toEqual([
      "openSync",
      "writeFileSync",
      "fsyncSync",
      "closeSync",
      "renameSync",
      "openSync",
      "fsyncSync",
      "closeSync",
    ]);
  });
});
