/**
 * Comes to a halt for ever between the writing of the new file and its rename, and says so. Arguments: directory, key.
 * The rename is the one call that is not the real one.
 */
import fs, { writeSync } from "node:fs";
import { openRecords } from "../files/records.js";

const [directory = "", key = ""] = process.argv.slice(2);
const renameSync = () => {
  writeSync(1, "before the rename\n");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};
Object.assign(fs, { renameSync });
await openRecords(directory).put(key, { late: true });
