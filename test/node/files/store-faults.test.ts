import fs, { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { useScratchDirectories } from "../../support/scratch.js";
import { openRecords } from "./records.js";

const scratch = useScratchDirectories();
const realFs = { ...fs };
type FileCalls = Partial<Record<"openSync", typeof fs.openSync>>;

/** The next store: its file calls are these, where they are named. Locks have others. */
function open(directory: string, calls: FileCalls = {}) {
  vi.restoreAllMocks();
  for (const [name, call] of Object.entries(calls)) vi.spyOn(fs, name as "openSync").mockImplementation(call);
  return openRecords(directory);
}

afterEach(() => {
  vi.restoreAllMocks();
});

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

  function failing(name: Name, code: string, times: number, watch = () => {}): FileCalls {
    let left = times;
    const real = realFs[name] as (...args: unknown[]) => unknown;
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
    await open(directory).put("key", { old: true });
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
      await store.put("key", { new: true });
      expect(seen).toEqual(Array(3).fill('{"old":true}\n'));
      expect(await open(directory).read("key")).toEqual({ new: true });
      expect(readdirSync(directory)).toEqual(["key.json"]);
    },
  );

  it("FS-14 A rename that always fails ends in time with StorageError, the old record and no rest", async () => {
    const directory = await withOldRecord();
    const store = open(directory, failing("renameSync", "EBUSY", Number.POSITIVE_INFINITY));
    await expect(store.put("key", { new: true })).rejects.toMatchObject({
      name: "StorageError",
      kind: "unavailable",
      causeCode: "EBUSY",
      retryable: true,
    });
    expect(await store.read("key")).toEqual({ old: true });
    expect(readdirSync(directory)).toEqual(["key.json"]);
  });

  it("FS-14 A write that is tried again does not land after a younger write or deletion", async () => {
    const directory = await withOldRecord();
    const store = open(directory, failing("renameSync", "EBUSY", 2));
    await Promise.all([store.put("key", { n: 1 }), store.put("key", { n: 2 })]);
    expect(await store.read("key")).toEqual({ n: 2 });
    const other = open(directory, failing("renameSync", "EBUSY", 2));
    await Promise.all([other.put("key", { n: 3 }), other.remove("key")]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each(["ESTALE", "EIO", "EMFILE", "EAGAIN"])("MP-16 Reading and deleting go on after %s", async (code) => {
    const directory = await withOldRecord();
    expect(await open(directory, failing("openSync", code, 3)).read("key")).toEqual({ old: true });
    expect(await open(directory, failing("readSync", code, 1)).read("key")).toEqual({ old: true });
    await open(directory, failing("unlinkSync", code, 1)).remove("key");
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each(["openSync", "writeFileSync", "fsyncSync", "closeSync", "renameSync"] as const)(
    "MP-16 A write of which %s fails with EIO is done anew, and leaves no rest",
    async (name) => {
      const directory = await withOldRecord();
      await open(directory, failing(name, "EIO", 2)).put("key", { new: true });
      expect(await open(directory).read("key")).toEqual({ new: true });
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
        open(directory, failing("openSync", code, Number.POSITIVE_INFINITY)).read("key"),
      ).rejects.toMatchObject(fault);
      await expect(
        open(directory, failing("writeFileSync", code, Number.POSITIVE_INFINITY)).put("key", {}),
      ).rejects.toMatchObject(fault);
      await expect(
        open(directory, failing("unlinkSync", code, Number.POSITIVE_INFINITY)).remove("key"),
      ).rejects.toMatchObject(fault);
      expect(await open(directory).read("key")).toEqual({ old: true });
      expect(readdirSync(directory)).toEqual(["key.json"]);
    },
  );

  it("FS-20 The file calls of a write come in the order write, sync, close, rename, sync of the directory", async () => {
    const directory = await withOldRecord();
    const order: string[] = [];
    const noted = Object.fromEntries(
      names.map((name) => [name, failing(name, "", 0, () => order.push(name))[name as "openSync"]]),
    ) as FileCalls;
    await open(directory, noted).put("key", {});
    // The change reads what is there.
    expect(order.splice(0, 4)).toEqual(["openSync", "readSync", "readSync", "closeSync"]);
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
