/**
 * `npm run frameworks`: the files of `examples/frameworks` in apps of their frameworks, built against the package as it would
 * be published, and used in Chromium against oidc-provider. Prints a line for each way, and fails where one failed.
 *
 * `-- --only NAME` takes the ways whose names begin so, several by commas; `-- --list` names them. Everything listens on
 * loopback only, and ends with this program. Not part of `npm test`: it installs some hundred packages, in a folder of theirs.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { findBrowsers } from "./browsers.mjs";
import { isInstalled, support } from "./demo/prepare.mjs";
import { blank, failed, note, step, title } from "./demo/show.mjs";
import { buildApp } from "./frameworks/apps.mjs";
import { build, install, installFrameworks, putPackage } from "./frameworks/install.mjs";
import { endAll } from "./frameworks/processes.mjs";
import { startServer } from "./frameworks/servers.mjs";
import { tryWay } from "./frameworks/visit.mjs";
import { choose, WAYS } from "./frameworks/ways.mjs";

const LIMIT_MS = 20 * 60_000;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"];

function readArguments() {
  const [...args] = process.argv.slice(2);
  const at = args.indexOf("--only");
  return { isList: args.includes("--list"), only: at === -1 ? [] : (args[at + 1] ?? "").split(",") };
}

/** Closed at the end, in reverse. */
const open = [];
/** Aborted when all is being closed, whatever is still under way. */
const ending = new AbortController();
const keep = (part) => {
  open.unshift(part);
  return part;
};

/** Servers come first: the provider has to know each address, and the apps are built with the provider's. */
async function startAll(ways) {
  const servers = new Map();
  for (const way of ways) servers.set(way, keep(await startServer(way)));
  const { startRealProvider } = await support("real-provider");
  const { startProtectedApi } = await support("protected-api");
  const spaRedirectUris = [...servers.values()].map(({ origin }) => `${origin}/`);
  const provider = keep(await startRealProvider({ spaRedirectUris }));
  const api = keep(await startProtectedApi({ issuer: provider.issuer, audience: "hub_connector_api" }));
  return { value: { servers, provider, api }, found: `oidc-provider at ${provider.issuer}` };
}

/** Each app once; `undefined` for one that builds, else why it does not. */
async function buildApps(ways, { provider, api }) {
  const faults = new Map();
  for (const app of new Set(ways.map((way) => way.app))) {
    const work = async () => await buildApp(app, { issuer: provider.issuer, api: api.url });
    await step(`Built ${app}`, work).catch((error) => faults.set(app, error));
  }
  return faults;
}

async function launch() {
  const { chromium } = findBrowsers();
  if (chromium === undefined) throw new Error("There is no Chromium here. npm run browsers installs it on Debian.");
  const playwright = await import("playwright-core");
  // It would end this program at a signal, before all else has ended.
  const handlesNone = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  const browser = await playwright.chromium.launch({ executablePath: chromium.path, args: FLAGS, ...handlesNone });
  keep(browser);
  return browser;
}

async function tryAll(ways, world, browser, faults) {
  const results = [];
  for (const way of ways) {
    const began = performance.now();
    const fault = faults.get(way.app) ?? (await tryWay(way, world, browser).catch((error) => error));
    // What ends with the browser has not failed.
    ending.signal.throwIfAborted();
    results.push({ way, fault, ms: performance.now() - began });
    print(results.at(-1));
  }
  return results;
}

function print({ way: { name, says }, fault, ms }) {
  const why = fault && `: ${String(fault.message ?? fault).split("\n")[0]}`;
  console.log(
    `${fault ? "✗ failed" : "✓ passed"}  ${name.padEnd(26)} ${says}${why ?? ""} (${(ms / 1000).toFixed(1)} s)`,
  );
}

async function main() {
  const { isList, only } = readArguments();
  if (isList) {
    for (const { name, says } of WAYS) console.log(`${name.padEnd(26)} ${says}`);
    return;
  }
  const ways = choose(only);
  title("keystone-auth in frameworks");
  blank();
  if (!isInstalled()) await step("Installed what package-lock.json names", install);
  await step("Built the package", build);
  await step("Installed the frameworks", installFrameworks);
  await step("Put the package beside them, as it would be published", putPackage);
  const world = await step("Started a server for each way, a provider and an API", () => startAll(ways));
  const faults = await buildApps(ways, world);
  const browser = await launch();
  blank();
  const results = await tryAll(ways, world, browser, faults);
  blank();
  const bad = results.filter(({ fault }) => fault);
  note(`${results.length - bad.length} passed, ${bad.length} failed`);
  for (const { way, fault } of bad) console.log(`\n${way.name}\n${fault.message ?? fault}`);
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
  ending.abort();
  endAll();
  await Promise.race([Promise.allSettled(open.map(async (part) => await part.close())), sleep(10_000)]);
}
// Whatever an interrupted step still waits for has no say any more.
process.exit();
