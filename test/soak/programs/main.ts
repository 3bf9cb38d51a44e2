/**
 * The soak run. Arguments: seconds, what one process does wrong on purpose. Ends by itself, and as soon as that was found; exit
 * code 0 when nothing was lost, grown or told.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Event } from "../../history/events.js";
import { Fleet } from "../fleet.js";
import { isFound } from "../planted.js";
import { startProviders } from "../providers.js";
import { askAll, firstAndLast, historiesOf, judge } from "../verdict.js";

const PROCESSES = 3;
const STRIKE_EVERY_MS = 1500;
/** What is under way at the end: a call's time limits, a login, a lock of a stopped process. */
const END_WITHIN_MS = 45_000;

const [, , seconds = "300", ...wrong] = process.argv;
const providers = await startProviders();
const place = mkdtempSync(join(tmpdir(), "keystone-auth-soak-"));
const directory = join(place, "tokens");
const notes = join(place, "notes");
mkdirSync(notes);
const issuers = providers.map(({ provider }) => provider.issuer).join(" ");
const fleet = new Fleet([issuers, directory, notes], wrong);
const run = { providers, fleet, directory, notes };

const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

function figuresOf(histories: readonly (readonly Event[])[]): [string, string | number][] {
  const all = histories.flat();
  const count = (what: Event["what"]) => all.filter((event) => event.what === what).length;
  const acts = all.filter((event) => event.what === "acted");
  return [
    ["events in the histories", all.length],
    ["refreshes at the providers", acts.filter(({ login }) => login === undefined).length],
    ["logins at the providers", acts.filter(({ login }) => login !== undefined).length],
    ["ID Tokens that cannot be validated", acts.filter(({ isUnproven }) => isUnproven).length],
    ["ID Tokens of another person", acts.filter(({ isForeign }) => isForeign).length],
    [
      "sessions ended by a refresh token that came twice",
      all.filter((one) => one.what === "ended" && one.why === "reuse").length,
    ],
    ["sign-outs and deletions", count("marked")],
    ["reads of records", count("read")],
    ["records written or deleted", count("landed")],
    ["reads and writes of records refused", count("refused")],
  ];
}

function figures(): [string, string | number][] {
  const sum = (what: "injected" | "lost" | "ended") => providers.reduce((total, { faults }) => total + faults[what], 0);
  const [heapBefore, heapAfter] = firstAndLast(fleet.steady.map(({ heapUsed }) => heapUsed));
  const [handlesBefore, handlesAfter] = firstAndLast(fleet.steady.map(({ handles }) => handles));
  return [
    ["faults injected", sum("injected")],
    ["answers with tokens lost on purpose", sum("lost")],
    ["sessions ended on purpose", sum("ended")],
    ["processes killed", fleet.killed],
    ["processes stopped for a while", fleet.stopped],
    ["lines of output searched", fleet.lines],
    ["heap, first and last third", `${mebibytes(heapBefore)}, ${mebibytes(heapAfter)}`],
    ["handles, first and last third", `${handlesBefore}, ${handlesAfter}`],
    ["files in the store at the end", readdirSync(directory).length],
  ];
}

/** What the run was, and how its calls ended. */
function counts(): [string, string | number][] {
  const named = Object.entries(fleet.counts).sort(([a], [b]) => a.localeCompare(b));
  return [
    ["seconds", seconds],
    ["processes, each with two threads", PROCESSES],
    ["stores, each with a provider", providers.length],
    ...named,
  ];
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
try {
  fleet.start(PROCESSES);
  const end = Date.now() + Number(seconds) * 1000;
  while (Date.now() < end) {
    await sleep(Math.min(STRIKE_EVERY_MS, Math.max(0, end - Date.now())));
    fleet.strike();
    if (wrong.length > 0 && historiesOf(run).some(isFound)) break;
  }
  for (const { faults } of providers) faults.enabled = false;
  await fleet.end(END_WITHIN_MS);
  await askAll(run);
  const histories = historiesOf(run);
  const found = judge(run, histories);
  for (const [name, figure] of [...counts(), ...figuresOf(histories), ...figures()])
    console.log(`${name.padEnd(52)} ${figure}`);
  for (const fault of found) console.log(`FAULT: ${fault}`);
  console.log(found.length === 0 ? "Nothing was lost." : `${found.length} faults.`);
  process.exitCode = found.length === 0 ? 0 : 1;
} finally {
  await fleet.end(0);
  for (const { provider } of providers) await provider.close().catch((error: unknown) => console.error(error));
  rmSync(place, { recursive: true, force: true });
}
