/**
 * The client in a simulated world, in which a seed decides whatever can happen between two awaits: `npm run simulate`.
 *
 * `-- --schedules 100000 --seed 1` runs so many; `--replay SEED` tells one history, `--choices LIST` with it a shorter one; `--twice` runs each seed twice and
 * compares; `--without NAME` takes a guard away, and has to find a violation. A failing schedule is told at its shortest.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundleSimulation } from "./simulate/bundle.mjs";
import { GUARDS } from "./simulate/without.mjs";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));

const WORKERS = 2;

const { values } = parseArgs({
  options: {
    schedules: { type: "string", default: "100000" },
    seed: { type: "string" },
    without: { type: "string" },
    replay: { type: "string" },
    choices: { type: "string" },
    twice: { type: "boolean", default: false },
  },
});

/** Runs one program; gives what it has said. A `signal` ends it, which is no fault. */
function work(program, order, signal) {
  const child = spawn(process.execPath, [program, JSON.stringify(order)], { stdio: ["ignore", "pipe", "inherit"] });
  signal?.addEventListener("abort", () => child.kill());
  const said = [];
  createInterface({ input: child.stdout }).on("line", (line) => said.push(JSON.parse(line)));
  return new Promise((resolve, reject) => {
    child.on("close", (code) => {
      if (code === 0 || signal?.aborted) resolve(said);
      else reject(new Error(`a worker ended with code ${code}`));
    });
  });
}

/** Runs the orders side by side; with `first`, until one of them has found something. */
async function workAll(program, orders) {
  const enough = new AbortController();
  const running = orders.map(async (order) => {
    const said = await work(program, order, enough.signal);
    if (order.first && said.some(({ name }) => name !== undefined)) enough.abort();
    return said;
  });
  return (await Promise.all(running)).flat();
}

function sum(results) {
  const total = { counts: {}, ran: 0, broken: 0, different: 0 };
  for (const { counts, ran, broken, different } of results.filter((one) => one.counts)) {
    total.ran += ran;
    total.broken += broken;
    total.different += different;
    for (const [name, count] of Object.entries(counts)) total.counts[name] = (total.counts[name] ?? 0) + count;
  }
  return total;
}

/** Each kind of violation once, with the schedule that needed the fewest choices; the most frequent first. */
function merge(results) {
  const kinds = new Map();
  for (const found of results.filter((one) => one.name)) {
    const known = kinds.get(found.name);
    const shorter = known && known.choices.length <= found.choices.length ? known : found;
    kinds.set(found.name, { ...shorter, count: (known?.count ?? 0) + found.count });
  }
  return [...kinds.values()].sort((a, b) => b.count - a.count);
}

/** Tells the shortest histories, some at a time. */
async function tell(program, kinds, missing) {
  for (let at = 0; at < kinds.length; at += WORKERS) {
    const some = kinds.slice(at, at + WORKERS);
    const shortest = await Promise.all(some.map((kind) => work(program, { ...kind, missing })));
    for (const [index, [{ told, choices }]] of shortest.entries()) {
      const { name, count, seed } = some[index];
      console.log(
        `\nrule ${name}\n${count} times, first with seed ${seed}; the shortest history:\n${told}\nagain: --replay ${seed} --choices ${choices.join(",")}\n`,
      );
    }
  }
}

async function run(program) {
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  const schedules = Number(values.schedules);
  if (!(schedules >= 1)) throw new Error("--schedules takes a number above 0");
  console.log(`seed ${seed}`);
  const began = performance.now();
  const guard = GUARDS[values.without];
  const common = {
    step: WORKERS,
    twice: values.twice,
    first: values.without !== undefined,
    missing: guard?.missing,
    finds: guard?.finds,
  };
  const orders = Array.from({ length: WORKERS }, (_, at) => {
    const own = Math.floor(schedules / WORKERS) + (at < schedules % WORKERS ? 1 : 0);
    return { ...common, seed: seed + at, schedules: own };
  });
  const results = await workAll(program, orders);
  const { counts, ran, broken, different } = sum(results);
  const seconds = (performance.now() - began) / 1000;
  await tell(program, merge(results), guard?.missing);
  const tried = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  console.log(tried.sort().join(", "));
  if (values.twice) console.log(`${different} of ${schedules} histories differed in a second run`);
  console.log(`${ran} schedules in ${seconds.toFixed(1)} s (${Math.round(ran / seconds)} a second), seed ${seed}`);
  console.log(`${broken} violations`);
  const isWrong = values.without === undefined ? broken > 0 : broken === 0;
  process.exitCode = isWrong || different > 0 ? 1 : 0;
}

const names = Object.keys(GUARDS);
if (values.without !== undefined && !names.includes(values.without))
  throw new Error(`--without takes ${names.join(", ")}`);
const folder = mkdtempSync(join(tmpdir(), "keystone-auth-simulation-"));
try {
  const program = join(folder, "simulation.mjs");
  await bundleSimulation(program, GUARDS[values.without]?.changes);
  if (values.replay === undefined) await run(program);
  else {
    const order = {
      seed: Number(values.replay),
      schedules: 1,
      step: 1,
      tells: true,
      choices: values.choices?.split(",").map(Number),
      missing: GUARDS[values.without]?.missing,
    };
    console.log((await work(program, order))[0].told);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
