/**
 * The soak run. Arguments: seconds, what one process does wrong on purpose. Ends by itself; exit code 0 when nothing was lost,
 * grown or told.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Event } from "../../history/events.js";
import { ProviderNotes } from "../../history/recorder/provider.js";
import { startFakeProvider } from "../../support/fake-provider.js";
import { Faults } from "../faults.js";
import { Fleet } from "../fleet.js";
import { firstAndLast, historiesOf, judge } from "../verdict.js";

const PROCESSES = 3;
const STORES = 4;
const STRIKE_EVERY_MS = 1500;
/** What is under way at the end: a call's time limits, a login, a lock of a stopped process. */
const END_WITHIN_MS = 45_000;

const [, , seconds = "300", ...wrong] = process.argv;
const provider = await startFakeProvider({ alg: "ES256", accessTokenLifetimeSeconds: 2, idTokenLifetimeSeconds: 60 });
const place = mkdtempSync(join(tmpdir(), "keystone-auth-soak-"));
const directory = join(place, "tokens");
const notes = join(place, "notes");
mkdirSync(notes);
const acts = new ProviderNotes(provider);
const faults = new Faults(provider);
const fleet = new Fleet([provider.issuer, directory, notes, String(STORES)], wrong);

const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

function figures(histories: readonly (readonly Event[])[]): [string, string | number][] {
  const all = histories.flat();
  const count = (what: Event["what"]) => all.filter((event) => event.what === what).length;
  const [heapBefore, heapAfter] = firstAndLast(fleet.steady.map(({ heapUsed }) => heapUsed));
  const [handlesBefore, handlesAfter] = firstAndLast(fleet.steady.map(({ handles }) => handles));
  const named = Object.entries(fleet.counts).sort(([a], [b]) => a.localeCompare(b));
  return [
    ["seconds", seconds],
    ["processes, each with two threads", PROCESSES],
    ["stores", STORES],
    ...named,
    ["events in the histories", all.length],
    ["refreshes at the provider", all.filter((one) => one.what === "acted" && one.login === undefined).length],
    ["logins at the provider", all.filter((one) => one.what === "acted" && one.login !== undefined).length],
    ["sign-outs and deletions", count("marked")],
    ["reads of records", count("read")],
    ["records written or deleted", count("landed")],
    ["reads and writes of records refused", count("refused")],
    ["faults injected", faults.injected],
    ["answers with tokens lost on purpose", faults.lost],
    ["sessions ended on purpose", faults.ended],
    ["processes killed", fleet.killed],
    ["processes stopped for a while", fleet.stopped],
    [
      "sessions ended by a refresh token that came twice",
      all.filter((one) => one.what === "ended" && one.why === "reuse").length,
    ],
    ["lines of output searched", fleet.lines],
    ["heap, first and last third", `${mebibytes(heapBefore)}, ${mebibytes(heapAfter)}`],
    ["handles, first and last third", `${handlesBefore}, ${handlesAfter}`],
    ["files in the store at the end", readdirSync(directory).length],
  ];
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
try {
  fleet.start(PROCESSES);
  const end = Date.now() + Number(seconds) * 1000;
  while (Date.now() < end) {
    await sleep(Math.min(STRIKE_EVERY_MS, Math.max(0, end - Date.now())));
    fleet.strike();
  }
  faults.enabled = false;
  await fleet.end(END_WITHIN_MS);
  const run = { provider, acts, fleet, stores: STORES, directory, notes };
  const histories = await historiesOf(run);
  const found = judge(run, histories);
  for (const [name, figure] of figures(histories)) console.log(`${name.padEnd(52)} ${figure}`);
  for (const fault of found) console.log(`FAULT: ${fault}`);
  console.log(found.length === 0 ? "Nothing was lost." : `${found.length} faults.`);
  process.exitCode = found.length === 0 ? 0 : 1;
} finally {
  await fleet.end(0);
  await provider.close().catch((error: unknown) => console.error(error));
  rmSync(place, { recursive: true, force: true });
}
