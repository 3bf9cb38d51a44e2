/** Everything that must hold, on a fresh clone with nothing installed: install, types, build, tests. */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";

const installed = "node_modules/.package-lock.json";
const fresh = existsSync(installed) && statSync(installed).mtimeMs >= statSync("package-lock.json").mtimeMs;

function step(name, command, args) {
  const began = performance.now();
  const { status } = spawnSync(command, args, { stdio: "inherit" });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${status === 0 ? "✓" : "✗"} ${name} (${seconds} s)`);
  if (status !== 0) process.exit(1);
}

if (!fresh) step("install", "npm", ["ci", "--no-audit", "--no-fund"]);
step("types", "npx", ["--no-install", "tsc", "-p", "tsconfig.json"]);
step("build", "npx", ["--no-install", "tsc", "-p", "tsconfig.build.json"]);
step("tests", "npx", ["--no-install", "vitest", "run"]);
