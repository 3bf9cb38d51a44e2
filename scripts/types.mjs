/** Type checks every project: each room with the types of its own platform only, and the tests with those they need. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const tsc = join("node_modules", "typescript", "bin", "tsc");
const projects = [
  "tsconfig.json",
  "tsconfig.node.json",
  "tsconfig.browser.json",
  "tsconfig.test.json",
  "tsconfig.examples.json",
  join("examples", "frameworks", "tsconfig.json"),
];

const failed = projects.filter((project) => {
  const { status } = spawnSync(process.execPath, [tsc, "-p", project, "--noEmit"], { stdio: "inherit" });
  if (status !== 0) console.error(`${project} does not compile\n`);
  return status !== 0;
});
process.exitCode = failed.length === 0 ? 0 : 1;
