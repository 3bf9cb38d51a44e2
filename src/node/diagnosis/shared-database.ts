/** The database that is shared with other tools: whether it can be used, and who else can read it. */
import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { failed, type Finding, ok, problemOf, warning } from "../../client/diagnosis.js";
import type { NodeConfig } from "../../options/config.js";
import { SharedFile, whyNotWritable } from "../shared-database/database.js";
import { Busy } from "../shared-database/database-error.js";
import { databasePlace } from "../shared-database/place.js";
import { isOwnGroup } from "../shared-database/permissions.js";
import { loadSqlite } from "../shared-database/sqlite.js";

const GROUP = 0o070;
const OTHERS = 0o007;

/** Throws ConfigurationError without SQLite, StorageError for what cannot be used. */
export async function databaseFinding({ sharedDatabase, clientId }: NodeConfig): Promise<Finding> {
  const path = databasePlace(sharedDatabase, process.env, homedir);
  // It says what to do.
  if (typeof path === "object") return warning(problemOf(path));
  const file = new SharedFile(path, clientId, await loadSqlite());
  try {
    // Whoever can write its folder could make it.
    file.read();
  } catch (error) {
    if (!(error instanceof Busy)) throw error;
    return warning(`Another program has ${path} for itself just now.`, "Call again.");
  }
  const problem = whyNotWritable(path);
  if (problem) return failed(problemOf(problem), "Make the file and its folder writable for this user.");
  if (!existsSync(path)) return ok(`${path} is made with the first sign-in.`);
  if (process.platform === "win32") return ok(`${path} is yours alone, and can be written.`);
  const { mode, gid } = statSync(path);
  const shown = `mode ${(mode & 0o777).toString(8)}`;
  const isOfGroup = (mode & GROUP) !== 0;
  if ((mode & OTHERS) !== 0 || (isOfGroup && !isOwnGroup(gid))) {
    return warning(
      `Other users can read ${path} (${shown}), and with it the tokens of every session in it.`,
      `Run chmod 600 ${path}: the other tools keep the mode.`,
    );
  }
  const group = isOfGroup ? `, and nobody else is in its group ${gid}` : "";
  return ok(`${path} is yours alone (${shown}${group}), and can be written.`);
}
