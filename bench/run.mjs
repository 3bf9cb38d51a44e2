/**
 * `npm run bench`: the figures that the package is held to, each beside its floor in the same run, as medians. It takes
 * up to 7 minutes, wants an idle machine, and decides no test. `-- --only NAME` runs one part; it may be said again.
 */
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { build } from "../scripts/demo/prepare.mjs";
import { browserMemory, browserRequests, browserStored, browserTabs } from "./browser.mjs";
import { browserFirstVisit } from "./first-visit.mjs";
import { sharedDatabase } from "./database.mjs";
import { kills } from "./kills.mjs";
import { printTable } from "./numbers.mjs";
import { openSetting } from "./setting.mjs";
import { command, hotPath, importing, readingJson, storedToken } from "./start-up.mjs";
import { concurrentCalls, processes, refresh } from "./together.mjs";

const parts = {
  memory: hotPath,
  import: importing,
  stored: storedToken,
  json: readingJson,
  cli: command,
  database: sharedDatabase,
  refresh,
  calls: concurrentCalls,
  processes8: (setting) => processes(setting, { count: 8, rounds: 15, budgetMs: 60_000 }),
  processes50: (setting) => processes(setting, { count: 50, rounds: 15, budgetMs: 60_000 }),
  kills,
  browserMemory,
  browserStored,
  browserRequests,
  browserFirstVisit,
  browserTabs10: (setting) => browserTabs(setting, 10),
  browserTabs20: (setting) => browserTabs(setting, 20),
};
const { values } = parseArgs({ options: { only: { type: "string", multiple: true } } });
const asked = values.only ?? Object.keys(parts);
const unknown = asked.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(", ")}. The parts: ${Object.keys(parts).join(", ")}.`);
  process.exit(2);
}

const busy = loadavg()[0] / cpus().length;
await build();
const setting = await openSetting();
const rows = [];
try {
  for (const name of asked) {
    process.stderr.write(`measuring: ${name}\n`);
    rows.push(...(await parts[name](setting)));
  }
} finally {
  await setting.close();
}
console.log(
  `\nNode ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} processors (${cpus()[0]?.model ?? "unknown"})\n`,
);
printTable(rows);
const missed = rows.filter(({ met }) => met === false).length;
console.log("\nIn brackets: the quartiles of the differences within the pairs.");
// What others do on the machine falls on the time of every process here; the floor rows show how much.
if (busy > 0.5)
  console.log(`The machine was busy (load ${busy.toFixed(1)} a processor): times by the clock say little.`);
console.log(`${missed === 0 ? "Every target is met." : `${missed} missed.`}`);
