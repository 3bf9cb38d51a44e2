/** A worker thread that takes a lock and keeps it. */
import { parentPort, workerData } from "node:worker_threads";
import { openFileLock } from "../../../src/node/files/lock.js";
import { systemClock } from "../../../src/clock.js";

const { directory, name } = workerData as { directory: string; name: string };
const lock = openFileLock({
  directory,
  clock: systemClock,
  onTrouble: (error) => parentPort?.postMessage(error.message),
});
await lock.run(name, { timeoutMs: 1000 }, async () => {
  parentPort?.postMessage("held");
  await new Promise((resolve) => parentPort?.once("message", resolve));
});
parentPort?.postMessage("released");
