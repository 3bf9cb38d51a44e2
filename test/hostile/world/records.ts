/** Stored sessions in a test's hands, and a store whose calls can be made to fail. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KeyValueStore } from "../../../src/node/index.js";
import type { World } from "../world.js";

export function recordFile(world: World): string {
  const [name] = readdirSync(world.directory).filter((file) => file.endsWith(".json") && !isMark(file));
  return join(world.directory, name as string);
}

export function editRecord(world: World, edit: (record: Record<string, unknown>) => void): void {
  const record = JSON.parse(readFileSync(recordFile(world), "utf8")) as Record<string, unknown>;
  edit(record);
  writeFileSync(recordFile(world), JSON.stringify(record));
}

/** Whether it is the name of a sign-out's mark. */
export const isMark = (name: string): boolean => /\.out(\.json)?$/.test(name);

/** A store of the program's own whose calls can be made to fail. `records` are the sessions, `marks` what sign-outs leave. */
export function fragileStore() {
  const records = new Map<string, string>();
  const marks = new Map<string, string>();
  const of = (key: string) => (isMark(key) ? marks : records);
  const fail: { get?: unknown; set?: unknown; delete?: unknown } = {};
  const store: KeyValueStore = {
    get: async (key) => {
      if (fail.get) throw fail.get;
      const text = of(key).get(key);
      return text === undefined ? undefined : JSON.parse(text);
    },
    set: async (key, value) => {
      if (fail.set) throw fail.set;
      of(key).set(key, JSON.stringify(value));
    },
    delete: async (key) => {
      if (fail.delete) throw fail.delete;
      of(key).delete(key);
    },
  };
  return { store, records, marks, fail };
}
