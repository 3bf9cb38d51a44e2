/**
 * The sessions that `list` and `logout --all` speak of, whatever client the settings name: those of the directory, and of the
 * shared database where the settings name it.
 */
import { homedir } from "node:os";
import { StorageError } from "../errors.js";
import { sessionPlace } from "../node/token-directory.js";
import type { Arguments } from "./arguments.js";
import { writeToPerson } from "./output.js";
import { readSessionFiles, type SessionFile } from "./session-files.js";
import { type Given, readGiven } from "./settings.js";

export interface SessionDirectory {
  readonly directory: string;
  /** The path of the shared database, where it is among what is spoken of. */
  readonly database: string | undefined;
  readonly files: readonly SessionFile[];
  /** Why nothing is known of the database. */
  readonly unread?: StorageError | undefined;
  readonly given: Given;
}

const STORAGE_SECONDS = 10;

/** @throws StorageError (`storage`) where there is no directory, or it cannot be used */
export async function readSessionDirectory({ values }: Arguments): Promise<SessionDirectory> {
  const given = readGiven(values, process.env, false);
  for (const warning of given.warnings) writeToPerson(`keystone-auth: ${warning}\n`);
  const directory = sessionPlace(given.options.storageDirectory, process.env, homedir);
  if (directory instanceof StorageError) throw directory;
  const seconds = given.options.storageTimeoutSeconds ?? STORAGE_SECONDS;
  const database = await databaseOf(given);
  const inFiles = await readSessionFiles(directory, seconds * 1000);
  const where = { storageDirectory: directory, storageTimeoutSeconds: seconds };
  // A database that another program holds hides no file.
  const rows = await inDatabase(database, where).catch((error: unknown) => {
    if (error instanceof StorageError) return error;
    throw error;
  });
  if (rows instanceof StorageError) return { directory, database, given, files: inFiles, unread: rows };
  return { directory, database, given, files: [...inFiles, ...rows] };
}

/** It holds other tools' sessions, too: it is spoken of where it is named. */
async function databaseOf({ options: { storage, sharedDatabase } }: Given): Promise<string | undefined> {
  if (storage !== "shared-database" && sharedDatabase === undefined) return undefined;
  const { databasePlace } = await import("../node/shared-database/place.js");
  const path = databasePlace(sharedDatabase, process.env, homedir);
  if (path instanceof StorageError) throw path;
  return path;
}

async function inDatabase(
  sharedDatabase: string | undefined,
  where: { readonly storageDirectory: string; readonly storageTimeoutSeconds: number },
): Promise<readonly SessionFile[]> {
  if (sharedDatabase === undefined) return [];
  const { readSharedSessions } = await import("./shared-sessions.js");
  return await readSharedSessions({ ...where, sharedDatabase });
}

/** For a person who has none. */
export const noneStored = ({ directory, database }: SessionDirectory): string =>
  `No session is stored in ${[directory, database].filter((place) => place !== undefined).join(" or ")}.\n`;
