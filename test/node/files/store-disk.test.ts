import { execFileSync } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, type TestContext } from "vitest";
import type { StorageError } from "../../../src/errors.js";
import { createPrivateDirectory } from "../../../src/node/files/private-directory.js";
import { useScratchDirectories } from "../../support/scratch.js";
import { openRecords } from "./records.js";

const scratch = useScratchDirectories();
const troubles: StorageError[] = [];
afterEach(() => {
  troubles.length = 0;
});
const open = (directory: string) => openRecords(directory, (error) => void troubles.push(error));

const mounts: string[] = [];
/** A small disk of its own, where the test may mount one. */
function smallDisk(context: TestContext): string {
  if (process.geteuid?.() !== 0) context.skip("only root can mount a small disk");
  const directory = scratch();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", directory], { stdio: "pipe" });
  } catch {
    context.skip("no file system can be mounted here");
  }
  mounts.push(directory);
  return directory;
}
afterEach(() => {
  for (const directory of mounts.splice(0)) execFileSync("umount", [directory]);
});

describe("A real disk", () => {
  it("FS-09 When it is full, a write is StorageError (full), leaves the old record and no rest, and works once there is space", async (context) => {
    const disk = smallDisk(context);
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
    const disk = smallDisk(context);
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
    const disk = smallDisk(context);
    const store = open(join(disk, "tokens"));
    await store.put("key", { kept: true });
    execFileSync("mount", ["-o", "remount,ro", disk]);
    const refusal = { name: "StorageError", kind: "permission", causeCode: "EROFS" };
    await expect(store.put("key", {})).rejects.toMatchObject(refusal);
    await expect(store.remove("key")).rejects.toMatchObject(refusal);
    await expect(open(join(disk, "other")).put("key", {})).rejects.toMatchObject(refusal);
    expect(await store.read("key")).toEqual({ kept: true });
  });
});
