/** Windows has no O_NOFOLLOW: a stand-in of the constants of `node:fs`. */
import type * as nodeFs from "node:fs";
import { lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import type { StorageError } from "../../../src/errors.js";
import { useScratchDirectories } from "../../support/scratch.js";
import { openRecords } from "./records.js";

vi.mock("node:fs", async (original) => {
  const real = await original<typeof nodeFs>();
  const constants = { ...real.constants, O_NOFOLLOW: undefined, O_NONBLOCK: undefined };
  return { ...real, constants, default: { ...real, constants } };
});

const scratch = useScratchDirectories();

it("LK-14 a symbolic link in the place of a record is neither read nor written through there; a write replaces it", async () => {
  const place = scratch();
  const directory = join(place, "tokens");
  mkdirSync(directory, { mode: 0o700 });
  const victim = join(place, "victim.json");
  writeFileSync(victim, '{"of":"the victim"}');
  const path = join(directory, "key.json");
  symlinkSync(victim, path);
  const troubles: StorageError[] = [];
  const records = openRecords(directory, (error) => void troubles.push(error));
  expect(await records.read("key")).toBeUndefined();
  expect(troubles).toMatchObject([{ kind: "permission", message: expect.stringContaining("symbolic link") }]);
  await records.put("key", { mine: true });
  expect(await records.read("key")).toEqual({ mine: true });
  expect(lstatSync(path).isFile()).toBe(true);
  symlinkSync(victim, join(directory, "other.json"));
  await records.remove("other");
  expect(readFileSync(victim, "utf8")).toBe('{"of":"the victim"}');
});

it("LK-14 a record that is none is no session there, as elsewhere", async () => {
  expect(await openRecords(scratch()).read("key")).toBeUndefined();
});

it("LK-14 a link to the directory leads to it: what counts is whose that is", async () => {
  const place = scratch();
  mkdirSync(join(place, "real"), { mode: 0o700 });
  symlinkSync(join(place, "real"), join(place, "link"));
  await openRecords(join(place, "link")).put("key", { n: 1 });
  expect(await openRecords(join(place, "real")).read("key")).toEqual({ n: 1 });
});
