import { lstatSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
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

describe("A record that is no JSON", () => {
  const token = "a-secret-token";
  const cases: [string, Buffer][] = [
    ["truncated", Buffer.from(`{"refreshToken":"${token}`)],
    ["empty", Buffer.alloc(0)],
    ["of NUL", Buffer.alloc(4096)],
    ["of other bytes", Buffer.from([0xff, 0xfe, 0, 0x7b, 0x22, 0xc3, 0x28])],
    ["followed by more", Buffer.from(`{"a":1}{"refreshToken":"${token}"}`)],
  ];

  it.each(cases)(
    "FS-04 A file that is %s is no session, told once without its content; its bytes are kept in a copy; the next write works",
    async (_name, bytes) => {
      const directory = join(scratch(), "tokens");
      createPrivateDirectory(directory);
      writeFileSync(join(directory, "key.json"), bytes);
      const store = open(directory);
      expect([await store.read("key"), await store.read("key")]).toEqual([undefined, undefined]);
      expect(troubles).toMatchObject([{ name: "StorageError", kind: "corrupt", sessionKept: false, retryable: false }]);
      expect(troubles[0]?.message).toMatch(/The session here is gone\.$/);
      expect(JSON.stringify(troubles) + troubles[0]?.message).not.toContain("secret");
      const [copy = ""] = readdirSync(directory).filter((name) => name.startsWith("key.json.corrupt-"));
      expect(troubles[0]?.message).toContain(copy);
      expect([readFileSync(join(directory, copy)), readFileSync(join(directory, "key.json"))]).toEqual([bytes, bytes]);
      expect(lstatSync(join(directory, copy)).mode & 0o777).toBe(0o600);
      await store.put("key", { new: true });
      expect(await open(directory).read("key")).toEqual({ new: true });
      expect(readdirSync(directory).sort()).toEqual(["key.json", copy]);
      await store.remove("key");
      expect(readdirSync(directory)).toEqual([]);
    },
  );

  it("FS-04 Of a file larger than 1 MiB the first 1 MiB is kept in a copy", async () => {
    const directory = join(scratch(), "tokens");
    createPrivateDirectory(directory);
    writeFileSync(join(directory, "key.json"), JSON.stringify("x".repeat(5 * 1024 * 1024)));
    expect(await open(directory).read("key")).toBeUndefined();
    expect(troubles).toMatchObject([{ kind: "corrupt" }]);
    const [copy = ""] = readdirSync(directory).filter((name) => name !== "key.json");
    expect(statSync(join(directory, copy)).size).toBe(1024 * 1024);
  });

  it("FS-04 The three newest copies are kept, each content once, and each content is told", async () => {
    const directory = join(scratch(), "tokens");
    createPrivateDirectory(directory);
    const store = open(directory);
    for (const [n, text] of ["one", "two", "three", "four", "five", "five"].entries()) {
      writeFileSync(join(directory, "key.json"), text);
      await store.read("key");
      // The clock of a file system is coarse: what was kept so far is made older.
      const then = new Date(Date.now() - (10 - n) * 60_000);
      for (const name of readdirSync(directory)) {
        const path = join(directory, name);
        if (name !== "key.json" && Date.now() - statSync(path).mtimeMs < 60_000) utimesSync(path, then, then);
      }
    }
    const copies = readdirSync(directory).filter((name) => name !== "key.json");
    expect(copies.map((name) => readFileSync(join(directory, name), "utf8")).sort()).toEqual(["five", "four", "three"]);
    expect(troubles).toHaveLength(5);
  });

  it("FS-04 A good record that is written between the read and the copy stays", async () => {
    const directory = join(scratch(), "tokens");
    createPrivateDirectory(directory);
    writeFileSync(join(directory, "key.json"), "{");
    const reading = open(directory).read("key");
    // The read is done by now; the copy is made in a later turn.
    await open(directory).put("key", { good: true });
    expect(await reading).toBeUndefined();
    expect(await open(directory).read("key")).toEqual({ good: true });
    const [copy = ""] = readdirSync(directory).filter((name) => name !== "key.json");
    expect(readFileSync(join(directory, copy), "utf8")).toBe("{");
  });
});
