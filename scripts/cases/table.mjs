/** Joins the list of cases with the results of tests: one row an ID. */
import { foundIds, idsInSources, idsOf, readCases, readWaiting } from "./list.mjs";

/** A case has passed when a test of its ID has, and none has failed. Without a test, or skipped, it has not. */
function outcomeOf(tests, feature, isWritten) {
  if (tests.some(({ state }) => state !== "passed" && state !== "skipped")) return "FAILED";
  if (tests.some(({ state }) => state === "passed")) return "passed";
  if (feature !== undefined) return `waiting for ${feature}`;
  if (tests.length > 0) return "SKIPPED";
  return isWritten ? "NOT RUN" : "NO TEST";
}

/** `results`: `{ file, title, state }` of each test. Gives the rows and whether all is well. */
export function makeTable(results) {
  const waiting = readWaiting();
  const written = idsInSources();
  const byId = new Map();
  for (const result of results) {
    for (const id of idsOf(result.title)) byId.set(id, [...(byId.get(id) ?? []), result]);
  }
  const rows = readCases().map(({ id, area, name }) => {
    const tests = byId.get(id) ?? [];
    return { id, area, name, tests, outcome: outcomeOf(tests, waiting.get(id), written.has(id)) };
  });
  return { rows, ok: rows.every(({ outcome }) => outcome === "passed" || outcome.startsWith("waiting")) };
}

/** Tests of one title in several browsers, or of one row of a table, are one line with their number. */
function linesOf(tests) {
  const lines = new Map();
  for (const { file, title, state } of tests) {
    const line = `${file} > ${title}${state === "passed" ? "" : ` (${state})`}`;
    lines.set(line, (lines.get(line) ?? 0) + 1);
  }
  return [...lines].map(([line, count]) => (count > 1 ? `${line} (${count} runs)` : line));
}

/** The table as text, and what it comes to. */
export function showTable({ rows }) {
  const text = [];
  let area = "";
  for (const row of rows) {
    if (row.area !== area) text.push("", row.area);
    area = row.area;
    text.push(`  ${row.id}  ${row.outcome}  ${row.name}`);
    for (const line of linesOf(row.tests)) text.push(`           ${line}`);
  }
  const count = (test) => rows.filter(({ outcome }) => test(outcome)).length;
  const passed = count((outcome) => outcome === "passed");
  const waiting = count((outcome) => outcome.startsWith("waiting"));
  text.push("", `${rows.length} cases: ${passed} passed, ${waiting} waiting, ${rows.length - passed - waiting} open`);
  const early = rows.filter(({ outcome }) => outcome !== "passed" && !outcome.startsWith("waiting"));
  if (early.length > 0) text.push(`open: ${early.map(({ id, outcome }) => `${id} (${outcome})`).join(", ")}`);
  const found = foundIds();
  const tested = idsInSources();
  text.push(`${found.length} found cases: ${found.filter((id) => tested.has(id)).length} have a test`);
  return text.join("\n");
}
