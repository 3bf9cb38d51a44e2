/** The directory whose sessions `list` and `logout --all` speak of: that of the settings, whatever client they name. */
import { homedir } from "node:os";
import { StorageError } from "../errors.js";
import { sessionPlace } from "../node/token-directory.js";
import type { Arguments } from "./arguments.js";
import { writeToPerson } from "./output.js";
import { readSessionFiles, type SessionFile } from "./session-files.js";
import { type Given, readGiven } from "./settings.js";

export interface SessionDirectory {
  readonly directory: string;
  readonly files: readonly SessionFile[];
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
  return { directory, given, files: await readSessionFiles(directory, seconds * 1000) };
}
