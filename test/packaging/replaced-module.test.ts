/**
 * PK-03: the recipes of docs/testing.md, which replace the whole package. `published.test.ts` holds that the programs here are the
 * guide's. Vitest runs its own; Jest is imitated, since it is no tool of this project: `npm run bundlers` runs the real one.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { runInThisContext } from "node:vm";
import { beforeAll, expect, it } from "vitest";
import { useScratchDirectories } from "../support/scratch.js";
import { dist, ensureBuilt, root } from "./built-package.js";

const scratch = useScratchDirectories();
const programs = join(root, "scripts", "bundlers", "place", "programs", "tests");
beforeAll(ensureBuilt, 60_000);

it("PK-03 Vitest: the product's module has its client, addresses, flows and errors from the stand-in", async () => {
  const project = scratch();
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, "keystone-auth"), { recursive: true });
  cpSync(dist, join(modules, "keystone-auth", "dist"), { recursive: true });
  cpSync(join(root, "package.json"), join(modules, "keystone-auth", "package.json"));
  for (const name of ["vitest", "oauth4webapi", "open", "uqr"])
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  for (const name of ["product.mjs", "replaced.test.mjs"]) cpSync(join(programs, name), join(project, name));
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const settings = { cwd: project, env: { ...process.env, CI: "" }, timeout: 60_000 };
  const { stdout } = await promisify(execFile)(process.execPath, [vitest, "run", "--reporter", "json"], settings);
  expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 2, numFailedTests: 0 });
}, 60_000);

interface Replaced {
  readonly OidcClient: new (options?: object) => { getAccessToken(): Promise<string> };
  readonly OidcFlow: Readonly<Record<string, string>>;
}

it("PK-03 Jest (imitated: its mock() takes a name and a factory): the same names, and a class", async () => {
  const require = createRequire(join(root, "package.json"));
  const [recipe = ""] = /^jest\.mock.*?^\}\);$/ms.exec(readFileSync(join(programs, "stand-in.test.js"), "utf8")) ?? [];
  const mocks = new Map<string, () => Replaced>();
  const jest = { mock: (name: string, factory: () => Replaced) => mocks.set(name, factory) };
  runInThisContext(`(jest, require) => {${recipe}}`)(jest, require);
  const factory = mocks.get("keystone-auth") as () => Replaced;
  const { OidcClient, ...others } = factory();
  class Own extends OidcClient {}
  expect(new Own()).toBeInstanceOf(OidcClient);
  expect(await new Own().getAccessToken()).toBe("a token");
  expect(others.OidcFlow.auth_code).toBe("auth_code");
});
