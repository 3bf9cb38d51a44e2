/**
 * Load with faults, for five minutes: `npm run soak`, or `npm run soak -- --seconds 60`. Many clients in several processes
 * and threads share stores, while answers fail, disks are full, people sign out, and processes are killed and stopped. All of them note what
 * they do, and `test/history/` judges it. Prints figures; fails when a rule was broken, when memory or handles grew, or when
 * a secret was in the output. `--wrong old-token` plants a fault, which must be found.
 */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { run } from "./steps.mjs";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));

const { values } = parseArgs({ options: { seconds: { type: "string", default: "300" }, wrong: { type: "string" } } });
const seconds = Number(values.seconds);
if (!(seconds >= 5 && seconds <= 3600)) throw new Error("--seconds takes 5 to 3600");

const compiled = await run("npx", ["--no-install", "tsc", "-p", join("scripts", "soak", "tsconfig.json")]);
if (!compiled.ok) {
  console.error(compiled.output);
  process.exit(1);
}
const program = join("build", "soak", "test", "soak", "programs", "main.js");
const child = spawn(process.execPath, [program, String(seconds), ...(values.wrong ? [values.wrong] : [])], {
  stdio: ["ignore", "inherit", "inherit"],
});
// Whatever happens: it never runs on and on. Asked to end, it ends what it has started.
const late = setTimeout(() => child.kill("SIGTERM"), (seconds + 120) * 1000);
child.on("close", (code) => {
  clearTimeout(late);
  process.exitCode = code ?? 1;
});
