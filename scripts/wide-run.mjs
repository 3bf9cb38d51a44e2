/** `npm run test:browsers`: all tests in browsers in each browser that is there. `npm test` runs a part of them in one alone. */
import { spawnSync } from "node:child_process";

const args = ["--no-install", "vitest", "run", "--project", "e2e", ...process.argv.slice(2)];
const { status } = spawnSync("npx", args, {
  stdio: "inherit",
  env: { ...process.env, E2E_BROWSERS: process.env.E2E_BROWSERS ?? "all" },
  shell: process.platform === "win32",
});
process.exitCode = status ?? 1;
