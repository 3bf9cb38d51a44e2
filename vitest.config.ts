import { defineConfig } from "vitest/config";

const limits = { pool: "forks", testTimeout: 20_000, hookTimeout: 20_000 } as const;

/**
 * Their files change nothing of the process that they run in, or put it back: they share processes, in which the sources are
 * loaded and warm. What is decided once a process (the environment, the user, signals, loaded modules) is tested elsewhere.
 */
const TOGETHER = [
  "client",
  "electron",
  "history",
  "hostile",
  "node/diagnosis",
  "options",
  "protocol",
  "provider-shapes",
  "session",
  "settle",
  "support-tests",
].map((folder) => `test/${folder}/**/*.test.ts`);

/** The same for the command, whose tests start many processes. */
const COMMAND = "test/cli/**/*.test.ts";
const DATABASE = "test/node/shared-database/**/*.test.ts";

export default defineConfig({
  test: {
    // Real processes, locks and sockets compete for the cores as it is; but they also wait for each other.
    maxWorkers: 3,
    globalSetup: "./test/support/keep.ts",
    reporters: ["default", "./scripts/vitest-reporter.mjs"],
    coverage: { include: ["src/**/*.ts"] },
    projects: [
      {
        test: {
          ...limits,
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: [...TOGETHER, COMMAND, "test/browser/**", "test/e2e/**", DATABASE],
        },
      },
      // The browser room's parts that run in Node, on fakes of the browser's storage.
      { test: { ...limits, name: "browser", include: ["test/browser/**/*.test.ts"] } },
      { test: { ...limits, name: "together", include: TOGETHER, isolate: false } },
      { test: { ...limits, name: "command", include: [COMMAND], isolate: false } },
      // They need a Node that has SQLite: `npm run test:database` runs them with one.
      { test: { ...limits, name: "database", include: [DATABASE] } },
      // Real browsers, and time to start each of them: a process starts one of each for all its files.
      {
        test: {
          ...limits,
          name: "e2e",
          isolate: false,
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
