/** examples/electron as a whole program, with a stand-in for `electron`, and the demo where Electron is missing. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { beforeAll, expect, test } from "vitest";
import { dist, ensureBuilt, root } from "../packaging/built-package.js";

const run = promisify(execFile);
const main = join(root, "examples/electron/main.mjs");

beforeAll(ensureBuilt, 60_000);

interface Report {
  readonly webPreferences: Record<string, unknown>;
  readonly privileges: readonly { readonly scheme: string; readonly privileges: Record<string, boolean> }[];
  readonly page: { readonly status: number; readonly csp: string; readonly text: string };
  readonly [name: string]: unknown;
}

/** Runs the example's main process to its end, with the stand-in. Gives what that was told. */
async function runExample(main: string, extra: Record<string, string> = {}): Promise<Report> {
  const home = await mkdtemp(join(tmpdir(), "keystone-auth-electron-"));
  try {
    const standIn = pathToFileURL(join(root, "test/electron/programs/electron-stand-in.mjs")).href;
    const env = { ...process.env, ISSUER: "https://id.example", CEGAL_KEYSTONE_AUTH_DIR: home, ...extra };
    const { stdout, stderr } = await run(process.execPath, ["--import", standIn, main], { env, timeout: 15_000 });
    expect(stderr).toBe("");
    return JSON.parse(stdout) as Report;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

test("the example's window has what Electron's security checklist asks for", async () => {
  const report = await runExample(main);
  expect(report.webPreferences).toEqual({
    preload: join(dist, "electron-preload.cjs"),
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInSubFrames: false,
    nodeIntegrationInWorker: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    webviewTag: false,
  });
  expect(report).toMatchObject({
    channel: "keystone-auth:default",
    beforeReady: true,
    loaded: ["app://bundle/index.html"],
    privileges: [{ scheme: "app", privileges: { standard: true, secure: true } }],
    missing: 404,
    otherHost: 404,
    left: [],
    windowOpen: "deny",
    granted: false,
    checked: false,
    browsers: [],
  });
  expect(report.page.status).toBe(200);
  expect(report.page.csp).toMatch(/^default-src 'none'; script-src 'self';/);
  expect(report.page.csp).not.toMatch(/unsafe/);
  // Inline scripts and styles would not run under that policy.
  expect(report.page.text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/);
  expect(report.parts).toEqual({
    "/style.css": 200,
    "/renderer.mjs": 200,
    "/keystone-auth/electron-renderer.js": 200,
  });
});

test("EL-02 the example waits for the end of its client before it quits", async () => {
  expect((await runExample(main)).quits).toEqual(["prevented", "done"]);
});

test("EL-04 the example becomes CommonJS by a bundler, without a warning, and starts", async () => {
  const folder = await mkdtemp(join(tmpdir(), "keystone-auth-electron-"));
  try {
    const electron = join(folder, "electron.cjs");
    await writeFile(electron, "module.exports = globalThis.electronStandIn;");
    const outfile = join(folder, "main.cjs");
    const { warnings } = await build({
      entryPoints: [main],
      outfile,
      bundle: true,
      format: "cjs",
      platform: "node",
      target: "node20",
      alias: { electron },
      external: ["@napi-rs/keyring"],
      logLevel: "silent",
    });
    expect(warnings).toEqual([]);
    const report = await runExample(outfile, { APP_PATH: dirname(main) });
    expect(report).toMatchObject({
      loaded: ["app://bundle/index.html"],
      beforeReady: true,
      quits: ["prevented", "done"],
    });
    expect(report.page.status).toBe(200);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

function hasElectron(): boolean {
  try {
    createRequire(import.meta.url).resolve("electron");
    return true;
  } catch {
    return false;
  }
}

const installed = hasElectron();
if (installed) console.info("skipped: Electron is installed here, and the demo would start it");

test.skipIf(installed)("the demo says what to install where Electron is missing, and ends with 69", async () => {
  const demo = run(process.execPath, [join(root, "scripts/demo-electron.mjs")], { cwd: root, timeout: 15_000 });
  const error = await demo.catch((e: unknown) => e as { code: number; stdout: string; stderr: string });
  expect(error).toMatchObject({ code: 69, stdout: "" });
  expect((error as { stderr: string }).stderr).toContain("npm install --no-save electron");
});
