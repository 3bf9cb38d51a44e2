/**
 * `npm run electron`: examples/electron in a real Electron, against oidc-provider on this machine. Prints a line for each
 * scenario, and fails where one failed.
 *
 * `-- --only NAME` takes the scenarios whose names begin so, several by commas; `-- --list` names them; `-- --pictures FOLDER`
 * keeps pictures of the example's window. `ELECTRON=path` names another Electron. Not part of `npm test`: it brings a runtime
 * of 330 MB into the user's cache folder. Linux only.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build, install, isInstalled, support } from "./demo/prepare.mjs";
import { blank, duration, failed, note, step, title } from "./demo/show.mjs";
import { writeAsar } from "./electron/asar.mjs";
import { buildApp } from "./electron/build-app.mjs";
import { openDisplay } from "./electron/display.mjs";
import { findRuntime, withApplication } from "./electron/runtime.mjs";
import { SCENARIOS } from "./electron/scenarios.mjs";
import { World } from "./electron/world.mjs";

function readArguments() {
  const [...args] = process.argv.slice(2);
  const after = (flag) => (args.includes(flag) ? (args[args.indexOf(flag) + 1] ?? "") : undefined);
  const pictures = after("--pictures");
  return { isList: args.includes("--list"), only: after("--only"), pictures: pictures && resolve(pictures) };
}

function choose(only) {
  const names = only?.split(",") ?? [];
  const chosen = SCENARIOS.filter(({ name }) => only === undefined || names.some((each) => name.startsWith(each)));
  if (chosen.length === 0) throw new Error(`No scenario begins with ${only}; --list names them.`);
  return chosen;
}

/** The application twice: as files, and in an archive. */
async function buildPrograms(runtime, directory) {
  const [folder, app, archive] = [join(directory, "app"), join(directory, "packed"), join(directory, "app.asar")];
  const warnings = await buildApp(folder);
  await buildApp(app);
  await writeAsar(app, archive);
  const files = await withApplication(runtime, join(directory, "files"), "app", folder);
  const packed = await withApplication(runtime, join(directory, "archive"), "app.asar", archive);
  return { value: { files, packed, warnings } };
}

async function runAll(scenarios, world) {
  let bad = 0;
  for (const { name, says, run } of scenarios) {
    const began = performance.now();
    const fault = await run(world).catch((error) => error);
    // A scenario that could not be tried here says why, in one sentence.
    const isTried = typeof fault !== "string";
    const isBad = isTried && fault !== undefined;
    bad += isBad ? 1 : 0;
    const mark = isBad ? "✗ failed " : isTried ? "✓ passed " : "- skipped";
    console.log(`${mark}  ${name.padEnd(27)} ${says} (${duration(performance.now() - began)})`);
    if (fault !== undefined)
      console.log(`           ${isTried ? fault.message.replaceAll("\n", "\n           ") : fault}`);
    await world.endAll();
  }
  return bad;
}

/** Closed at the end, the newest first, whatever comes. */
const closing = [];

async function main() {
  const { isList, only, pictures } = readArguments();
  const scenarios = choose(only);
  if (isList) {
    for (const { name, says } of scenarios) console.log(`${name.padEnd(27)} ${says}`);
    return;
  }
  title("keystone-auth in a real Electron");
  blank();
  if (!isInstalled()) await step("Installed what package-lock.json names", install);
  await step("Built the package", build);
  const directory = mkdtempSync(join(tmpdir(), "keystone-auth-electron-"));
  closing.unshift(async () => rmSync(directory, { recursive: true, force: true }));
  const runtime = await step("Found an Electron", async () => {
    const value = await findRuntime();
    return { value, found: value.program };
  });
  const programs = await step("Bundled the example", () => buildPrograms(runtime, directory));
  const display = await openDisplay();
  closing.unshift(display.close);
  const { startRealProvider } = await support("real-provider");
  const provider = await startRealProvider();
  closing.unshift(async () => await provider.close());
  const world = new World({ provider, programs, pictures, startRealProvider, display: display.name, directory });
  closing.unshift(async () => await world.endAll());
  blank();
  const bad = await runAll(scenarios, world);
  blank();
  note(`${scenarios.length - bad} of ${scenarios.length} without a fault, in ${world.versions ?? "this Electron"}`);
  if (bad > 0) process.exitCode = 1;
}

const interrupted = new Promise((_resolve, reject) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => reject(new Error(`Ended by ${signal}.`)));
});

try {
  await Promise.race([main(), interrupted]);
} catch (error) {
  failed(error);
  process.exitCode = 1;
} finally {
  for (const close of closing) await close();
}
// What a signal has cut off may still be waiting.
process.exit();
