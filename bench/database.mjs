/** What a process pays that prints a token from the shared database, beside one that prints it from a file. */
import { join } from "node:path";
import { findNode } from "../scripts/with-sqlite.mjs";
import { median } from "./numbers.mjs";
import { programs, runProgram, storedRecord } from "./setting.mjs";

const PAIRS = 31;
const MOST = 1.25;
const ROW = `
const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
const [path, ...row] = process.argv.slice(1);
const database = new DatabaseSync(path);
database.exec("CREATE TABLE client_tokens (client_id TEXT PRIMARY KEY, id_token TEXT, access_token TEXT, refresh_token TEXT)");
database.prepare("INSERT INTO client_tokens VALUES (?, ?, ?, ?)").run(...row);
database.close();`;

/** The row is that of a neighbour: nothing of ours stands beside it. */
export async function sharedDatabase({ newSession }) {
  const what = "a fresh process that prints a token of the shared database, against one of a file";
  const { node, reason } = await findNode();
  if (node === undefined) return [{ what, result: `not measured: ${reason}` }];
  const { options, token } = await newSession({ valid: true });
  const { idToken, refreshToken } = storedRecord(options);
  const path = join(options.storageDirectory, "..", "shared.db");
  await runProgram(node, "--no-warnings", "-e", ROW, path, options.clientId, idToken, token, refreshToken);
  const fromDatabase = { ...options, storage: "shared-database", sharedDatabase: path };
  const printing = Object.entries({ database: fromDatabase, file: options });
  const times = { database: [], file: [] };
  for (let pair = 0; pair < PAIRS; pair += 1) {
    for (const [name, given] of pair % 2 === 0 ? printing : printing.toReversed()) {
      const { ms, stdout } = await runProgram(node, programs.printToken, JSON.stringify(given));
      if (stdout.trimEnd() !== token) throw new Error("A process printed another token.");
      times[name].push(ms);
    }
  }
  const [run, floor] = [median(times.database), median(times.file)];
  const ratio = run / floor;
  const [measured, least] = [run, floor].map((value) => `${value.toFixed(1)} ms`);
  return [{ what, measured, floor: least, result: `${ratio.toFixed(2)} ×`, target: `≤ ${MOST} ×`, met: ratio <= MOST }];
}
