/**
 * `npm run demo:electron`: examples/electron in a real Electron, with a provider on this machine. Electron is not among the
 * dependencies: where it is not installed, this says what to do and ends with 69 (EX_UNAVAILABLE of sysexits).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, install, isInstalled, support } from "./demo/prepare.mjs";
import { failed, note, step, title } from "./demo/show.mjs";

const UNAVAILABLE = 69;
const require = createRequire(import.meta.url);

/** The path of Electron's program: what its package gives outside of Electron. */
function findElectron() {
  try {
    const path = require("electron");
    return typeof path === "string" && existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

async function startProvider() {
  const { startRealProvider } = await support("real-provider");
  const provider = await startRealProvider();
  return { value: provider, found: `oidc-provider at ${provider.issuer}` };
}

async function runExample(electron, provider, directory) {
  const main = fileURLToPath(new URL("../examples/electron/main.mjs", import.meta.url));
  const env = { ...process.env, ISSUER: provider.issuer, CLIENT_ID: "native", CEGAL_KEYSTONE_AUTH_DIR: directory };
  const child = spawn(electron, [main], { env, stdio: "inherit" });
  note("Sign in with any name and password. Close the window to end the demo.");
  const [code] = await once(child, "exit");
  return code ?? 1;
}

async function demo(electron) {
  title("keystone-auth in Electron");
  if (!isInstalled()) await step("Installed what package-lock.json names", install);
  await step("Built the package", build);
  const provider = await step("Started a provider", startProvider);
  const directory = mkdtempSync(join(tmpdir(), "keystone-auth-electron-"));
  try {
    return await runExample(electron, provider, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
    await provider.close();
  }
}

const electron = findElectron();
if (electron === undefined) {
  console.error(
    "Electron is not installed here, so there is nothing to run the example in. Install it and call this again:\n\n" +
      "  npm install --no-save electron\n\n" +
      "It is a large download, and not needed for anything else in this repository. On Linux npm run electron brings an Electron\n" +
      "of its own, in which the tests drive the example.",
  );
  process.exitCode = UNAVAILABLE;
} else {
  try {
    process.exitCode = await demo(electron);
  } catch (error) {
    failed(error);
    process.exitCode = 1;
  }
}
