/**
 * `npm run proxies`: the tests of proxies and certificates by this Node and by the newer lines, whose switches it may not have.
 * The runtimes come from npm into a cache folder of the user's, some 200 MB each, so that this is no part of `npm test`.
 *
 * `-- --only 22,24` takes some of them.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installRuntime } from "./runtimes/install.mjs";
import { run, Steps } from "./steps.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const LINES = ["22", "24", "26"];
const TESTS = ["test/node/network", "test/cli/proxies.test.ts"];

async function test(program) {
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  // The surroundings of a build server decide otherwise.
  const { ok, output } = await run(program, [vitest, "run", "--root", root, ...TESTS], { CI: "" });
  return { ok, output, note: /^\d+ passed, .*$/m.exec(output)?.[0] };
}

const at = process.argv.indexOf("--only");
const lines = at < 0 ? LINES : (process.argv[at + 1] ?? "").split(",");
const steps = new Steps();
await steps.run(`tests by Node ${process.version}`, () => test(process.execPath));
for (const line of lines) {
  let program;
  const isThere = await steps.run(`Node ${line} is there`, async () => {
    const installed = await installRuntime(line);
    program = installed.program;
    return installed;
  });
  if (isThere) await steps.run(`tests by Node ${line}`, () => test(program));
}
console.log(steps.summary());
process.exitCode = steps.failed.length === 0 ? 0 : 1;
