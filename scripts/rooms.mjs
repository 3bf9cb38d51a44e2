/**
 * `npm run rooms`: whether the house is still one, each figure beside its target.
 *
 * Floors, circles and lines are read from the sources. What a refresh goes through is counted by V8 between the call and
 * its token, in Node and in Chromium, against the tests' provider. A read of the record is an opening of its file in the
 * default store. `--files` lists what ran.
 *
 * Fails where floors, circles or the limit of lines a file are broken. The other figures are aims for the core: later
 * capabilities come on top.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "./compile.mjs";
import { buildSupport, support } from "./demo/prepare.mjs";
import { circlesOf, countFloors, FLOORS, roomOf } from "./rooms/floors.mjs";
import { readSources } from "./rooms/imports.mjs";
import { measureInNode } from "./rooms/in-node.mjs";
import { measureInPage } from "./rooms/in-page.mjs";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));

const SMALL_FILE = 40;
const LONGEST_FILE = 250;
const CORE = ["client", "session", "protocol"];

const linesOf = ({ text }) => text.replace(/\n$/, "").split("\n").length;
const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);

/** What the sources say of themselves. A row that `holds` fails the command when it is over its target. */
function readHouse(sources) {
  const lines = sources.map(linesOf);
  const core = sources.filter((each) => CORE.includes(roomOf(each.path)));
  return [
    { what: "floors", is: countFloors(sources), target: FLOORS.length, holds: true },
    { what: "import circles", is: circlesOf(sources).length, target: 0, holds: true },
    { what: "files in src", is: sources.length, target: 145 },
    {
      what: `files of at most ${SMALL_FILE} lines`,
      is: lines.filter((count) => count <= SMALL_FILE).length,
      target: 15,
    },
    { what: "lines of the longest file", is: Math.max(...lines), target: LONGEST_FILE, holds: true },
    { what: "lines of src", is: sum(lines), target: 13_000 },
    { what: `lines of the core (${CORE.join(", ")})`, is: sum(core.map(linesOf)), target: 3300 },
  ];
}

/** What a refresh and a login go through. */
async function measure() {
  await buildSupport();
  const { startFakeProvider } = await support("fake-provider");
  mkdirSync("build", { recursive: true });
  const work = mkdtempSync(join("build", "rooms-"));
  try {
    const compiled = join(process.cwd(), work, "src");
    compile(compiled, join(work, "types"));
    const node = await measureInNode(compiled, startFakeProvider);
    const page = await measureInPage(compiled, startFakeProvider);
    return { node, page };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function rowsOf({ node, page }) {
  const called = ({ functions }) => `${functions} functions`;
  return [
    { what: "our files in a refresh, Node", is: node.ran.files.length, target: 30, note: called(node.ran) },
    page === undefined
      ? { what: "our files in a refresh, page", is: "-", target: 32, note: "no Chromium here" }
      : { what: "our files in a refresh, page", is: page.files.length, target: 32, note: called(page) },
    { what: "reads of the record, refresh", is: node.refreshReads, target: 3 },
    { what: "reads of the record, loopback login", is: node.loginReads, target: 4 },
  ];
}

const isOver = ({ is, target }) => is > target;

function print(rows) {
  console.log(`${"".padEnd(46)} ${"is".padStart(7)} ${"target".padStart(9)}`);
  for (const row of rows) {
    const { what, is, target, note, holds } = row;
    const mark = isOver(row) ? (holds ? "  broken" : "  over") : "";
    const numbers = `${String(is).padStart(7)} ${`≤ ${target}`.padStart(9)}`;
    console.log(`${what.padEnd(46)} ${numbers}${note === undefined ? "" : `  ${note}`}${mark}`);
  }
}

const sources = readSources("src");
const house = readHouse(sources);
const measured = await measure();
print([...house, ...rowsOf(measured)]);
for (const files of circlesOf(sources)) console.log(`\na circle: ${files.join(", ")}`);
if (process.argv.includes("--files")) {
  console.log(`\nNode:\n  ${measured.node.ran.files.join("\n  ")}`);
  if (measured.page !== undefined) console.log(`\nPage:\n  ${measured.page.files.join("\n  ")}`);
}
process.exitCode = house.some((row) => row.holds && isOver(row)) ? 1 : 0;
