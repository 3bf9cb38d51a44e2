/** Reads one record and prints it, with the built-in modules that this took and a bare Node had not loaded. Arguments: directory, key. */
import "node:fs";
import "node:path";

const loadedSoFar = () => (process as unknown as { moduleLoadList: string[] }).moduleLoadList;
const before = new Set(loadedSoFar());
const { openFileStore } = await import("../../../src/node/files/store.js");
const [directory = "", key = ""] = process.argv.slice(2);
const { systemClock } = await import("../../../src/clock.js");
const { store } = openFileStore({ directory, onTrouble: () => {}, clock: systemClock, timeoutMs: 5000 });
const record = await store.read(key);
const loaded = loadedSoFar().filter(
  (name) => name.startsWith("NativeModule ") && !name.includes("internal/") && !before.has(name),
);
console.log(JSON.stringify({ record, loaded }));
