/** Writes ever new records until it is killed; prints the number of each once it is written. Arguments: directory, key, first number. */
import { writeSync } from "node:fs";
import { openFileStore } from "../../../src/node/files/store.js";
import { numberedRecord } from "./numbered-record.js";

const [directory = "", key = "", first = ""] = process.argv.slice(2);
const { store } = openFileStore({
  directory,
  onTrouble: (error) => {
    throw error;
  },
});
for (let n = Number(first); ; n += 1) {
  await store.set(key, numberedRecord(n));
  writeSync(1, `${n}\n`);
}
