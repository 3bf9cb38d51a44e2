/**
 * Comes to a halt for ever between the writing of the new file and its rename, and says so. Arguments: directory, key.
 * The rename is the one call that is not the real one.
 */
import { writeSync } from "node:fs";
import { realFileCalls } from "../../../src/node/files/atomic-file.js";
import { openFileStore } from "../../../src/node/files/store.js";

const [directory = "", key = ""] = process.argv.slice(2);
const renameSync = () => {
  writeSync(1, "before the rename\n");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};
const onTrouble = (error: Error) => {
  throw error;
};
await openFileStore({ directory, onTrouble, calls: { ...realFileCalls, renameSync } }).store.set(key, { late: true });
