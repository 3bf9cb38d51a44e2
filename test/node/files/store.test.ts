import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it, vi } from "vitest";
import { StorageError } from "../../../src/errors.js";
import { describeRecordStore } from "../../contracts/record-store.js";
import { describeStoreWatch } from "../../contracts/store-watch.js";
import { compileForChildren } from "../../support/compile.js";
import { useScratchDirectories } from "../../support/scratch.js";
import { start } from "../programs/start.js";
import { KEY, openRecords as open } from "./records.js";

// A limit against hanging only: starting processes takes long on a busy machine.
vi.setConfig({ testTimeout: 90_000 });
beforeAll(compileForChildren, 180_000);
const scratch = useScratchDirectories();

describeRecordStore("The file store", () => {
  const directory = join(scratch(), "tokens");
  return { store: open(directory).store, reopen: () => open(directory).store };
});

describeStoreWatch("The watch of the file store", () => {
  const directory = join(scratch(), "tokens");
  return { watch: open(directory).watch("key"), other: open(directory).store, announce: () => {} };
});

it("Changes of several processes that count together lose none, and leave no lock", async () => {
  const directory = join(scratch(), "tokens");
  const counters = await Promise.all(Array.from({ length: 5 }, () => start("count-updates", [directory, "key", "30"])));
  await Promise.all(counters.map(({ child }) => once(child, "close")));
  expect(await open(directory).read("key")).toEqual({ count: 150 });
  expect(readdirSync(directory)).toEqual(["key.json"]);
});

it("Reading and deleting create nothing", async () => {
  const parent = scratch();
  const { read, remove, store, watch } = open(join(parent, "home", "tokens"));
  expect(await read("key")).toBeUndefined();
  await remove("key");
  await store.update("key", () => undefined);
  watch("key").mark();
  expect(watch("key").hasChanged()).toBe(true);
  expect(readdirSync(parent)).toEqual([]);
});

it("FS-15 A file is named after the key alone", async () => {
  const directory = join(scratch(), "tokens");
  await open(directory).put("s-0123", { issuer: "https://issuer.example", subject: "someone" });
  expect(readdirSync(directory)).toEqual(["s-0123.json"]);
});

it.each(["", "../up", "a/b", "a\\b", "A", "a b", "a\0", "x".repeat(101)])(
  "FS-15 The key %j is refused by every call",
  async (key) => {
    const parent = scratch();
    const { read, put, remove, watch } = open(join(parent, "tokens"));
    const refusal = { code: "storage", retryable: false };
    await expect(read(key)).rejects.toMatchObject(refusal);
    await expect(put(key, {})).rejects.toMatchObject(refusal);
    await expect(remove(key)).rejects.toMatchObject(refusal);
    watch(key).mark();
    expect(watch(key).hasChanged()).toBe(true);
    expect(readdirSync(parent)).toEqual([]);
  },
);

it("A record that could not be read back is refused, and the old one stays", async () => {
  const store = open(join(scratch(), "tokens"));
  await store.put("key", { old: true });
  await expect(store.put("key", "x".repeat(1024 * 1024))).rejects.toBeInstanceOf(StorageError);
  await expect(store.put("key", undefined)).rejects.toBeInstanceOf(StorageError);
  expect(await store.read("key")).toEqual({ old: true });
  await store.put("key", "x".repeat(1024 * 1024 - 3));
  expect(await store.read("key")).toHaveLength(1024 * 1024 - 3);
});

it("LO-07 Deleting a record deletes its unfinished writes and corrupt copies, and nothing of other records", async () => {
  const directory = join(scratch(), "tokens");
  const store = open(directory);
  await store.put("key", {});
  const mine = [
    "key.json.1-abc.tmp",
    "key.json.corrupt-0123456789abcdef",
    "key.json.corrupt-0123456789abcdef.1-abc.tmp",
  ];
  const foreign = ["key2.json", "key.json.json", "my-key.json.1-abc.tmp", "key.json.note"];
  for (const name of [...mine, ...foreign]) writeFileSync(join(directory, name), "a secret");
  await store.remove("key");
  expect(readdirSync(directory).sort()).toEqual([...foreign].sort());
});

it("MP-15 LK-15 A write sweeps the unfinished files of dead writers that are older than a minute, and nothing of another program's", async () => {
  const directory = join(scratch(), "tokens");
  const store = open(directory);
  await store.put(KEY, {});
  // No process has this number: it is above the largest that Linux gives.
  const dead = 4_194_305;
  const other = KEY.replace("0", "f");
  const swept = [
    `${other}.json.${dead}-old.tmp`,
    `${other}.sealed.${dead}-old.tmp`,
    `${KEY}.json.corrupt-0123456789abcdef.${dead}-old.tmp`,
    `${KEY}.json.${process.pid}-lost.tmp`,
  ];
  const kept = [
    `${KEY}.json.${dead}-young.tmp`,
    `${KEY}.json.${process.pid}-slow.tmp`,
    `note.${dead}-x.tmp`,
    `package.json.${dead}-x.tmp`,
    `settings.sealed.${dead}-x.tmp`,
  ];
  for (const name of [...swept, ...kept]) {
    writeFileSync(join(directory, name), "");
    const minutes = name.includes("young") ? 0.5 : name.includes("slow") ? 30 : 90;
    const then = new Date(Date.now() - minutes * 60_000);
    utimesSync(join(directory, name), then, then);
  }
  await store.put(KEY, {});
  expect(readdirSync(directory).sort()).toEqual([`${KEY}.json`, ...kept].sort());
});

it("A pipe in the place of a record is not waited for", async () => {
  const directory = join(scratch(), "tokens");
  const store = open(directory);
  await store.put("other", {});
  execFileSync("mkfifo", [join(directory, "key.json")]);
  await expect(store.read("key")).rejects.toMatchObject({ name: "StorageError", kind: "unavailable" });
  await expect(store.put("key", { now: "a file" })).rejects.toMatchObject({ kind: "unavailable" });
  expect(lstatSync(join(directory, "key.json")).isFIFO()).toBe(true);
  await store.remove("key");
  await store.put("key", { now: "a file" });
  expect(lstatSync(join(directory, "key.json")).isFile()).toBe(true);
});

it("A directory in the place of a record is a StorageError for reading, writing and deleting, and stays", async () => {
  const directory = join(scratch(), "tokens");
  const store = open(directory);
  await store.put("other", {});
  mkdirSync(join(directory, "key.json"));
  await expect(store.read("key")).rejects.toMatchObject({ name: "StorageError" });
  await expect(store.put("key", {})).rejects.toMatchObject({ name: "StorageError" });
  await expect(store.remove("key")).rejects.toMatchObject({ name: "StorageError" });
  expect(existsSync(join(directory, "key.json"))).toBe(true);
  expect(readdirSync(directory).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

it("Reading a record loads nothing but the file system and paths", async () => {
  const directory = join(scratch(), "tokens");
  await open(directory).put("key", { a: 1 });
  const { child, lines } = await start("load-list", [directory, "key"]);
  const [line] = await Promise.all([lines.next(), once(child, "close")]);
  const { record, loaded } = JSON.parse(line.value as string) as { record: unknown; loaded: string[] };
  expect(record).toEqual({ a: 1 });
  expect(loaded).toEqual([]);
});
