import { describe, expect, it } from "vitest";

interface Case {
  readonly id: string;
  readonly name: string;
}
interface List {
  readCases(): Case[];
  readWaiting(): Map<string, string>;
  idsOf(title: string): string[];
  idsInSources(): Set<string>;
}
interface Table {
  makeTable(results: readonly object[]): { ok: boolean; rows: readonly { id: string; outcome: string }[] };
}

// Scripts are plain JavaScript, which the compiler does not look into.
const at = (path: string) => new URL(`../../scripts/cases/${path}`, import.meta.url).href;
const { readCases, readWaiting, idsOf, idsInSources } = (await import(at("list.mjs"))) as List;
const { makeTable } = (await import(at("table.mjs"))) as Table;

describe("The hostile cases", () => {
  const ids = readCases().map(({ id }) => id);
  const waiting = readWaiting();
  const tested = idsInSources();

  it("are 162, each of them once and with a name", () => {
    expect(new Set(ids).size).toBe(162);
    expect(readCases().filter(({ name }) => name.trim() === "")).toEqual([]);
  });

  it("have each a test, or wait for a feature that is not built", () => {
    expect(ids.filter((id) => !tested.has(id) && !waiting.has(id))).toEqual([]);
  });

  it("are named by no test, and wait for no feature, under an ID of their areas that is not in the list", () => {
    const areas = new Set(ids.map((id) => id.slice(0, 2)));
    const named = [...tested, ...waiting.keys()].filter((id) => areas.has(id.slice(0, 2)));
    expect(named.filter((id) => !ids.includes(id))).toEqual([]);
  });
});

describe("The table of cases", () => {
  it("reads the IDs at a title's beginning only", () => {
    expect(idsOf("LO-03 LO-04 sign-out of AU-01")).toEqual(["LO-03", "LO-04"]);
    expect(idsOf("a case like LO-03")).toEqual([]);
  });

  it.each([
    [[], "NOT RUN"],
    [["passed"], "passed"],
    [["passed", "skipped"], "passed"],
    [["skipped"], "SKIPPED"],
    [["passed", "failed"], "FAILED"],
  ])("says of a case whose tests are %j: %s", (states, outcome) => {
    const results = states.map((state) => ({ file: "a.test.ts", title: "AU-01 is new", state }));
    const table = makeTable(results);
    expect(table.rows.find(({ id }) => id === "AU-01")?.outcome).toBe(outcome);
    // The other cases have no test here.
    expect(table.ok).toBe(false);
  });

  it("is well when each case has passed or waits", () => {
    const all = readCases().map(({ id }) => ({ file: "a.test.ts", title: `${id} holds`, state: "passed" }));
    expect(makeTable(all).ok).toBe(true);
    expect(makeTable(all.filter(({ title }) => !readWaiting().has(title.slice(0, 5)))).ok).toBe(true);
    expect(makeTable(all.slice(1)).ok).toBe(false);
  });
});
