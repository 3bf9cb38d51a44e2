/**
 * `npm run runtimes`: the package, installed as from npm, under Node 20 to 26, Bun and Deno: login, refresh, the lock between processes,
 * sign-out, device flow, the command, the shared database, against a real provider. Prints a table, and ends with 0 only where all is well.
 *
 * `-- --only bun,deno` takes some runtimes; `-- --better-sqlite3` compiles that package for Node 20, which takes some minutes.
 * The runtimes come from npm into a cache folder of the user's, so that this is no part of `npm test`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildSupport, support } from "./demo/prepare.mjs";
import { installRuntime, RUNTIMES } from "./runtimes/install.mjs";
import { SCENARIOS } from "./runtimes/scenarios.mjs";
import { openWorld, packPackage } from "./runtimes/world.mjs";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));

const { values } = parseArgs({ options: { only: { type: "string" }, "better-sqlite3": { type: "boolean" } } });
const keys = values.only?.split(",") ?? Object.keys(RUNTIMES);
for (const key of keys) if (!(key in RUNTIMES)) throw new Error(`--only takes ${Object.keys(RUNTIMES).join(", ")}`);

/** What became of each scenario: "✓", "✗", or "–" where it was not tried. */
async function tryRuntime(key, place) {
  const results = {};
  const runtime = RUNTIMES[key];
  console.log(runtime.title);
  const installed = await installRuntime(key);
  if (!installed.ok) {
    console.log(`  ✗ could not be installed\n${installed.output}`);
    return Object.fromEntries(Object.keys(SCENARIOS).map((name) => [name, "✗"]));
  }
  const world = await openWorld({ ...place, key, runtime, installed, compiles: values["better-sqlite3"] === true });
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    const began = performance.now();
    const reason = world.skips[name];
    const error = reason === undefined ? await scenario(world).catch((cause) => cause) : undefined;
    await world.endProcesses();
    results[name] = reason ? "–" : error ? "✗" : "✓";
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`  ${results[name]} ${name} ${reason ?? `(${seconds} s)`}`);
    if (error) console.log(String(error.stack ?? error).replace(/^/gm, "    "));
  }
  return results;
}

function printTable(table) {
  const names = Object.keys(SCENARIOS);
  const rows = [
    ["", ...names],
    ...Object.entries(table).map(([key, row]) => [RUNTIMES[key].title, ...names.map((name) => row[name])]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  console.log(
    `\n${rows
      .map((row) =>
        row
          .map((cell, column) => cell.padEnd(widths[column]))
          .join("  ")
          .trimEnd(),
      )
      .join("\n")}`,
  );
}

const directory = mkdtempSync(join(tmpdir(), "keystone-auth-runtimes-"));
const table = {};
let provider;
try {
  await buildSupport();
  const tarball = await packPackage(directory);
  const { startRealProvider } = await support("real-provider");
  provider = await startRealProvider();
  const person = await support("scripted-user");
  for (const key of keys)
    table[key] = await tryRuntime(key, { directory: join(directory, key), tarball, provider, person });
  printTable(table);
} finally {
  await provider?.close();
  rmSync(directory, { recursive: true, force: true });
}
const faults = Object.values(table)
  .flatMap(Object.values)
  .filter((result) => result === "✗");
process.exitCode = faults.length === 0 && provider.serverErrors.length === 0 ? 0 : 1;
