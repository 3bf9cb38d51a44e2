/** The fields of package.json, as tools read them that know `exports`, and as those do that do not. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt, root, runProgram } from "./built-package.js";

type Targets = string | { readonly [condition: string]: Targets };
interface Manifest {
  readonly main: string;
  readonly module: string;
  readonly browser: string;
  readonly types: string;
  readonly typesVersions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly exports: Readonly<Record<string, Targets>>;
}

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
const subpaths = Object.keys(manifest.exports).filter((path) => ![".", "./package.json"].includes(path));

/** What a tool with these conditions gets. */
function targetOf(targets: Targets | undefined, conditions: readonly string[]): string | undefined {
  if (targets === undefined || typeof targets === "string") return targets;
  const known = Object.keys(targets).find((name) => name === "default" || conditions.includes(name));
  return known === undefined ? undefined : targetOf(targets[known], conditions);
}
const entry = (path: string, ...conditions: string[]) => targetOf(manifest.exports[path], conditions);

beforeAll(ensureBuilt, 60_000);

describe("The top level of package.json", () => {
  it("PK-02 says the same as exports: Parcel and others read nothing else", () => {
    const { main, module, browser, types } = manifest;
    expect({ main, module, browser, types }).toEqual({
      main: entry(".", "node", "import"),
      module: entry(".", "import"),
      browser: entry(".", "browser", "import"),
      types: entry(".", "types", "import"),
    });
    for (const file of [main, module, browser, types]) expect(existsSync(join(root, file))).toBe(true);
  });

  it("PK-02 PK-10 typesVersions has the types of each entry, for TypeScript's node10", () => {
    const [[lowest, entries]] = Object.entries(manifest.typesVersions) as [[string, Record<string, string[]>]];
    // The lowest TypeScript that npm run bundlers tries, and that the guide names.
    expect(lowest).toBe(">=5.4");
    expect(readFileSync(join(root, "docs", "bundlers.md"), "utf8")).toContain("\n5.4 and later, with");
    const found = Object.entries(entries).map(([path, [file]]) => [`./${path}`, file]);
    expect(found).toEqual(subpaths.map((path) => [path, entry(path, "types", "import")]));
    for (const [, file = ""] of found) expect(existsSync(join(root, file))).toBe(true);
  });
});

describe("The entry keystone-auth", () => {
  it("PK-04 has the same types for a page and for a program, whatever else is asked for", () => {
    const conditions = [[], ["browser"], ["node"], ["require"]].map((names) => entry(".", "types", ...names));
    expect(new Set(conditions)).toEqual(new Set([manifest.types]));
  });
});

describe("Entries with a file for require", () => {
  const both = subpaths.filter((path) => entry(path, "require") !== entry(path, "import"));

  it("are those that an app's CommonJS needs", () => {
    expect(both).toEqual(["./electron/preload", "./testing"]);
  });

  it.each(both)("PK-10 %s has the same names in both, and declares them", async (path) => {
    const name = JSON.stringify(path.replace(".", "keystone-auth"));
    const { stdout } = await runProgram(
      `const { createRequire } = await import("node:module");
      const Module = createRequire(import.meta.url)("node:module");
      // Where a test runs there is no Electron.
      const { _load } = Module;
      const electron = { contextBridge: { exposeInMainWorld() {} }, ipcRenderer: {} };
      Module._load = (name, ...rest) => (name === "electron" ? electron : _load(name, ...rest));
      const names = (exported) => Object.keys(exported).filter((each) => each !== "default").sort();
      const asModule = names(await import(${name}));
      const asCommonJs = names(createRequire(import.meta.url)(${name}));
      console.log(JSON.stringify([asModule, asCommonJs]));`,
    );
    const [asModule, asCommonJs] = JSON.parse(stdout) as [string[], string[]];
    expect(asCommonJs).toEqual(asModule);
    const types = readFileSync(join(root, entry(path, "require", "types") ?? ""), "utf8");
    const declared = [...types.matchAll(/^export declare const (\w+):/gm)].map(([, each = ""]) => each);
    expect(declared.sort()).toEqual(asModule);
  });

  it.each(both)("PK-03 %s loads in Jest as it is: the file for require is CommonJS, and needs nothing else", (path) => {
    const code = readFileSync(join(root, entry(path, "require") ?? ""), "utf8");
    expect(code).toMatch(/\bexports\.\w+=/);
    expect(code.replace('require("electron")', "")).not.toMatch(/\brequire\(|\bimport\b|^export /m);
  });
});
