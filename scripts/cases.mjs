/**
 * Every hostile case, the tests that carry it and how they ended: `npm run cases`. Fails when a case has neither passed
 * nor waits for a feature that test/hostile/waiting.json names.
 *
 * `npm run cases -- --last` takes the results of the last `npm test`; `--no-browsers` leaves the browsers out.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeTable, showTable } from "./cases/table.mjs";
import { run } from "./steps.mjs";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));

const lastRun = join("build", "test-results");

function readResults(folder) {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  return files.flatMap((file) => JSON.parse(readFileSync(join(folder, file), "utf8")).cases);
}

async function runTests(folder, browsers) {
  // Apart, as `npm test` does it: tests of real processes do not stand a browser beside them.
  for (const projects of [["node", "command", "together", "browser"], ...(browsers ? [["e2e"]] : [])]) {
    const chosen = projects.flatMap((project) => ["--project", project]);
    const file = join(folder, `${projects[0]}.json`);
    const { ok, output } = await run("npx", ["--no-install", "vitest", "run", ...chosen], { TEST_COUNTS: file });
    if (!ok) console.log(output.trimEnd());
  }
}

const options = process.argv.slice(2);
const folder = options.includes("--last") ? lastRun : mkdtempSync(join(tmpdir(), "keystone-auth-cases-"));
try {
  if (folder !== lastRun) await runTests(folder, !options.includes("--no-browsers"));
  const table = makeTable(readResults(folder));
  console.log(showTable(table));
  process.exitCode = table.ok ? 0 : 1;
} catch (error) {
  if (error.code !== "ENOENT") throw error;
  console.error("There are no results of an earlier run: run `npm test` first, or leave --last out.");
  process.exitCode = 1;
} finally {
  if (folder !== lastRun) rmSync(folder, { recursive: true, force: true });
}
