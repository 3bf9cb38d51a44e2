/**
 * `npm run bundlers`: programs that use the package as it would be published, built by the bundlers that people have, and run. Pages
 * get their token from oidc-provider in Chromium, tools print a stored one, types are checked by each TypeScript, tests run.
 *
 * Prints a table, and fails where a row has failed. `-- --only NAME` takes the rows whose names begin so, several by commas;
 * `-- --list` names them. Not part of `npm test`: it installs some hundred packages, in a folder of theirs.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { installTools, putPackage, removeBuilds } from "./bundlers/install.mjs";
import { PAGES } from "./bundlers/pages.mjs";
import { RUNNERS } from "./bundlers/tests.mjs";
import { signInOnce, TOOLS, tryTool } from "./bundlers/tools.mjs";
import { checkTypes, TYPES } from "./bundlers/types.mjs";
import { reserve, visitPage } from "./bundlers/visit.mjs";
import { findBrowsers } from "./browsers.mjs";
import { isInstalled, support } from "./demo/prepare.mjs";
import { blank, failed, note, step, title } from "./demo/show.mjs";
import { build, install } from "./frameworks/install.mjs";
import { endAll } from "./frameworks/processes.mjs";

const LIMIT_MS = 30 * 60_000;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"];

const ROWS = [
  ...PAGES.map((row) => ({ ...row, kind: "page" })),
  ...TOOLS.map((row) => ({ ...row, kind: "tool" })),
  ...TYPES.map((row) => ({ ...row, kind: "types", work: () => checkTypes(row) })),
  ...RUNNERS.map((row) => ({ ...row, kind: "tests" })),
];

function chosen() {
  const [...args] = process.argv.slice(2);
  const at = args.indexOf("--only");
  const names = at === -1 ? undefined : (args[at + 1] ?? "").split(",");
  return ROWS.filter(({ name }) => names === undefined || names.some((each) => name.startsWith(each)));
}

const open = [];
const keep = (part) => {
  open.unshift(part);
  return part;
};

/** The provider has to know the address of each page. */
async function startAll(rows) {
  const servers = new Map();
  for (const row of rows.filter(({ kind }) => kind === "page")) servers.set(row, keep(await reserve(row)));
  const { startRealProvider } = await support("real-provider");
  const spaRedirectUris = [...servers.values()].map(({ origin }) => `${origin}/`);
  const provider = keep(await startRealProvider({ ...(spaRedirectUris.length > 0 && { spaRedirectUris }) }));
  return { servers, provider };
}

async function launch() {
  const { chromium } = findBrowsers();
  if (chromium === undefined) throw new Error("There is no Chromium here. npm run browsers installs it on Debian.");
  const playwright = await import("playwright-core");
  // It would end this program at a signal, before all else has ended.
  const handlesNone = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  return keep(await playwright.chromium.launch({ executablePath: chromium.path, args: FLAGS, ...handlesNone }));
}

/** Gives the work of a row. What all rows of a kind need is had with the first. */
function workshop({ servers, provider }) {
  let [browser, environment] = [];
  return {
    page: async (row) => {
      browser ??= await launch();
      const server = servers.get(row);
      await row.build(row.name, undefined, provider.issuer);
      await server.serve(provider.issuer);
      await visitPage(row, browser, server.origin);
      await row.beside?.(server.origin);
    },
    tool: async (row) => {
      environment ??= await signInOnce(provider.issuer);
      await tryTool(row, environment);
    },
    types: async (row) => await row.work(),
    tests: async (row) => await row.work(),
  };
}

async function tryAll(rows, world) {
  const works = workshop(world);
  const results = [];
  for (const row of rows) {
    const began = performance.now();
    const fault = await works[row.kind](row).then(
      () => undefined,
      (error) => error,
    );
    results.push({ row, fault });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const how = fault ? "✗ failed" : "✓ passed";
    console.log(
      `${how}  ${row.kind.padEnd(5)}  ${row.name.padEnd(27)} ${`${seconds} s`.padStart(7)}  ${row.setting ?? ""}`,
    );
  }
  return results;
}

async function main() {
  const rows = chosen();
  if (process.argv.includes("--list")) {
    for (const { kind, name, setting = "" } of rows) console.log(`${kind.padEnd(5)}  ${name.padEnd(27)} ${setting}`);
    return;
  }
  title("keystone-auth with bundlers, compilers and test runners");
  blank();
  if (!isInstalled()) await step("Installed what package-lock.json names", install);
  await step("Built the package", build);
  await step("Installed the tools", installTools);
  await step("Put the package beside them, as it would be published", putPackage);
  const world = await startAll(rows);
  blank();
  const results = await tryAll(rows, world);
  blank();
  const bad = results.filter(({ fault }) => fault);
  note(`${results.length - bad.length} passed, ${bad.length} failed`);
  for (const { row, fault } of bad) console.log(`\n${row.name}\n${fault.message ?? fault}`);
  if (bad.length > 0) process.exitCode = 1;
}

/** Whatever comes: a signal, which npm may send a second time, or work that does not end. */
const interrupted = new Promise((_resolve, reject) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => reject(new Error(`Ended by ${signal}.`)));
});
const late = sleep(LIMIT_MS, undefined, { ref: false }).then(() => {
  throw new Error(`It took more than ${LIMIT_MS / 60_000} minutes.`);
});

try {
  await Promise.race([main(), interrupted, late]);
} catch (error) {
  failed(error);
  process.exitCode = 1;
} finally {
  endAll();
  await Promise.race([Promise.allSettled(open.map(async (part) => await part.close())), sleep(10_000)]);
  removeBuilds();
}
// Whatever an interrupted step still waits for has no say any more.
process.exit();
