/**
 * The package's types in the strictest settings of a program, with the newest TypeScript. `npm run bundlers` has the same programs for
 * all TypeScripts from 5.4 on, and all ways to resolve a module.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, it } from "vitest";
import { ensureBuilt, root } from "./built-package.js";

const tsc = join(root, "node_modules", "typescript", "bin", "tsc");

beforeAll(ensureBuilt, 60_000);

/** What the compiler says. Inside the package, so that its own name leads to its own exports. */
async function check(file: string, settings: object): Promise<string> {
  mkdirSync(join(root, "build"), { recursive: true });
  const directory = mkdtempSync(join(root, "build", "types-"));
  try {
    cpSync(join(root, "scripts", "bundlers", "place", "programs", "types", file), join(directory, file));
    const shared = {
      target: "ES2022",
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
    };
    const project = { compilerOptions: { ...shared, ...settings }, files: [file] };
    writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(project));
    const run = promisify(execFile)(process.execPath, [tsc, "-p", directory], { cwd: root });
    return await run.then(
      () => "",
      ({ stdout }: { stdout: string }) => stdout,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const bundler = { module: "ESNext", moduleResolution: "bundler" };
const nodenext = { module: "NodeNext", moduleResolution: "NodeNext" };
const node = { lib: ["ES2022"], types: ["node"] };

it("PK-04 PK-05 a page needs neither Node's types nor a new lib; what takes a client takes a stand-in; an error is narrowed by its code", async () => {
  expect(await check("page.ts", { ...bundler, lib: ["ES2022", "DOM"], types: [] })).toBe("");
});

it("PK-04 await using works where TypeScript knows it", async () => {
  const lib = ["ES2022", "ESNext.Disposable", "DOM"];
  expect(await check("using.ts", { ...bundler, lib, types: [] })).toBe("");
});

it("PK-05 an option may be undefined, an object with one method is a provider of tokens, a stand-in is a client", async () => {
  expect(await check("tool.ts", { ...nodenext, ...node })).toBe("");
});

it("PK-10 a CommonJS file has the names of the preload script and of the test entry", async () => {
  expect(await check("tool.cts", { ...nodenext, ...node })).toBe("");
});
