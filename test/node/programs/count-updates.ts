/** Adds one to a number in a record, again and again, and prints how often it did. Arguments: directory, key, times. */
import { openRecords } from "../files/records.js";

const [directory = "", key = "", times = ""] = process.argv.slice(2);
const { store } = openRecords(directory);
for (let n = 0; n < Number(times); n += 1) {
  await store.update(key, (current) => ({ value: { count: ((current as { count?: number })?.count ?? 0) + 1 } }));
}
console.log(times);
