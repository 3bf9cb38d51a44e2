/** Test runners: a product's unit test in the runner's own setting, and the real client with the setting that docs/testing.md names. */
import { join } from "node:path";
import { nodeThere, tool } from "./install.mjs";

const jest = tool("jest", "bin", "jest.js");
const vitest = tool("vitest", "vitest.mjs");

async function byJest(test, environment, { flags = [], settings = [] } = {}) {
  const args = ["--rootDir", "programs/tests", "--env", environment, "--testMatch", `**/${test}`, "--no-cache"];
  await nodeThere([...flags, jest, ...args, ...settings], { environment: { CI: "1" } });
}

export const RUNNERS = [
  { name: "Jest 30, node", work: () => byJest("stand-in.test.js", "node") },
  { name: "Jest 30, jsdom", work: () => byJest("stand-in.test.js", "jsdom") },
  { name: "Jest 30, resetMocks", work: () => byJest("stand-in.test.js", "node", { settings: ["--resetMocks"] }) },
  {
    name: "Jest 30, the real client",
    setting: "--experimental-vm-modules",
    work: () => byJest("real.test.mjs", "node", { flags: ["--experimental-vm-modules"] }),
  },
  {
    name: "Vitest 4",
    work: () =>
      nodeThere([
        vitest,
        "run",
        "--globals",
        "--root",
        join("programs", "tests"),
        "real.test.mjs",
        "replaced.test.mjs",
      ]),
  },
];
