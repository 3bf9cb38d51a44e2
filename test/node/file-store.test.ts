import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it, vi } from "vitest";
import { StorageError } from "../../src/errors.js";
import { openFileStore } from "../../src/node/files/store.js";
import { describeKeyValueStore } from "../contracts/key-value-store.js";
import { compileForChildren } from "../support/compile.js";
import { useScratchDirectories } from "../support/scratch.js";
import { start } from "./programs/start.js";

// A limit against hanging only: starting processes takes long on a busy machine.
vi.setConfig({ testTimeout: 90_000 });
beforeAll(compileForChildren, 180_000);
const scratch = useScratchDirectories();

const unexpected = (error: Error): never => {
  throw error;
};
const open = (directory: string) => openFileStore({ directory, onTrouble: unexpected });

describeKeyValueStore("The file store", () => {
  const directory = join(scratch(), "tokens");
  return { store: open(directory).store, reopen: () => open(directory).store };
});

it("Reading and deleting create nothing", async () => {
  const parent = scratch();
  const { store, fingerprint } = open(join(parent, "home", "tokens"));
  expect(await store.get("key")).toBeUndefined();
  await store.delete("key");
  expect(fingerprint("key")).toBeUndefined();
  expect(readdirSync(parent)).toEqual([]);
});

it("FS-15 A file is named after the key alone", async () => {
  const directory = join(scratch(), "tokens");
  await open(directory).store.set("s-0123", { issuer: "https://issuer.example", subject: "someone" });
  expect(readdirSync(directory)).toEqual(["s-0123.json"]);
});

it.each(["", "../up", "a/b", "a\\b", "A", "a b", "a\0", "x".repeat(101)])(
  "FS-15 The key %j is refused by every call",
  async (key) => {
    const parent = scratch();
    const { store, fingerprint } = open(join(parent, "tokens"));
    const refusal = { code: "storage", retryable: false };
    await expect(store.get(key)).rejects.toMatchObject(refusal);
    await expect(store.set(key, {})).rejects.toMatchObject(refusal);
    await expect(store.delete(key)).rejects.toMatchObject(refusal);
    expect(fingerprint(key)).toBe("unreadable");
    expect(readdirSync(parent)).toEqual([]);
  },
);

it("A record that could not be read back is refused, and the old one stays", async () => {
  const { store } = open(join(scratch(), "tokens"));
  await store.set("key", { old: true });
  await expect(store.set("key", "x".repeat(1024 * 1024))).rejects.toBeInstanceOf(StorageError);
  await expect(store.set("key", undefined)).rejects.toBeInstanceOf(StorageError);
  expect(await store.get("key")).toEqual({ old: true });
  await store.set("key", "x".repeat(1024 * 1024 - 3));
  expect(await store.get("key")).toHaveLength(1024 * 1024 - 3);
});

it("The fingerprint differs after each write and is undefined after a deletion", async () => {
  const directory = join(scratch(), "tokens");
  const { store, fingerprint } = open(directory);
  const other = open(directory).store;
  const marks = [fingerprint("key")];
  for (let n = 0; n < 10; n += 1) {
    await other.set("key", { n });
    marks.push(fingerprint("key"));
  }
  // Two neighbours are what a reader compares; an inode may come back later.
  for (let n = 1; n < marks.length; n += 1) expect(marks[n]).not.toBe(marks[n - 1]);
  expect(fingerprint("key")).toBe(marks.at(-1));
  await store.get("key");
  expect(fingerprint("key")).toBe(marks.at(-1));
  await other.delete("key");
  expect(fingerprint("key")).toBeUndefined();
});

it("LO-07 Deleting a record deletes its unfinished writes and put-aside copies, and nothing of other records", async () => {
  const directory = join(scratch(), "tokens");
  const { store } = open(directory);
  await store.set("key", {});
  const mine = [
    "key.json.1-abc.tmp",
    "key.json.corrupt-0123456789abcdef",
    "key.json.corrupt-0123456789abcdef.1-abc.tmp",
  ];
  const foreign = ["key2.json", "key.json.json", "my-key.json.1-abc.tmp", "record.key.lock", "key.json.note"];
  for (const name of [...mine, ...foreign]) writeFileSync(join(directory, name), "a secret");
  await store.delete("key");
  expect(readdirSync(directory).sort()).toEqual([...foreign].sort());
});

it("MP-15 A write sweeps the unfinished files of dead writers that are older than a minute, and no others", async () => {
  const directory = join(scratch(), "tokens");
  const { store } = open(directory);
  await store.set("key", {});
  // No process has this number: it is above the largest that Linux gives.
  const dead = 4_194_305;
  const minutesAgo = {
    [`other.json.${dead}-old.tmp`]: 2,
    [`key.json.${dead}-young.tmp`]: 0.5,
    [`key.json.${process.pid}-slow.tmp`]: 30,
    [`key.json.${process.pid}-lost.tmp`]: 90,
    [`note.${dead}-x.tmp`]: 90,
  };
  for (const [name, minutes] of Object.entries(minutesAgo)) {
    writeFileSync(join(directory, name), "");
    const then = new Date(Date.now() - minutes * 60_000);
    utimesSync(join(directory, name), then, then);
  }
  await store.set("key", {});
  expect(readdirSync(directory).sort()).toEqual(
    ["key.json", `key.json.${dead}-young.tmp`, `key.json.${process.pid}-slow.tmp`, `note.${dead}-x.tmp`].sort(),
  );
});

it("A pipe in the place of a record is not waited for", async () => {
  const directory = join(scratch(), "tokens");
  const { store } = open(directory);
  await store.set("other", {});
  execFileSync("mkfifo", [join(directory, "key.json")]);
  await expect(store.get("key")).rejects.toMatchObject({ name: "StorageError", kind: "unavailable" });
  await store.set("key", { now: "a file" });
  expect(lstatSync(join(directory, "key.json")).isFile()).toBe(true);
});

it("A directory in the place of a record is a StorageError for reading, writing and deleting, and stays", async () => {
  const directory = join(scratch(), "tokens");
  const { store } = open(directory);
  await store.set("other", {});
  mkdirSync(join(directory, "key.json"));
  await expect(store.get("key")).rejects.toMatchObject({ name: "StorageError" });
  await expect(store.set("key", {})).rejects.toMatchObject({ name: "StorageError", causeCode: "EISDIR" });
  await expect(store.delete("key")).rejects.toMatchObject({ name: "StorageError" });
  expect(existsSync(join(directory, "key.json"))).toBe(true);
  expect(readdirSync(directory).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

it("Reading a record loads nothing but the file system and paths", async () => {
  const directory = join(scratch(), "tokens");
  await open(directory).store.set("key", { a: 1 });
  const { child, lines } = await start("load-list", [directory, "key"]);
  const [line] = await Promise.all([lines.next(), once(child, "close")]);
  const { record, loaded } = JSON.parse(line.value as string) as { record: unknown; loaded: string[] };
  expect(record).toEqual({ a: 1 });
  expect(loaded).toEqual([]);
});
