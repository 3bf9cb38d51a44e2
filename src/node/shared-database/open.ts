/** `storage: "shared-database"`: the row, what is kept beside it, and the locks of the row. Loaded with the first call. */
import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { StorageError } from "../../errors.js";
import type { NodeConfig } from "../../options/config.js";
import type { Clock, Lock, OpenedStore, StorageTrouble } from "../../ports.js";
import { createPrivateDirectory } from "../files/private-directory.js";
import { openFileStore } from "../files/store.js";
import { sha256 } from "../sha256.js";
import { SharedFile, whyNotWritable } from "./database.js";
import { linksOf } from "./permissions.js";
import { databasePlace } from "./place.js";
import { wantedBy } from "./row-session.js";
import { loadSqlite } from "./sqlite.js";
import { SharedRecords } from "./store.js";
import { watchRow } from "./watch.js";

export interface BesideDatabase {
  /** The directory of the sessions, or why there is none. */
  readonly place: string | StorageError;
  /** The locks of a directory. */
  readonly lockIn: (directory: string) => Lock;
  readonly clock: Clock;
  readonly onTrouble: StorageTrouble;
}

/**
 * `session` is the name that the options give to a session. `undefined` where the database cannot be reached by default, as it is told.
 * @throws ConfigurationError (`configuration`) where there is no SQLite
 */
export async function openSharedDatabase(
  config: NodeConfig,
  session: string,
  { place, lockIn, clock, onTrouble }: BesideDatabase,
): Promise<OpenedStore | undefined> {
  const { clientId, issuer, storageTimeoutMs } = config;
  const path = databasePlace(config.sharedDatabase, process.env, homedir);
  if (typeof path === "object") {
    onTrouble(path);
    return undefined;
  }
  // Locks, notes and marks.
  const directory = typeof place === "string" ? place : join(dirname(path), "tokens");
  const lock = lockIn(directory);
  const file = new SharedFile(path, clientId, await loadSqlite());
  const key = keyOfRow(path, issuer, clientId);
  // A little less than the whole, so that the error that says what is the matter comes first.
  const timeoutMs = storageTimeoutMs * 0.9;
  // Notes that cannot be understood are none: the session is in the row.
  const onFault = (error: StorageError) => error.kind !== "corrupt" && onTrouble(error);
  const files = openFileStore({ directory, onTrouble: onFault, clock, timeoutMs });
  const prepare = () => createPrivateDirectory(directory);
  const asking = { session, wanted: wantedBy(config) };
  return {
    key,
    store: new SharedRecords({ ...asking, key, file, beside: files.store, prepare, lock, clock, timeoutMs }),
    lock: lockOf(file, lock),
    watch: watchRow(file, files.watch(key), clock),
  };
}

/** Whatever options ask for it: who renews the row with other scopes sends the same refresh token. */
function keyOfRow(path: string, issuer: string, clientId: string): string {
  return `s-${sha256(JSON.stringify(["shared-database", realPath(path), issuer, clientId]))}`;
}

/** The same before and after the file is made, by whatever links it is reached. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const target = linksOf(path).at(-1) ?? path;
    if (target !== path) return realPath(target);
    const above = dirname(path);
    return above === path ? path : join(realPath(above), basename(path));
  }
}

/** The directory of the locks says nothing of the database: whether that takes a write is asked of itself. */
function lockOf({ path }: SharedFile, lock: Lock): Lock {
  return {
    run: (name, options, work) =>
      lock.run(name, options, (hold) => work({ stillHeld: () => hold.stillHeld(), isUnguarded: whyNotWritable(path) })),
  };
}
