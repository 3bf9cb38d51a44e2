/** The list of hostile cases: its IDs, what waits for a feature, and which IDs a test's title names. */
import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../../test/hostile/", import.meta.url);

/** Every case as `{ id, area, name }`, in the order of the list. */
export function readCases() {
  const cases = [];
  let area = "";
  for (const line of readFileSync(new URL("cases.txt", folder), "utf8").split("\n")) {
    if (line.startsWith("# ")) area = line.slice(2);
    else if (line !== "") cases.push({ id: line.slice(0, 5), area, name: line.slice(6) });
  }
  return cases;
}

/** The IDs of faults that were found later: an area, how many there are, and its name. */
export function foundIds() {
  return readFileSync(new URL("found-cases.txt", folder), "utf8")
    .trim()
    .split("\n")
    .flatMap((line) =>
      Array.from(
        { length: Number(line.slice(3, 5)) },
        (_, index) => `${line.slice(0, 2)}-${`${index + 1}`.padStart(2, "0")}`,
      ),
    );
}

/** IDs whose feature is not built yet, each with the feature's name. */
export function readWaiting() {
  const features = Object.entries(JSON.parse(readFileSync(new URL("waiting.json", folder), "utf8")));
  return new Map(features.flatMap(([feature, ids]) => ids.map((id) => [id, feature])));
}

/** The IDs that a title begins with: "LO-03 LO-04 sign-out ..." names two. */
export function idsOf(title) {
  const [beginning] = /^(?:[A-Z]{2}-\d{2}[\s,:]*)*/.exec(title);
  return beginning.match(/[A-Z]{2}-\d{2}/g) ?? [];
}

/** IDs at the beginning of a text in a test's source: titles, and rows of tables that become titles. */
export function idsInSources() {
  const tests = new URL("../../test/", import.meta.url);
  const files = readdirSync(tests, { recursive: true }).filter(
    (file) => file.endsWith(".test.ts") || (file.startsWith("contracts") && file.endsWith(".ts")),
  );
  const texts = files
    .filter((file) => !file.endsWith("cases.test.ts"))
    .flatMap((file) => [...readFileSync(new URL(file, tests), "utf8").matchAll(/["'`]((?:[A-Z]{2}-\d{2}[ ,:]+)+)/g)]);
  return new Set(texts.flatMap(([, beginning]) => idsOf(beginning)));
}
