/** Programs that are killed while they write: the row is the old one or the new one, and the database opens. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, expect, it } from "vitest";
import { loadSqlite } from "../../../src/node/shared-database/sqlite.js";
import { compileForChildren } from "../../support/compile.js";
import { useScratchDirectories } from "../../support/scratch.js";
import { openRow, sessionWith, valueIn } from "./records.js";

const scratch = useScratchDirectories();
const KILLS = 15;
const KEY = "prizm";
let compiled: string;
beforeAll(async () => {
  compiled = await compileForChildren();
}, 180_000);

function startWriter(directory: string, from: number, step: string): ChildProcess {
  const program = join(compiled, "test/node/shared-database/programs/killed-write.js");
  return spawn(process.execPath, [program, directory, String(from), step], { stdio: ["ignore", "pipe", "inherit"] });
}

/** What a database holds that must be whole, by another connection than ours. */
async function check(directory: string): Promise<void> {
  const connection = (await loadSqlite())(join(directory, "shared", "auth.db"));
  const { integrity_check: found } = connection.prepare("PRAGMA integrity_check").get() as { integrity_check: string };
  connection.close();
  expect(found).toBe("ok");
}

async function numberIn(directory: string): Promise<{ n: number; id: string }> {
  const record = (await openRow(directory, KEY).store.read(KEY)) as { id: string };
  const { n, filling } = valueIn(record) as { n: number; filling: string };
  expect(filling).toBe(String(n % 10).repeat(40_000));
  return { n, id: record.id };
}

const write = (directory: string, n: number) =>
  openRow(directory, KEY).store.update(KEY, () => ({
    value: sessionWith({ n, filling: String(n % 10).repeat(40_000) }, KEY, `id ${n}`),
  }));

it.each([
  ["its notes are written", "notes", 0],
  ["its transaction has begun", "begin", 0],
  ["the row is changed", "change", 0],
  ["it is committed", "commit", 1],
])(
  `FS-03 After each of ${KILLS} kills of a write, when %s, the row is whole and the next write works`,
  {
    timeout: 90_000,
  },
  async (_name, step, landed) => {
    const directory = scratch();
    let n = 1;
    await write(directory, n);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const writer = startWriter(directory, n + 1, step);
      const [, signal] = (await once(writer, "exit")) as [unknown, string];
      expect(signal).toBe("SIGKILL");
      const found = await numberIn(directory);
      expect(found.n).toBe(n + landed);
      // The session of the row is known by the notes where that write has landed.
      if (landed === 1) expect(found.id).toBe(`id ${found.n}`);
      n += 2;
      await write(directory, n);
      expect(await numberIn(directory)).toEqual({ n, id: `id ${n}` });
    }
    await check(directory);
    expect(readdirSync(join(directory, "shared"))).toEqual(["auth.db"]);
  },
);

it(`FS-03 After each of ${KILLS} kills in a loop of writes the row is the last one that was told, or the one after it`, {
  timeout: 90_000,
}, async () => {
  const directory = scratch();
  let next = 1;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const writer = startWriter(directory, next, "never");
    const lines = createInterface({ input: writer.stdout as NonNullable<typeof writer.stdout> })[
      Symbol.asyncIterator
    ]();
    const gone = once(writer, "exit");
    let told = 0;
    for (let count = 1 + Math.floor(Math.random() * 8); count > 0; count -= 1)
      told = Number((await lines.next()).value);
    writer.kill("SIGKILL");
    await gone;
    for (let line = await lines.next(); !line.done; line = await lines.next()) told = Number(line.value);
    const { n } = await numberIn(directory);
    expect([told, told + 1]).toContain(n);
    next = n + 1;
  }
  await check(directory);
});
