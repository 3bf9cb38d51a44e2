/** Reads one record and prints it, with the built-in modules that this took and a bare Node had not loaded. Arguments: directory, key. */
import "node:fs";
import "node:path";

const loadedSoFar = () => (process as unknown as { moduleLoadList: string[] }).moduleLoadList;
const before = new Set(loadedSoFar());
const { openFileStore } = await import("../../../src/node/files/store.js");
const [directory = "", key = ""] = process.argv.slice(2);
const { store } = openFileStore({ directory, onTrouble: () => {} });
const record = await store.get(key);
const loaded = loadedSoFar().filter(
  (name) => name.startsWith("NativeModule ") && !name.includes("internal/") && !before.has(name),
);
console.log(JSON.stringify({ record, loaded }));
