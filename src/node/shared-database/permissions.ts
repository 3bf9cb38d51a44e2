/**
 * Who else can change the shared database. Whoever can write the file can plant a session, and so can whoever can write its folder: by
 * another file in its place, or by a journal beside it, which SQLite rolls back into it. A sticky bit is no help against the latter.
 */
import { lstatSync, readFileSync, readlinkSync, type Stats, statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, resolve } from "node:path";
import { keepsModes } from "../files/private-directory.js";
import { withoutModes } from "../files/private-file.js";
import { folderOfAnother, folderOpenToOthers, openToOthers, ownedByAnother } from "./database-error.js";

const GROUP_WRITE = 0o020;
const OTHERS_WRITE = 0o002;
const GROUPS = "/etc/group";
/** As many links as Linux follows. */
const MOST_LINKS = 40;

/** The path, and where each link on from there leads; the last one is the file itself, whether it is there or not. */
export function linksOf(path: string): readonly string[] {
  const found = [path];
  for (let at = path; found.length <= MOST_LINKS; found.push(at)) {
    const target = linkAt(at);
    if (target === undefined) return found;
    at = resolve(dirname(at), target);
  }
  // In a circle: nothing is there, and nothing can be made.
  return [path];
}

function linkAt(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** @throws StorageError (`permission`) where others can write the file, or it is another user's */
export function requireOwnFile(path: string, stat: Stats): void {
  const user = process.geteuid?.();
  if (user === undefined) return;
  if (stat.uid !== user) throw ownedByAnother(path, stat.uid, user);
  if (canOthersWrite(stat)) throw openToOthers(path, stat);
}

/** Of the file's folder, and of those of the links that lead there; what is not there is nobody's. @throws StorageError (`permission`) */
export function requireOwnFolders(path: string): void {
  const user = process.geteuid?.();
  if (user === undefined) return;
  for (const folder of new Set(linksOf(path).map(dirname))) {
    const stat = folderAt(folder);
    if (stat === undefined) continue;
    // Root can do it anyway.
    if (stat.uid !== user && stat.uid !== 0) throw folderOfAnother(folder, path, stat.uid, user);
    if (!canOthersWrite(stat)) continue;
    if (stat.uid === user && !keepsModes(folder, stat.mode)) throw withoutModes(folder, "everybody can write there");
    throw folderOpenToOthers(folder, path, stat, user);
  }
}

/** What cannot be looked at is told where the file is opened. */
function folderAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Whether anybody but this user can write there. Where the umask is 002, files are writable for the user's own group. */
function canOthersWrite({ mode, gid }: Stats): boolean {
  return (mode & OTHERS_WRITE) !== 0 || ((mode & GROUP_WRITE) !== 0 && !isOwnGroup(gid));
}

/** Whether the group is the user's alone: their primary one, with their own number or name, and without another member. */
export function isOwnGroup(gid: number): boolean {
  const user = account();
  if (gid !== user.gid) return false;
  const { name, members } = groupOf(gid);
  return (gid === user.uid || name === user.username) && members.every((member) => member === user.username);
}

function account(): { readonly uid: number; readonly gid: number; readonly username?: string } {
  try {
    return userInfo();
  } catch {
    // In no user database, as in many containers.
    return { uid: process.geteuid?.() ?? -1, gid: process.getegid?.() ?? -1 };
  }
}

/** Its name and its members, as far as the machine itself lists them. */
function groupOf(gid: number): { readonly name: string | undefined; readonly members: readonly string[] } {
  const [name, , , members = ""] = linesOf(GROUPS).find(([, , id]) => id === String(gid)) ?? [];
  return { name, members: members.split(",").filter((member) => member !== "") };
}

function linesOf(path: string): readonly (readonly string[])[] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .map((line) => line.split(":"));
  } catch {
    return [];
  }
}
