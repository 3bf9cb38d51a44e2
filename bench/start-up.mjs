/** What a single process pays: the hot path, the import, and a stored token. */
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { median, quartiles } from "./numbers.mjs";
import { programs, runNode } from "./setting.mjs";

const PAIRS = 31;
const LEAST_PAIRS = 15;
/** On a busy machine fewer pairs must do. */
const BUDGET_MS = 15_000;
const MIB = 1024;
const RECORD_BYTES = 4096;

const ms = (value) => `${value.toFixed(1)} ms`;

/** Runs programs in turn, in both orders, so that a busy moment meets all of them. */
async function inTurn(programs) {
  const names = Object.keys(programs);
  const end = performance.now() + BUDGET_MS;
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (const name of names) await runNode(...programs[name]);
  for (let pair = 0; pair < LEAST_PAIRS || (pair < PAIRS && performance.now() < end); pair += 1) {
    for (const name of pair % 2 === 0 ? names : names.toReversed())
      results[name].push(await runNode(...programs[name]));
  }
  return results;
}

/** Medians of the runs, and the median and the quartiles of the differences within the pairs. */
function compare(runs, floors) {
  const over = runs.map((value, index) => value - floors[index]);
  return {
    run: median(runs),
    floor: median(floors),
    over: median(over),
    spread: quartiles(over)
      .map((value) => value.toFixed(1))
      .join(" to "),
  };
}

export async function hotPath({ newSession }) {
  const { options } = await newSession({ valid: true });
  const { hot, floor } = JSON.parse((await runNode(programs.memory, JSON.stringify(options))).stdout);
  return [
    {
      what: "getAccessToken() from memory, against await Promise.resolve(string)",
      measured: `${hot.toFixed(0)} ns`,
      floor: `${floor.toFixed(0)} ns`,
      result: `${(hot / floor).toFixed(2)} ×`,
      target: "≤ 1.5 ×",
      met: hot / floor <= 1.5,
    },
  ];
}

/** What the processes tell of themselves at their end. */
async function reports(first, second) {
  const preload = ["--import", pathToFileURL(programs.reportAtExit).href];
  const runs = await inTurn({ first: [...preload, ...first], second: [...preload, ...second] });
  return [runs.first, runs.second].map((side) => side.map(({ stderr }) => JSON.parse(stderr)));
}

/** Processor time, which a busy machine distorts less than the time by the clock. It informs; it has no target. */
function processorTime([first, second]) {
  const found = compare(...[first, second].map((side) => side.map(({ cpuMs }) => cpuMs)));
  const result = `+${ms(found.over)} (${found.spread}), ${(found.run / found.floor).toFixed(2)} ×`;
  return { what: "    its processor time", measured: ms(found.run), floor: ms(found.floor), result };
}

export async function importing() {
  const floors = { empty: [programs.empty], none: ["-e", "0"] };
  const runs = await inTurn({ entry: [programs.importEntry], ...floors });
  const times = (name) => runs[name].map((run) => run.ms);
  const row = (what, floor) => {
    const { run, floor: least, over, spread } = compare(times("entry"), times(floor));
    return { what, measured: ms(run), floor: ms(least), result: `+${ms(over)} (${spread})`, over };
  };
  const target = row("importing the Node entry, against an empty module", "empty");
  return [
    { ...target, target: "≤ 8 ms over", met: target.over <= 8 },
    row("    the same against node -e 0, which loads no module", "none"),
    processorTime(await reports([programs.importEntry], floors.empty)),
  ];
}

/** Rows of a process that prints a stored token, against `node -e 0`. */
async function printing(what, print, token, most) {
  const none = ["-e", "0"];
  const runs = await inTurn({ print, none });
  if (!runs.print.every(({ stdout }) => stdout.trimEnd() === token))
    throw new Error("A process printed another token.");
  const wall = compare(...["print", "none"].map((name) => runs[name].map((run) => run.ms)));
  const told = await reports(print, none);
  const rss = compare(...told.map((side) => side.map(({ maxRssKiB }) => maxRssKiB / MIB)));
  const fetchLoaded = told[0].some((each) => each.fetchLoaded);
  const ratio = wall.run / wall.floor;
  return [
    {
      what,
      measured: ms(wall.run),
      floor: ms(wall.floor),
      result: `${ratio.toFixed(2)} ×`,
      target: `≤ ${most.ratio} ×`,
      met: ratio <= most.ratio,
    },
    processorTime(told),
    {
      what: "    its peak memory",
      measured: `${rss.run.toFixed(1)} MiB`,
      floor: `${rss.floor.toFixed(1)} MiB`,
      result: `+${rss.over.toFixed(1)} MiB`,
      target: `≤ ${most.mib} MiB over`,
      met: rss.over <= most.mib,
    },
    { what: "    fetch loaded", measured: fetchLoaded ? "yes" : "no", target: "no", met: !fetchLoaded },
  ];
}

export async function storedToken({ newSession }) {
  const { options, token } = await newSession({ valid: true });
  const print = [programs.printToken, JSON.stringify(options)];
  const what = "a fresh process that prints a stored token, against node -e 0";
  return printing(what, print, token, { ratio: 1.25, mib: 5 });
}

/** What such a process cannot go below: it reads a file of a session's size and prints what is in it. */
export async function readingJson({ newSession }) {
  const { options, token } = await newSession({ valid: true });
  const file = `${options.storageDirectory}.json`;
  writeFileSync(file, JSON.stringify({ accessToken: token, filling: "x".repeat(RECORD_BYTES - token.length) }));
  const runs = await inTurn({ read: [programs.readJson, file], none: ["-e", "0"] });
  const [run, floor] = ["read", "none"].map((name) => median(runs[name].map((each) => each.ms)));
  const what = "a fresh process that reads 4 KB of JSON alone, against node -e 0";
  return [{ what, measured: ms(run), floor: ms(floor), result: `${(run / floor).toFixed(2)} ×` }];
}

/** The command as a script calls it, with its settings as options. */
export async function command({ newSession }) {
  const { options, token } = await newSession({ valid: true });
  const { issuer, clientId, extraScopes, audiences, storageDirectory } = options;
  const given = ["--issuer", issuer, "--client-id", clientId, "--scope", extraScopes.join(" ")];
  const more = [
    "--audience",
    audiences.join(" "),
    "--storage-directory",
    storageDirectory,
    "--allow-insecure-loopback",
  ];
  const print = [programs.cli, "token", ...given, ...more];
  return printing("keystone-auth token, stored, against node -e 0", print, token, { ratio: 1.25, mib: 6 });
}
