import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { StorageError } from "../../../src/errors.js";
import { createPrivateDirectory } from "../../../src/node/files/private-directory.js";
import { openRecords } from "./records.js";
import { remount, useMounts } from "./small-disk.js";

const { smallDisk } = useMounts();
const troubles: StorageError[] = [];
afterEach(() => {
  troubles.length = 0;
});
const open = (directory: string) => openRecords(directory, (error) => void troubles.push(error));

/** So many bytes that a record fits once, and not twice. */
const SMALL = "size=64k";

describe("A real disk", () => {
  it("FS-09 When it is full, a write is StorageError (full), leaves the old record and no rest, and works once there is space", async (context) => {
    const disk = smallDisk(context, SMALL);
    const store = open(join(disk, "tokens"));
    const record = (n: number) => ({ n, filling: "x".repeat(20_000) });
    await store.put("key", record(1));
    expect(() => writeFileSync(join(disk, "filler"), Buffer.alloc(64 * 1024))).toThrow(
      expect.objectContaining({ code: "ENOSPC" }),
    );
    await expect(store.put("key", record(2))).rejects.toMatchObject({
      name: "StorageError",
      kind: "full",
      causeCode: "ENOSPC",
      retryable: true,
    });
    expect(await store.read("key")).toEqual(record(1));
    expect(readdirSync(join(disk, "tokens"))).toEqual(["key.json"]);
    rmSync(join(disk, "filler"));
    await store.put("key", record(2));
    expect(await store.read("key")).toEqual(record(2));
  });

  it("FS-09 When it is full, a corrupt record is told all the same, and can be deleted", async (context) => {
    const disk = smallDisk(context, SMALL);
    const directory = join(disk, "tokens");
    createPrivateDirectory(directory);
    writeFileSync(join(directory, "key.json"), "{");
    expect(() => writeFileSync(join(disk, "filler"), Buffer.alloc(64 * 1024))).toThrow(
      expect.objectContaining({ code: "ENOSPC" }),
    );
    expect(await open(directory).read("key")).toBeUndefined();
    expect(troubles).toMatchObject([{ kind: "corrupt", message: expect.stringContaining("could not be kept") }]);
    await open(directory).remove("key");
    expect(readdirSync(directory)).toEqual([]);
  });

  it("FS-11 When it is read-only, the record is read, and writing or deleting is StorageError (permission)", async (context) => {
    const disk = smallDisk(context, SMALL);
    const store = open(join(disk, "tokens"));
    await store.put("key", { kept: true });
    remount(disk, "ro");
    const refusal = { name: "StorageError", kind: "permission", causeCode: "EROFS" };
    await expect(store.put("key", {})).rejects.toMatchObject(refusal);
    await expect(store.remove("key")).rejects.toMatchObject(refusal);
    await expect(open(join(disk, "other")).put("key", {})).rejects.toMatchObject(refusal);
    expect(await store.read("key")).toEqual({ kept: true });
  });
});
