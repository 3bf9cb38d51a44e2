/** examples/electron as a whole program, with a stand-in for `electron`, and the demo where Electron is missing. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { dist, ensureBuilt, root } from "../packaging/built-package.js";

const run = promisify(execFile);

beforeAll(ensureBuilt, 60_000);

interface Report {
  readonly webPreferences: Record<string, unknown>;
  readonly privileges: readonly { readonly scheme: string; readonly privileges: Record<string, boolean> }[];
  readonly page: { readonly status: number; readonly csp: string; readonly text: string };
  readonly [name: string]: unknown;
}

test("the example's window has what Electron's security checklist asks for", async () => {
  const home = await mkdtemp(join(tmpdir(), "keystone-auth-electron-"));
  try {
    const standIn = pathToFileURL(join(root, "test/electron/programs/electron-stand-in.mjs")).href;
    const main = join(root, "examples/electron/main.mjs");
    const env = { ...process.env, ISSUER: "https://id.example", CEGAL_KEYSTONE_AUTH_DIR: home };
    const { stdout, stderr } = await run(process.execPath, ["--import", standIn, main], { env, timeout: 15_000 });
    expect(stderr).toBe("");
    const report = JSON.parse(stdout) as Report;
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
  } finally {
    await rm(home, { recursive: true, force: true });
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
