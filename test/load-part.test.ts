/** PG-11 and PG-12 without a browser: what a call is told of a file that cannot be had, once and twice in a row. */
import type * as LoadPart from "../src/load-part.js";
import { afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";

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
  // A page, as far as can be seen from here.
  vi.stubGlobal("document", {});
  ({ lazily } = await import("../src/load-part.js"));
  isThere = false;
});

afterEach(() => void vi.unstubAllGlobals());

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

describe("In Node", () => {
  const faultOf = async (error: unknown) => {
    vi.stubGlobal("document", undefined);
    const { loadPart } = await import("../src/load-part.js");
    return await loadPart(() => Promise.reject(error)).catch((fault: unknown) => fault);
  };
  const loaderError = (message: string, code?: string) => Object.assign(new Error(message), code && { code });

  it.each([
    [
      "Cannot find package 'oauth4webapi' imported from /app/node_modules/keystone-auth/dist/node-online.js",
      "the package oauth4webapi",
    ],
    ["Cannot find package '@scope/name' imported from /app/x.js", "the package @scope/name"],
    ["Cannot find module '/app/dist/node-login.js' imported from /app/dist/node-core.js", "its file node-login.js"],
    [
      "Cannot find module 'C:\\\\app\\\\dist\\\\node-login.js' imported from C:\\\\app\\\\dist\\\\node-core.js",
      "its file node-login.js",
    ],
    ["Cannot find module 'oauth4webapi' from '/app/index.js'", "the package oauth4webapi"],
  ])("PK-07 %s: says what is missing, and no folder", async (message, what) => {
    const fault = await faultOf(loaderError(message, "ERR_MODULE_NOT_FOUND"));
    expect(fault).toMatchObject({ name: "EnvironmentError", retryable: false, causeCode: "ERR_MODULE_NOT_FOUND" });
    expect((fault as Error).message).toContain(`keystone-auth cannot load ${what}: the installation is not whole`);
    expect((fault as Error).message).not.toContain("app");
  });

  it("PK-07 a file that the machine could not open now may be had later", async () => {
    const fault = await faultOf(loaderError("EMFILE: too many open files, open '/app/dist/node-online.js'", "EMFILE"));
    expect(fault).toMatchObject({ name: "EnvironmentError", retryable: true, causeCode: "EMFILE" });
  });

  it("PK-07 nothing is said of a network, or of a page", async () => {
    for (const error of [
      new SyntaxError("Unexpected end of input"),
      undefined,
      loaderError("?", "ERR_MODULE_NOT_FOUND"),
    ]) {
      const fault = (await faultOf(error)) as Error;
      expect(fault).toMatchObject({ code: "environment", causeCode: "ERR_MODULE_NOT_FOUND" });
      expect(fault.message).not.toMatch(/network|page|deploy/);
    }
  });
});
