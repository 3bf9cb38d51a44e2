/** Directories that nobody but this user can use. The token files and their locks live in one. */
import { chmodSync, lstatSync, mkdirSync, readdirSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { codeOf, StorageError } from "../../errors.js";
import { fileError, isUnsupported, withoutModes } from "./private-file.js";

const PRIVATE = 0o700;
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;
const PERMISSIONS = 0o777;
const STICKY = 0o1000;
const SPECIAL = 0o7000;
const NEVER_MADE = new Set(["ENOENT", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL"]);
/** A session's record or lock by its key, and what a crash or a corrupt record leaves beside a record. */
const SESSION_FILE =
  /^(?:[a-z-]+\.)?s-[0-9a-f]{64}(?:\.[a-z-]+)*\.(?:lock|(?:json|sealed)(?:\.corrupt-[0-9a-f]{16})?(?:\.\d+-[0-9a-z]+\.tmp)?)$/;
/** What a lock is removed with. */
const LOCK_FILE = /^(?:data-key\.lock|[0-9a-fx-]+\.lock\.(?:claim|kept))$/;

/** What this process has made. */
const made = new Set<string>();

/** Whether a file is one that this library writes for a session: by its exact name, since other programs may have files here. */
export function isSessionFile(name: string): boolean {
  return SESSION_FILE.test(name);
}

/**
 * Whether the directory exists; then it is this user's alone. One that others could only read is tightened
 * to 0700, unless it holds files that are not ours.
 * Creates nothing. On Windows, where the modes mean nothing, only existence is checked: the profile's ACL protects it.
 *
 * @throws StorageError (`permission`) where others can write to it, or it belongs to another user: whoever can write
 *   here can plant a session or take one away, so nothing is read from it and nothing is written to it; or where it can
 *   never be made, below a plain file or a link to nowhere
 */
export function checkPrivateDirectory(directory: string): boolean {
  let stat: Stats | undefined;
  try {
    stat = statSync(directory, { throwIfNoEntry: false });
  } catch (error) {
    if (codeOf(error) !== "ENOTDIR") throw fileError(error, "read", directory);
  }
  if (stat === undefined) {
    const obstacle = obstacleTo(directory);
    if (obstacle !== undefined) throw obstacle;
    return false;
  }
  if (!stat.isDirectory()) {
    throw new StorageError(
      "unavailable",
      `${directory} is not a directory. Remove it or choose another storageDirectory.`,
      {
        causeCode: "ENOTDIR",
      },
    );
  }
  const user = process.geteuid?.();
  if (user !== undefined) requirePrivate(directory, stat, user);
  return true;
}

/**
 * Makes the directory, and what is missing above it, with mode 0700 whatever the umask; one that exists is checked.
 * Directories above that exist already are left as they are.
 *
 * @throws StorageError (`permission`, `full`, `unavailable`)
 */
export function createPrivateDirectory(directory: string): void {
  if (checkPrivateDirectory(directory)) return;
  let isOurs: boolean;
  try {
    isOurs = make(directory);
  } catch (error) {
    throw notMade(error, directory);
  }
  if (isOurs) made.add(directory);
  // Somebody else may have made it at the same moment.
  checkPrivateDirectory(directory);
}

/** Why a directory that is not there cannot be made: the nearest thing above it, or in its place, is no directory. */
export function obstacleTo(directory: string): StorageError | undefined {
  for (let path = directory; ; path = dirname(path)) {
    const what = whatIsAt(path);
    if (what === "directory" || (what === "nothing" && dirname(path) === path)) return undefined;
    if (what === "nothing") continue;
    const isLink = what === "link";
    const why = `${path} is ${isLink ? "a link to nowhere" : "a file"}, not a directory`;
    const message = `${directory} cannot be made: ${why}. Remove it, or choose another directory with storageDirectory or CEGAL_KEYSTONE_AUTH_DIR.`;
    return new StorageError("permission", message, { causeCode: isLink ? "ENOENT" : "ENOTDIR", retryable: false });
  }
}

function whatIsAt(path: string): "nothing" | "directory" | "file" | "link" {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    const target = stat && statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return "nothing";
    if (target === undefined) return stat.isSymbolicLink() ? "link" : "nothing";
    return target.isDirectory() ? "directory" : "file";
  } catch {
    return "nothing";
  }
}

function requirePrivate(directory: string, stat: Stats, user: number): void {
  if (stat.uid !== user) {
    // A mount with a fixed owner: no chown helps there.
    if (made.has(directory)) throw withoutModes(directory, "all belongs to another user");
    throw new StorageError(
      "permission",
      `${directory} belongs to another user (uid ${stat.uid}, not ${user}), so it is not used. Give it to this user (sudo chown -R ${user} ${directory}), or choose another directory with storageDirectory or CEGAL_KEYSTONE_AUTH_DIR.`,
      { retryable: false },
    );
  }
  if ((stat.mode & OTHERS_WRITE) !== 0) {
    if (!keepsModes(directory, stat.mode)) throw withoutModes(directory, "everybody can write there");
    throw new StorageError(
      "permission",
      `Other users can write to ${directory}, so it is not used. Look through what it holds, then make it yours alone (chmod 700).`,
      { retryable: false },
    );
  }
  if ((stat.mode & OTHERS) !== 0 && holdsOnlyOurFiles(directory)) tighten(directory);
}

/** Tried by a bit that takes nothing away and is put back, since whoever could write there may have left something. */
export function keepsModes(directory: string, mode: number): boolean {
  if ((mode & SPECIAL) !== 0) return true;
  const set = (bits: number) => chmodSync(directory, (mode & PERMISSIONS) | bits);
  try {
    set(STICKY);
    const hasChanged = (statSync(directory).mode & STICKY) !== 0;
    if (hasChanged) set(0);
    return hasChanged;
  } catch (error) {
    return !isUnsupported(error);
  }
}

/** A home or project folder that is chosen as storageDirectory must not be shut to those it serves; our files are 0600. */
function holdsOnlyOurFiles(directory: string): boolean {
  try {
    return readdirSync(directory).every((name) => SESSION_FILE.test(name) || LOCK_FILE.test(name));
  } catch {
    return false;
  }
}

function tighten(directory: string): void {
  try {
    chmodSync(directory, PRIVATE);
  } catch (error) {
    // A read-only file system may still be read; one without modes is asked again when a file is written.
    if (codeOf(error) !== "EROFS" && !isUnsupported(error)) throw fileError(error, "made private", directory);
  }
}

/** A link to nowhere, an automounter's folder and the like take no directory, and will take none later. */
function notMade(error: unknown, directory: string): StorageError {
  const fault = fileError(error, "created", directory);
  const { causeCode } = fault;
  if (!NEVER_MADE.has(causeCode ?? "")) return fault;
  const message = `${directory} could not be created (${causeCode}). Choose another directory with storageDirectory or CEGAL_KEYSTONE_AUTH_DIR.`;
  return new StorageError("permission", message, { causeCode, retryable: false });
}

/** Whether this call has made it, and not somebody else at the same moment. */
function make(directory: string): boolean {
  try {
    return makeOne(directory);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || dirname(directory) === directory) throw error;
    make(dirname(directory));
    return makeOne(directory);
  }
}

function makeOne(directory: string): boolean {
  try {
    mkdirSync(directory, PRIVATE);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
  try {
    // The umask may have taken bits from the owner too.
    chmodSync(directory, PRIVATE);
  } catch (error) {
    // Whether others can use the directory is checked next.
    if (!isUnsupported(error)) throw error;
  }
  return true;
}
