/** Stored sessions in a test's hands, and a store whose calls can be made to fail. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KeyValueStore } from "../../../src/node/index.js";
import type { World } from "../world.js";

export function recordFile(world: World): string {
  const [name] = readdirSync(world.directory).filter((file) => file.endsWith(".json"));
  return join(world.directory, name as string);
}

export function editRecord(world: World, edit: (record: Record<string, unknown>) => void): void {
  const record = JSON.parse(readFileSync(recordFile(world), "utf8")) as Record<string, unknown>;
  edit(record);
  writeFileSync(recordFile(world), JSON.stringify(record));
}

/** A store of the program's own whose calls can be made to fail. */
export function fragileStore() {
  const records = new Map<string, string>();
  const fail: { get?: unknown; set?: unknown; delete?: unknown } = {};
  const store: KeyValueStore = {
    get: async (key) => {
      if (fail.get) throw fail.get;
      const text = records.get(key);
      return text === undefined ? undefined : JSON.parse(text);
    },
    set: async (key, value) => {
      if (fail.set) throw fail.set;
      records.set(key, JSON.stringify(value));
    },
    delete: async (key) => {
      if (fail.delete) throw fail.delete;
      records.delete(key);
    },
  };
  return { store, records, fail };
}
