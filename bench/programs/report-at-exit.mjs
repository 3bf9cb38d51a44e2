/** Preloaded by `--import`: at its end the process tells what it took, as JSON on stderr. */
import { writeSync } from "node:fs";

process.on("exit", () => {
  const fetchLoaded = process.moduleLoadList.some((name) => name.includes("internal/deps/undici"));
  const { user, system } = process.cpuUsage();
  writeSync(
    2,
    JSON.stringify({ maxRssKiB: process.resourceUsage().maxRSS, cpuMs: (user + system) / 1000, fetchLoaded }),
  );
});
