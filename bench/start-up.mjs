/** What a single process pays: the hot path, the import, and a stored token. */
import { pathToFileURL } from "node:url";
import { median, quartiles } from "./numbers.mjs";
import { programs, runNode } from "./setting.mjs";

const PAIRS = 31;
const RSS_PAIRS = 9;
const MIB = 1024;

const ms = (value) => `${value.toFixed(1)} ms`;

/** Runs programs in turn, in both orders, so that a busy moment meets all of them. */
async function inTurn(pairs, programs) {
  const names = Object.keys(programs);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (const name of names) await runNode(...programs[name]);
  for (let pair = 0; pair < pairs; pair += 1) {
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
      target: "≤ 2 ×",
      met: hot / floor <= 2,
    },
  ];
}

export async function importing() {
  const runs = await inTurn(PAIRS, { entry: [programs.importEntry], empty: [programs.empty], none: ["-e", "0"] });
  const times = (name) => runs[name].map((run) => run.ms);
  const row = (what, floor) => {
    const found = compare(times("entry"), times(floor));
    return {
      what,
      measured: ms(found.run),
      floor: ms(found.floor),
      result: `+${ms(found.over)} (${found.spread})`,
      target: "≤ 10 ms over",
      over: found.over,
    };
  };
  const byModule = row("importing the Node entry, against an empty module", "empty");
  const byNothing = row("    the same against node -e 0, which loads no module", "none");
  return [
    { ...byModule, met: byModule.over <= 10 },
    { ...byNothing, target: "" },
  ];
}

export async function storedToken({ newSession }) {
  const { options, token } = await newSession({ valid: true });
  const print = [programs.printToken, JSON.stringify(options)];
  const runs = await inTurn(PAIRS, { print, none: ["-e", "0"] });
  if (!runs.print.every(({ stdout }) => stdout === token)) throw new Error("A process printed another token.");
  const wall = compare(
    runs.print.map((run) => run.ms),
    runs.none.map((run) => run.ms),
  );
  const report = ["--import", pathToFileURL(programs.reportAtExit).href];
  const took = await inTurn(RSS_PAIRS, { print: [...report, ...print], none: [...report, "-e", "0"] });
  const told = (name) => took[name].map(({ stderr }) => JSON.parse(stderr));
  const rss = compare(...["print", "none"].map((name) => told(name).map(({ maxRssKiB }) => maxRssKiB / MIB)));
  const fetchLoaded = told("print").some((each) => each.fetchLoaded);
  const ratio = wall.run / wall.floor;
  return [
    {
      what: "a fresh process that prints a stored token, against node -e 0",
      measured: ms(wall.run),
      floor: ms(wall.floor),
      result: `${ratio.toFixed(2)} ×`,
      target: "≤ 1.2 ×",
      met: ratio <= 1.2,
    },
    {
      what: "    its peak memory",
      measured: `${rss.run.toFixed(1)} MiB`,
      floor: `${rss.floor.toFixed(1)} MiB`,
      result: `+${rss.over.toFixed(1)} MiB`,
      target: "≤ 5 MiB over",
      met: rss.over <= 5,
    },
    { what: "    fetch loaded", measured: fetchLoaded ? "yes" : "no", target: "no", met: !fetchLoaded },
  ];
}
