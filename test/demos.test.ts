/** What the demos are told on their command line. What they show is seen by running them. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./packaging/built-package.js";

const run = (script: string, ...args: string[]) =>
  new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [join(root, "scripts", script), ...args], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });

test.each(["demo.mjs", "demo-spa.mjs"])("DX-17 %s --help shows what it does, and starts nothing", async (script) => {
  const { code, stdout } = await run(script, "--help");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^npm run demo.*\n\n(?: {2}-- --.*\n)+$/);
});

test.each([
  ["demo-spa.mjs", ["--auto", "--screenshots"], "--screenshots"],
  ["demo-spa.mjs", ["--auto", "--screenshot", "folder"], "--screenshot'"],
  ["demo.mjs", ["--atuo"], "--atuo"],
])("DX-17 %s %j says which option cannot be used, and shows the help", async (script, args, named) => {
  const { code, stdout, stderr } = await run(script, ...args);
  expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
  expect(stderr.split("\n")[0]).toContain(named);
  expect(stderr).toContain("-- --help");
});
