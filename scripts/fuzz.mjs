/**
 * The properties of test/fuzz with many runs each: `npm run fuzz`. Prints the seed, and what the runs ended in.
 *
 * `npm run fuzz -- --runs 1000 --seed 1 --only "device answers"`
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { run } from "./steps.mjs";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));

const { values } = parseArgs({
  options: { runs: { type: "string", default: "10000" }, seed: { type: "string" }, only: { type: "string" } },
});
const seed = values.seed ?? String(Date.now() % 2 ** 31);
const folder = mkdtempSync(join(tmpdir(), "keystone-auth-fuzz-"));
const file = join(folder, "figures");

function showFigures() {
  if (!existsSync(file)) return;
  const lines = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  for (const { name, runs, seconds, outcomes } of lines) {
    const ends = Object.entries(outcomes).sort((a, b) => b[1] - a[1]);
    const rate = Math.round(runs / seconds);
    console.log(`${name}: ${runs} runs in ${seconds.toFixed(1)} s (${rate} a second)`);
    console.log(`  ${ends.map(([outcome, count]) => `${outcome} ${count}`).join(", ")}`);
  }
}

console.log(`seed ${seed}`);
try {
  const chosen = values.only === undefined ? [] : ["-t", values.only];
  const environment = { FUZZ_RUNS: values.runs, FUZZ_SEED: seed, FUZZ_REPORT: file };
  const { ok, output } = await run("npx", ["--no-install", "vitest", "run", "test/fuzz", ...chosen], environment);
  showFigures();
  if (!ok) console.log(output.trimEnd());
  console.log(ok ? "No property was broken." : `A property was broken; seed ${seed} brings it back.`);
  process.exitCode = ok ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
