/** PG-11 and PG-12 without a browser: what a call is told of a file that cannot be had, once and twice in a row. */
import type * as LoadPart from "../src/load-part.js";
import { beforeEach, expect, test, vi } from "vitest";

let lazily: typeof LoadPart.lazily;
let isThere: boolean;

const load = async () => {
  await Promise.resolve();
  if (!isThere) throw new TypeError("Failed to fetch dynamically imported module");
  return "part";
};
const codeOf = (loading: Promise<unknown>) => loading.then(String, (error: { code: string }) => error.code);

beforeEach(async () => {
  // What has failed is known to the whole page.
  vi.resetModules();
  ({ lazily } = await import("../src/load-part.js"));
  isThere = false;
});

test("the first failure may be tried again, the second one says to reload, and it is told truly when the file is back", async () => {
  const part = lazily(load);
  expect([await codeOf(part()), await codeOf(part()), await codeOf(part())]).toEqual([
    "network",
    "environment",
    "environment",
  ]);
  isThere = true;
  expect(await codeOf(part())).toBe("part");
});

test("two parts that fail one after the other are two failures; one that can be had in between ends the row", async () => {
  const [one, other] = [lazily(load), lazily(load)];
  expect([await codeOf(one()), await codeOf(other())]).toEqual(["network", "environment"]);
  isThere = true;
  expect(await codeOf(other())).toBe("part");
  isThere = false;
  expect(await codeOf(one())).toBe("network");
});

test("what is loaded ahead counts as no failure, and takes none back", async () => {
  const part = lazily(load);
  expect([await codeOf(part(true)), await codeOf(part(true)), await codeOf(part())]).toEqual([
    "network",
    "network",
    "network",
  ]);
  await codeOf(part(true));
  expect(await codeOf(part())).toBe("environment");
});

test("a call that joins what is loaded ahead is told, so that the next one says to reload", async () => {
  const part = lazily(load);
  const ahead = codeOf(part(true));
  expect([await codeOf(part()), await ahead]).toEqual(["network", "network"]);
  expect(await codeOf(part())).toBe("environment");
});
