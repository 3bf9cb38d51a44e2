/**
 * `npm run proxies`: the tests of proxies and certificates by this Node and by the newer lines, whose switches it may not have.
 * The runtimes come from npm into a cache folder of the user's, some 200 MB each, so that this is no part of `npm test`.
 *
 * `-- --only 22,24` takes some of them.
 */
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run, Steps } from "./steps.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "keystone-auth", "runtimes");
const RUNTIMES = { 22: "22.23.3", 24: "24.21.0", 26: "26.10.0" };
const TESTS = ["test/node/network", "test/cli/proxies.test.ts"];

/** npm's packages of the runtime exist for Linux x64 and some others under names of their own. */
async function install(line) {
  const folder = join(cache, line);
  mkdirSync(folder, { recursive: true });
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const wanted = `${name}@${RUNTIMES[line]}`;
  const { ok, output } = await run("npm", [
    "install",
    "--prefix",
    folder,
    "--no-save",
    "--no-audit",
    "--no-fund",
    wanted,
  ]);
  return { ok, output, note: join(folder, "node_modules", name, "bin", "node") };
}

async function test(program) {
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  // The surroundings of a build server decide otherwise.
  const { ok, output } = await run(program, [vitest, "run", "--root", root, ...TESTS], { CI: "" });
  return { ok, output, note: /^\d+ passed, .*$/m.exec(output)?.[0] };
}

const at = process.argv.indexOf("--only");
const lines = at < 0 ? Object.keys(RUNTIMES) : (process.argv[at + 1] ?? "").split(",");
const steps = new Steps();
await steps.run(`tests by Node ${process.version}`, () => test(process.execPath));
for (const line of lines) {
  let program;
  const installed = await steps.run(`Node ${line} is there`, async () => {
    const end = await install(line);
    program = end.note;
    return end;
  });
  if (installed) await steps.run(`tests by Node ${line}`, () => test(program));
}
console.log(steps.summary());
process.exitCode = steps.failed.length === 0 ? 0 : 1;
