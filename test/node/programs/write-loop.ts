/** Writes ever new records until it is killed; prints the number of each once it is written. Arguments: directory, key, first number. */
import { writeSync } from "node:fs";
import { openRecords } from "../files/records.js";
import { numberedRecord } from "./numbered-record.js";

const [directory = "", key = "", first = ""] = process.argv.slice(2);
const records = openRecords(directory);
for (let n = Number(first); ; n += 1) {
  await records.put(key, numberedRecord(n));
  writeSync(1, `${n}\n`);
}
