/**
 * Properties over generated input. A few hundred runs each in `npm test`, 10,000 in `npm run fuzz`. A failure prints the seed
 * and the path that bring it back: `FUZZ_SEED=... FUZZ_PATH=... npx vitest run test/fuzz -t "name"`.
 */
import { appendFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, describe, it } from "vitest";
import { callbacks } from "./properties/callback.js";
import { compactTokens } from "./properties/compact-token.js";
import { deviceAnswers } from "./properties/device-answer.js";
import { discoveries } from "./properties/discovery.js";
import { keySets, snapshots } from "./properties/key-set.js";
import { recordFiles, records, removeFiles } from "./properties/record.js";
import { codeAnswers, refreshAnswers } from "./properties/token-answer.js";

const RUNS = Number(process.env.FUZZ_RUNS ?? 200);
const SEED = process.env.FUZZ_SEED === undefined ? Date.now() % 2 ** 31 : Number(process.env.FUZZ_SEED);
/** So many milliseconds a run on a busy machine, and what the first one needs. */
const TIMEOUT_MS = 30_000 + RUNS * 100;

type Property = (outcomes: Map<string, number>) => fc.IRawProperty<any, true>;

const properties: [string, Property][] = [
  ["callbacks", callbacks],
  ["answers to a code", codeAnswers],
  ["answers to a refresh token", refreshAnswers],
  ["metadata", discoveries],
  ["key sets", keySets],
  ["snapshots of metadata and keys", snapshots],
  ["records in a store", records],
  ["records in files", recordFiles],
  ["device answers", deviceAnswers],
  ["compact tokens", compactTokens],
];

function report(name: string, runs: number, began: number, outcomes: Map<string, number>): void {
  const file = process.env.FUZZ_REPORT;
  if (!file) return;
  const seconds = (performance.now() - began) / 1000;
  const figures = { name, seed: SEED, runs, seconds, outcomes: Object.fromEntries(outcomes) };
  appendFileSync(file, `${JSON.stringify(figures)}\n`);
}

afterAll(removeFiles);

describe("Whatever comes in, there is a result or a documented error", () => {
  it.each(properties)(
    "%s",
    async (name, property) => {
      const outcomes = new Map<string, number>();
      const began = performance.now();
      const path = process.env.FUZZ_PATH;
      const details = await fc.check(property(outcomes), { numRuns: RUNS, seed: SEED, ...(path && { path }) });
      report(name, details.numRuns, began, outcomes);
      if (details.failed) throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance });
    },
    TIMEOUT_MS,
  );
});
