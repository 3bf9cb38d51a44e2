/** The database that is shared with other tools: whether it can be used, and who else can read it. */
import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { failed, type Finding, ok, problemOf, warning } from "../../client/diagnosis.js";
import type { NodeConfig } from "../../options/config.js";
import { SharedFile, whyNotWritable } from "../shared-database/database.js";
import { Busy } from "../shared-database/database-error.js";
import { databasePlace } from "../shared-database/place.js";
import { loadSqlite } from "../shared-database/sqlite.js";

const OTHERS = 0o077;

/** Throws ConfigurationError without SQLite, StorageError for what cannot be used. */
export async function databaseFinding({ sharedDatabase, clientId }: NodeConfig): Promise<Finding> {
  const path = databasePlace(sharedDatabase, process.env, homedir);
  // It says what to do.
  if (typeof path === "object") return warning(problemOf(path));
  const file = new SharedFile(path, clientId, await loadSqlite());
  if (!existsSync(path)) return ok(`${path} is made with the first sign-in.`);
  try {
    file.read();
  } catch (error) {
    if (!(error instanceof Busy)) throw error;
    return warning(`Another program has ${path} for itself just now.`, "Call again.");
  }
  const problem = whyNotWritable(path);
  if (problem) return failed(problemOf(problem), "Make the file and its folder writable for this user.");
  const mode = statSync(path).mode & 0o777;
  const shown = process.platform === "win32" ? "" : ` (mode ${mode.toString(8)})`;
  if (process.platform !== "win32" && (mode & OTHERS) !== 0) {
    return warning(
      `Other users can read ${path}${shown}, and with it the tokens of every session in it.`,
      `Run chmod 600 ${path}: the other tools keep the mode.`,
    );
  }
  return ok(`${path} is yours alone${shown}, and can be written.`);
}
