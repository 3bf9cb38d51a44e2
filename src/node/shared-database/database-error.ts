/** What SQLite's faults mean for a person. No message of SQLite's is passed on: it could quote what was stored. */
import type { Stats } from "node:fs";
import { codeOf, StorageError, type StorageErrorKind } from "../../errors.js";
import { fileError } from "../files/private-file.js";

/** Another program has the file just now. The call has changed nothing and may be repeated. */
export class Busy extends Error {}

/** https://sqlite.org/rescode.html: the primary codes. */
const NAMES: Readonly<Record<number, string>> = {
  1: "SQLITE_ERROR",
  3: "SQLITE_PERM",
  5: "SQLITE_BUSY",
  6: "SQLITE_LOCKED",
  8: "SQLITE_READONLY",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  19: "SQLITE_CONSTRAINT",
  23: "SQLITE_AUTH",
  26: "SQLITE_NOTADB",
};

const KINDS: Readonly<Record<string, StorageErrorKind>> = {
  SQLITE_PERM: "permission",
  SQLITE_READONLY: "permission",
  SQLITE_CANTOPEN: "permission",
  SQLITE_AUTH: "permission",
  SQLITE_CORRUPT: "corrupt",
  SQLITE_NOTADB: "corrupt",
  SQLITE_FULL: "full",
};

const CHOOSE = "name another file by the option sharedDatabase or CEGAL_KEYSTONE_AUTH_DB";

const ADVICE: Partial<Record<StorageErrorKind, string>> = {
  permission: `See that this user can read and write the file and its folder, or ${CHOOSE}.`,
  corrupt: `It is left as it is, since the other tools' sessions are in it. Move it away to begin anew, or ${CHOOSE}.`,
  full: `Free some space, or ${CHOOSE}.`,
  unavailable: "The call may be repeated.",
};

/** What our own statements bring about in nobody's table but another program's: a rule or a trigger of it. */
const FOREIGN = ["SQLITE_ERROR", "SQLITE_CONSTRAINT"];

/** Reduces an error of SQLite or of the file system to its code: Busy, or a StorageError. */
export function databaseError(error: unknown, doing: string, path: string): Busy | StorageError {
  if (error instanceof StorageError || error instanceof Busy) return error;
  const name = nameOf(error);
  if (name === undefined) return fileError(error, doing, path);
  if (FOREIGN.includes(name)) return foreign(path, name);
  if (name === "SQLITE_BUSY" || name === "SQLITE_LOCKED") return new Busy(name);
  const kind = KINDS[name] ?? "unavailable";
  const what = kind === "corrupt" ? "is no usable SQLite database" : `could not be ${doing}`;
  const message = `The shared database ${path} ${what} (${name}). ${ADVICE[kind]}`;
  return new StorageError(kind, message, { causeCode: name, retryable: kind !== "corrupt" });
}

/** Node gives a number, with an extension in its higher bits, better-sqlite3 a name with one. */
function nameOf(error: unknown): string | undefined {
  const { errcode } = error as { errcode?: unknown };
  if (typeof errcode === "number") return NAMES[errcode & 0xff] ?? `SQLITE_${errcode & 0xff}`;
  return /^SQLITE_[A-Z]+/.exec(codeOf(error) ?? "")?.[0];
}

export function foreign(path: string, causeCode?: string): StorageError {
  const code = causeCode === undefined ? "" : ` (${causeCode})`;
  const message = `${path} is a database, but not that of the sessions: another program's tables are in it${code}. It is left as it is; ${CHOOSE}.`;
  return new StorageError("corrupt", message, { causeCode, retryable: false });
}

const shownMode = ({ mode, gid }: Stats) => `mode ${(mode & 0o777).toString(8)}, group ${gid}`;

/** Whoever can write there can plant a session. */
export function openToOthers(path: string, stat: Stats): StorageError {
  const message = `Other users can write to the shared database ${path} (${shownMode(stat)}), so it is not used. Look through what it holds, then make it yours alone (chmod 600).`;
  return new StorageError("permission", message, { retryable: false });
}

export function ownedByAnother(path: string, owner: number, user: number): StorageError {
  const message = `The shared database ${path} belongs to another user (uid ${owner}, not ${user}), so it is not used. Give it to this user (sudo chown ${user} ${path}), or ${CHOOSE}.`;
  return new StorageError("permission", message, { retryable: false });
}

export function folderOpenToOthers(folder: string, path: string, stat: Stats, user: number): StorageError {
  const own = stat.uid === user ? `Make that folder yours alone (chmod go-w), or ${CHOOSE}` : `Please ${CHOOSE}`;
  const message = `Other users can write to ${folder} (${shownMode(stat)}), and so change the shared database ${path}, which is not used. Look through what it holds. ${own}.`;
  return new StorageError("permission", message, { retryable: false });
}

export function folderOfAnother(folder: string, path: string, owner: number, user: number): StorageError {
  const message = `${folder} belongs to another user (uid ${owner}, not ${user}), who can change the shared database ${path}, so it is not used. Please ${CHOOSE}.`;
  return new StorageError("permission", message, { retryable: false });
}

export function heldByOthers(path: string): StorageError {
  const message = `The shared database ${path} could not be had: another program held it all the time. The call may be repeated.`;
  return new StorageError("unavailable", message, { causeCode: "SQLITE_BUSY" });
}
