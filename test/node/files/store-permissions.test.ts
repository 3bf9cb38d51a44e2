import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it, vi } from "vitest";
import { createPrivateDirectory } from "../../../src/node/files/private-directory.js";
import { compileForChildren } from "../../support/compile.js";
import { useScratchDirectories } from "../../support/scratch.js";
import { KEY, openRecords } from "./records.js";
import { callStore, end, start } from "../programs/start.js";

// A limit against hanging only: starting processes takes long on a busy machine.
vi.setConfig({ testTimeout: 90_000 });
beforeAll(compileForChildren, 180_000);
const scratch = useScratchDirectories();
const isRoot = process.geteuid?.() === 0;
const STRANGER = 54_321;
const mode = (path: string) => (lstatSync(path).mode & 0o7777).toString(8);
const modesIn = (directory: string) =>
  Object.fromEntries(
    readdirSync(directory)
      .filter((name) => !name.endsWith(".lock"))
      .map((name) => [name.replace(/\d+-\w+/, "WRITER"), mode(join(directory, name))]),
  );
const open = (directory: string, troubles: Error[] = []) =>
  openRecords(directory, (error) => void troubles.push(error));

it.each(["000", "022", "277"])(
  "FS-01 With umask %s the directories are 0700 and the record 0600, at the first write and the next",
  async (bits) => {
    const umask = Number.parseInt(bits, 8);
    const home = join(scratch(), "home");
    const directory = join(home, "tokens");
    for (const value of [1, 2]) {
      expect(await callStore({ directory, call: "put", key: "key", value, umask })).toEqual({ troubles: [] });
      expect([mode(home), mode(directory), modesIn(directory)]).toEqual(["700", "700", { "key.json": "600" }]);
    }
  },
);

it("FS-01 With umask 000 a corrupt copy is 0600", async () => {
  const directory = join(scratch(), "tokens");
  createPrivateDirectory(directory);
  writeFileSync(join(directory, "key.json"), "{", { mode: 0o600 });
  await callStore({ directory, call: "read", key: "key", umask: 0 });
  expect(Object.values(modesIn(directory))).toEqual(["600", "600"]);
});

it.each(["000", "277"])("FS-01 With umask %s a file that is not yet renamed is 0600", async (umask) => {
  const directory = join(scratch(), "tokens");
  const writer = await start("stopped-write", [directory, "key"], ["sh", "-c", `umask ${umask}; exec "$@"`, "sh"]);
  try {
    await writer.lines.next();
    expect(modesIn(directory)).toEqual({ "key.json.WRITER.tmp": "600" });
  } finally {
    await end(writer, "SIGKILL");
  }
});

it("FS-01 A record that others may read is closed to them when it is read", async () => {
  const directory = join(scratch(), "tokens");
  await open(directory).put("key", { kept: true });
  chmodSync(join(directory, "key.json"), 0o644);
  expect(await open(directory).read("key")).toEqual({ kept: true });
  expect(mode(join(directory, "key.json"))).toBe("600");
});

it("FS-08 LK-15 A directory that others may only read is tightened to 0700 by the first read, and one above it is left alone", async () => {
  const home = join(scratch(), "home");
  const directory = join(home, "tokens");
  await open(directory).put(KEY, { kept: true });
  chmodSync(home, 0o755);
  chmodSync(directory, 0o755);
  expect(await open(directory).read(KEY)).toEqual({ kept: true });
  expect([mode(home), mode(directory)]).toEqual(["755", "700"]);
});

it("FS-08 LK-15 A directory that holds files of somebody else's is left open to its readers, and our files are closed to them", async () => {
  const directory = scratch();
  // As a project's folder may be, which a build machine reads.
  writeFileSync(join(directory, "package.json"), "{}");
  chmodSync(directory, 0o755);
  await open(directory).put(KEY, { kept: true });
  expect(await open(directory).read(KEY)).toEqual({ kept: true });
  expect([mode(directory), mode(join(directory, `${KEY}.json`))]).toEqual(["755", "600"]);
});

/** Nothing may be read from the directory, and nothing in it may change. */
async function expectRefused(directory: string, message: RegExp): Promise<void> {
  const before = [readFileSync(join(directory, "key.json"), "utf8"), ...readdirSync(directory), mode(directory)];
  const troubles: Error[] = [];
  const store = open(directory, troubles);
  const refusal = { name: "StorageError", kind: "permission", message: expect.stringMatching(message) };
  await expect(store.read("key")).rejects.toMatchObject(refusal);
  await expect(store.read("missing")).rejects.toMatchObject(refusal);
  await expect(store.put("key", { new: true })).rejects.toMatchObject(refusal);
  await expect(store.put("other", { new: true })).rejects.toMatchObject(refusal);
  await expect(store.remove("key")).rejects.toMatchObject(refusal);
  expect(() => createPrivateDirectory(directory)).toThrow(expect.objectContaining(refusal));
  expect([readFileSync(join(directory, "key.json"), "utf8"), ...readdirSync(directory), mode(directory)]).toEqual(
    before,
  );
  expect(troubles).toEqual([]);
}

it.each(["777", "1777", "770", "702"])(
  "FS-08 Nothing is read from or written to a directory of mode %s, in which others may write",
  async (bits) => {
    const directory = join(scratch(), "tokens");
    await open(directory).put("key", { old: true });
    chmodSync(directory, Number.parseInt(bits, 8));
    await expectRefused(directory, /Other users can write/);
  },
);

it("FS-08 Nothing is read from or written to a directory of another user", async (context) => {
  if (!isRoot) context.skip("only root can give a directory away");
  const directory = join(scratch(), "tokens");
  await open(directory).put("key", { old: true });
  chownSync(directory, STRANGER, STRANGER);
  await expectRefused(directory, /belongs to another user/);
});

it("FS-08 A record of another user is neither read nor written, and a deletion removes it", async (context) => {
  if (!isRoot) context.skip("only root can give a file away");
  const directory = join(scratch(), "tokens");
  const store = open(directory);
  await store.put("key", { planted: true });
  chownSync(join(directory, "key.json"), STRANGER, STRANGER);
  const refusal = { name: "StorageError", kind: "permission" };
  await expect(store.read("key")).rejects.toMatchObject(refusal);
  await expect(store.put("key", { mine: true })).rejects.toMatchObject(refusal);
  await store.remove("key");
  await store.put("key", { mine: true });
  expect(await store.read("key")).toEqual({ mine: true });
  expect(statSync(join(directory, "key.json")).uid).toBe(0);
});

it("FS-06 A symbolic link in the place of a record is neither read nor written through; a write replaces it", async () => {
  const parent = scratch();
  const directory = join(parent, "tokens");
  createPrivateDirectory(directory);
  const victim = join(parent, "victim.json");
  writeFileSync(victim, '{"secret":"of the victim"}', { mode: 0o644 });
  symlinkSync(victim, join(directory, "key.json"));
  const troubles: Error[] = [];
  const store = open(directory, troubles);
  expect(await store.read("key")).toBeUndefined();
  expect(await store.read("key")).toBeUndefined();
  expect(troubles).toMatchObject([{ name: "StorageError", kind: "permission" }]);
  await store.put("key", { mine: true });
  expect(await store.read("key")).toEqual({ mine: true });
  expect(lstatSync(join(directory, "key.json")).isFile()).toBe(true);
  symlinkSync(victim, join(directory, "other.json"));
  await store.remove("other");
  expect(readdirSync(directory)).toEqual(["key.json"]);
  expect([readFileSync(victim, "utf8"), mode(victim)]).toEqual(['{"secret":"of the victim"}', "644"]);
});

it("FS-06 A dangling link in the place of the directory is an error, and its target is not made", async () => {
  const parent = scratch();
  symlinkSync(join(parent, "target"), join(parent, "link"));
  for (const store of [open(join(parent, "link", "tokens")), open(join(parent, "link"))]) {
    const refusal = { name: "StorageError", kind: "permission", causeCode: "ENOENT" };
    await expect(store.put("key", {})).rejects.toMatchObject(refusal);
    await expect(store.read("key")).rejects.toMatchObject(refusal);
    const { message } = (await store.put("key", {}).catch((error: unknown) => error)) as Error;
    expect(message).toMatch(/link is a link to nowhere, not a directory\..*choose another/);
    expect(message.match(/A stored session is kept/g)).toHaveLength(1);
  }
  expect(readdirSync(parent)).toEqual(["link"]);
});

it("FS-11 In a home that is another user's, reading gives nothing and writing is StorageError (permission)", async (context) => {
  if (!isRoot) context.skip("only root can start a program as another user");
  const home = scratch();
  chmodSync(home, 0o755);
  const directory = join(home, ".cegal-keystone", "tokens");
  const as = { directory, key: "key", value: {}, uid: STRANGER };
  expect(await callStore({ ...as, call: "read" })).toEqual({ troubles: [] });
  expect(await callStore({ ...as, call: "remove" })).toEqual({ troubles: [] });
  expect((await callStore({ ...as, call: "put" })).error).toMatchObject({
    name: "StorageError",
    kind: "permission",
    causeCode: "EACCES",
  });
  expect(readdirSync(home)).toEqual([]);
});

it("FS-11 In a directory of its own that a user cannot write, the record is read, and a write is StorageError (permission)", async (context) => {
  if (!isRoot) context.skip("only root can start a program as another user");
  const home = scratch();
  chownSync(home, STRANGER, STRANGER);
  const directory = join(home, "tokens");
  const as = { directory, key: "key", value: { kept: true }, uid: STRANGER };
  await callStore({ ...as, call: "put" });
  chmodSync(directory, 0o500);
  expect((await callStore({ ...as, call: "put", value: {} })).error).toMatchObject({
    kind: "permission",
    causeCode: "EACCES",
  });
  expect((await callStore({ ...as, call: "remove" })).error).toMatchObject({ kind: "permission", causeCode: "EACCES" });
  expect(await callStore({ ...as, call: "read" })).toEqual({ result: { kept: true }, troubles: [] });
});

it("LK-13 A file in the place of the directory is a StorageError, and so is one above it", async () => {
  const parent = scratch();
  writeFileSync(join(parent, "tokens"), "");
  await expect(open(join(parent, "tokens")).read("key")).rejects.toMatchObject({
    name: "StorageError",
    causeCode: "ENOTDIR",
  });
  const below = open(join(parent, "tokens", "deeper"));
  const refusal = { name: "StorageError", kind: "permission", causeCode: "ENOTDIR" };
  await expect(below.read("key")).rejects.toMatchObject(refusal);
  await expect(below.put("key", {})).rejects.toMatchObject(refusal);
  await expect(below.put("key", {})).rejects.toThrow(`${join(parent, "tokens")} is a file, not a directory`);
});

it("Two programs that make the directory at the same moment both write", async () => {
  const directory = join(scratch(), "a", "b", "tokens");
  const answers = await Promise.all(
    ["one", "two", "three"].map((key) => callStore({ directory, call: "put", key, value: key })),
  );
  expect(answers).toEqual(Array(3).fill({ troubles: [] }));
  expect(readdirSync(directory).sort()).toEqual(["one.json", "three.json", "two.json"]);
});

it("An existing directory above is used as it is", () => {
  const parent = scratch();
  mkdirSync(join(parent, "shared"));
  chmodSync(join(parent, "shared"), 0o755);
  createPrivateDirectory(join(parent, "shared", "tokens"));
  expect([mode(join(parent, "shared")), mode(join(parent, "shared", "tokens"))]).toEqual(["755", "700"]);
});
