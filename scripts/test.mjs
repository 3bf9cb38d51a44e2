/**
 * Everything that must hold, on a fresh clone with nothing installed: `npm test`.
 *
 * One line a step; a step that fails shows its output in full, and the other steps still run. The last line counts the
 * tests of all runs and nothing else. Uses nothing that would have to be installed first.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBrowsers } from "./browsers.mjs";
import { install, isInstalled } from "./installed.mjs";
import { run, Steps } from "./steps.mjs";
import { testDatabase } from "./with-sqlite.mjs";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));

const counts = mkdtempSync(join(tmpdir(), "keystone-auth-counts-"));
const testRuns = [];
const steps = new Steps();

/** `npm pack` must look at the build that the tests see, not make another one beside them. */
const sameBuild = { npm_config_ignore_scripts: "true" };
const script = (name, ...args) => run(process.execPath, [join("scripts", `${name}.mjs`), ...args], sameBuild);
const tool = (name, ...args) => run("npx", ["--no-install", name, ...args], sameBuild);

function hasTests(folder) {
  return existsSync(folder) && readdirSync(folder, { recursive: true }).some((file) => file.endsWith(".test.ts"));
}

/** `maxWorkers`: how many processes run tests; where nothing is said, as vitest.config.ts has it. */
function runTests(name, projects, maxWorkers) {
  const file = join(counts, `${name}.json`);
  testRuns.push({ name, file });
  const chosen = projects.flatMap((project) => ["--project", project]);
  const limit = maxWorkers === undefined ? [] : [`--maxWorkers=${maxWorkers}`];
  return run("npx", ["--no-install", "vitest", "run", ...chosen, ...limit], { TEST_COUNTS: file });
}

/** Where no Node with SQLite can be had, the run counts as one skipped test. */
async function runDatabaseTests() {
  const file = join(counts, "database.json");
  testRuns.push({ name: "database", file });
  const result = await testDatabase({ TEST_COUNTS: file });
  if (result.reason === undefined) return result;
  const skipped = [`test/node/shared-database: ${result.reason}`];
  writeFileSync(file, JSON.stringify({ passed: 0, failed: 0, skipped: 1, skippedTests: skipped, cases: [] }));
  return { ...result, note: `skipped: ${result.reason}` };
}

/** A browser that cannot be had fails nothing here: its tests skip themselves and say so in the list below. */
async function installBrowsers() {
  const { missing, report } = await ensureBrowsers();
  return { ok: true, output: report, note: missing.length > 0 ? `missing: ${missing.join(", ")}` : undefined };
}

/** The counts of all runs. One that ended before it had counted is one failure. */
function sumOfCounts() {
  const total = { passed: 0, failed: 0, skipped: 0, skippedTests: [] };
  for (const { name, file } of testRuns) {
    const counted = existsSync(file);
    if (!counted) console.log(`The run "${name}" ended before it had counted its tests: it counts as one failure.`);
    const count = counted
      ? JSON.parse(readFileSync(file, "utf8"))
      : { passed: 0, failed: 1, skipped: 0, skippedTests: [] };
    for (const key of ["passed", "failed", "skipped"]) total[key] += count[key];
    total.skippedTests.push(...count.skippedTests);
  }
  return total;
}

async function runAll() {
  const wantsBrowsers = hasTests(join("test", "e2e"));
  const installed = isInstalled() || (await steps.run("install", install));
  if (!installed) return;
  let endBuild;
  const built = new Promise((resolve) => (endBuild = resolve));
  await steps.runInPairs({
    ...(wantsBrowsers ? { browsers: installBrowsers } : {}),
    build: () => script("build").finally(endBuild),
    types: () => script("types"),
    lint: () => tool("oxlint", "--type-aware", "--deny-warnings"),
    format: () => tool("biome", "format"),
    "unused code": () => tool("knip"),
    // They look at what was built.
    "package: files": () => built.then(() => script("check-package")),
    "package: entries": () => built.then(() => tool("publint", "--strict")),
    "package: types": () => built.then(() => tool("attw", "--pack", ".", "--ignore-rules", "cjs-resolves-to-esm")),
  });
  // Tests wait for much, for locks, sockets, browsers and each other: what waits leaves its processor to others.
  await steps.runInPairs({
    "tests with processes": () => runTests("processes", ["node", "command"]),
    "tests without processes": () => runTests("together", ["together", "browser"], 2),
  });
  await steps.runInPairs({
    ...(wantsBrowsers ? { "tests in browsers": () => runTests("e2e", ["e2e"]) } : {}),
    "tests of the shared database": runDatabaseTests,
  });
}

await runAll();
const { passed, failed, skipped, skippedTests } = sumOfCounts();
// For `npm run cases -- --last`.
rmSync(join("build", "test-results"), { recursive: true, force: true });
cpSync(counts, join("build", "test-results"), { recursive: true });
rmSync(counts, { recursive: true, force: true });
if (skippedTests.length > 0) console.log(`Skipped tests:\n${skippedTests.map((text) => `  ${text}`).join("\n")}`);
console.log(steps.summary());
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = steps.failed.length === 0 && failed === 0 ? 0 : 1;
