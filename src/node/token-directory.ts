/** Where the sessions are kept, and whether they can be kept there by default. What the program has chosen itself fails where it fails. */
import { type Stats, statSync } from "node:fs";
import { dirname, isAbsolute, join, parse, relative, resolve } from "node:path";
import { codeOf, StorageError } from "../errors.js";
import { obstacleTo } from "./files/private-directory.js";
import { fileError } from "./files/private-file.js";

/** What passes: the session may be there a moment later, and nobody is asked to sign in for that. */
const PASSING = ["EIO", "ESTALE", "EAGAIN", "EINTR", "EBUSY", "EMFILE", "ENFILE", "ENOMEM", "ETIMEDOUT"];

export const IN_MEMORY = "The session is in memory and ends with the program.";
const ELSEWHERE = "choose another directory with storageDirectory or CEGAL_KEYSTONE_AUTH_DIR.";

/**
 * The directory of the token files: the option, else `CEGAL_KEYSTONE_AUTH_DIR`, else `~/.cegal-keystone/tokens`. Without a
 * usable home it is `cegal-keystone/tokens` in `XDG_STATE_HOME` or `XDG_DATA_HOME`. A path that begins with `~/` is in the
 * home, where a shell did not replace that. `undefined` where there is none of these: sessions are then kept in memory.
 * Never throws.
 */
export function tokenDirectory(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  homedir: () => string,
): string | undefined {
  const chosen = option || setIn(env, "CEGAL_KEYSTONE_AUTH_DIR");
  const home = homeOf(homedir);
  if (chosen) return absolute(chosen, home);
  if (home !== undefined) return join(home, ".cegal-keystone", "tokens");
  // The XDG specification says to ignore a relative path.
  const state = [env["XDG_STATE_HOME"], env["XDG_DATA_HOME"]].find((path) => path !== undefined && isAbsolute(path));
  return state && join(state, "cegal-keystone", "tokens");
}

/** A variable that is blank counts as not set. */
export function setIn(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return env[name]?.trim() ? env[name] : undefined;
}

/**
 * Services and containers often run with HOME="/", or as a user that is in no user database; then homedir() throws. An empty
 * or relative HOME would put tokens into the working directory.
 */
export function homeOf(homedir: () => string): string | undefined {
  try {
    const home = homedir();
    return !isAbsolute(home) || parse(home).root === resolve(home) ? undefined : resolve(home);
  } catch {
    return undefined;
  }
}

/** A relative path means the working directory of now, also after a chdir. */
export function absolute(path: string, home: string | undefined): string | undefined {
  if (/^~(?:$|[/\\])/.test(path)) return home && join(home, path.slice(1));
  try {
    return resolve(path);
  } catch {
    // The working directory has been removed.
    return undefined;
  }
}

/** The directory of the token files, or why sessions are kept in memory. Creates nothing; never throws. */
export function sessionPlace(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  homedir: () => string,
): string | StorageError {
  const directory = tokenDirectory(option, env, homedir);
  if (directory === undefined) {
    return new StorageError(
      "unavailable",
      "There is no home directory to keep the session in; it is in memory and ends with the program. Give the option storageDirectory or set CEGAL_KEYSTONE_AUTH_DIR.",
    );
  }
  const user = process.geteuid?.();
  const isDefault = !option && !setIn(env, "CEGAL_KEYSTONE_AUTH_DIR");
  // The default is two folders deep: in the home, or where XDG keeps such files.
  const home = isDefault ? dirname(dirname(directory)) : tokenDirectory("~", env, homedir);
  return (
    (user === 0 && home !== undefined ? ofAnotherAsRoot(directory, home) : undefined) ??
    (isDefault ? outOfReach(directory, user) : undefined) ??
    directory
  );
}

/** What root creates in the home of another user shuts that user out. */
export function ofAnotherAsRoot(directory: string, home: string, elsewhere = ELSEWHERE): StorageError | undefined {
  const below = relative(home, directory);
  const owner = statOf(home)?.uid;
  if (below.startsWith("..") || isAbsolute(below) || owner === undefined || owner === 0) return undefined;
  return new StorageError(
    "permission",
    `${home} belongs to uid ${owner} and this program runs as root, so nothing is kept there. ${IN_MEMORY} Run it as that user, or ${elsewhere}`,
  );
}

export function outOfReach(
  directory: string,
  user: number | undefined,
  elsewhere = ELSEWHERE,
): StorageError | undefined {
  let stat: Stats | undefined;
  try {
    stat = statSync(directory, { throwIfNoEntry: false });
  } catch (error) {
    if (PASSING.includes(codeOf(error) ?? "")) return undefined;
    return ofAnother(dirname(directory), user) ?? unreachable(directory, error, elsewhere);
  }
  if (stat === undefined) {
    const above = dirname(directory);
    const obstacle = obstacleTo(directory);
    return obstacle ? unreachable(directory, { code: obstacle.causeCode }, elsewhere) : ofAnother(above, user);
  }
  if (!stat.isDirectory()) return unreachable(directory, { code: "ENOTDIR" }, elsewhere);
  return ofAnother(directory, user);
}

/** As after one call with sudo that kept HOME. */
function ofAnother(directory: string, user: number | undefined): StorageError | undefined {
  const owner = statOf(directory)?.uid;
  if (owner === undefined || user === undefined || owner === user) return undefined;
  const place = directory.replace(/[/\\]tokens$/, "").replace(/^.*[/\\](?=\.cegal-keystone$)/, "~/");
  return new StorageError(
    "permission",
    `${directory} belongs to uid ${owner}, not to this user (uid ${user}), so it is not used. ${IN_MEMORY} If a call with sudo has made it, give it back: sudo chown -R $USER ${place}`,
    { causeCode: "EACCES" },
  );
}

function unreachable(directory: string, error: unknown, elsewhere: string): StorageError {
  const { kind, causeCode } = fileError(error, "read", directory);
  const message = `${directory} cannot be reached (${causeCode ?? "unknown fault"}). ${IN_MEMORY} Set HOME to this user's own home, or ${elsewhere}`;
  return new StorageError(kind, message, { causeCode });
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
