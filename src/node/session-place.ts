/** Whether the sessions can be kept where they are by default. What the program has chosen itself fails where it fails. */
import { lstatSync, type Stats, statSync } from "node:fs";
import { dirname, isAbsolute, relative } from "node:path";
import { codeOf, StorageError } from "../errors.js";
import { fileError } from "./files/private-file.js";
import { tokenDirectory } from "./token-directory.js";

/** What passes: the session may be there a moment later, and nobody is asked to sign in for that. */
const PASSING = ["EIO", "ESTALE", "EAGAIN", "EINTR", "EBUSY", "EMFILE", "ENFILE", "ENOMEM", "ETIMEDOUT"];

const IN_MEMORY = "The session is in memory and ends with the program.";
const ELSEWHERE = "choose another directory with storageDirectory or CEGAL_KEYSTONE_AUTH_DIR.";

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
  const isDefault = !option && !env["CEGAL_KEYSTONE_AUTH_DIR"];
  // The default is two folders deep: in the home, or where XDG keeps such files.
  const home = isDefault ? dirname(dirname(directory)) : tokenDirectory("~", env, homedir);
  return (
    (user === 0 && home !== undefined ? ofAnotherAsRoot(directory, home) : undefined) ??
    (isDefault ? outOfReach(directory, user) : undefined) ??
    directory
  );
}

/** What root creates in the home of another user shuts that user out. */
function ofAnotherAsRoot(directory: string, home: string): StorageError | undefined {
  const below = relative(home, directory);
  const owner = statOf(home)?.uid;
  if (below.startsWith("..") || isAbsolute(below) || owner === undefined || owner === 0) return undefined;
  return new StorageError(
    "permission",
    `${home} belongs to uid ${owner} and this program runs as root, so nothing is kept there. ${IN_MEMORY} Run it as that user, or ${ELSEWHERE}`,
  );
}

function outOfReach(directory: string, user: number | undefined): StorageError | undefined {
  let stat: Stats | undefined;
  try {
    stat = statSync(directory, { throwIfNoEntry: false });
  } catch (error) {
    const code = codeOf(error) ?? "";
    // A plain file above it: there is no session, and what cannot be stored is the session's matter.
    if (code === "ENOTDIR" || PASSING.includes(code)) return undefined;
    return ofAnother(dirname(directory), user) ?? unreachable(directory, error);
  }
  if (stat === undefined) {
    const above = dirname(directory);
    const isDangling = [directory, above].some((path) => isLink(path) && statOf(path) === undefined);
    return isDangling ? unreachable(directory, { code: "ENOENT" }) : ofAnother(above, user);
  }
  if (!stat.isDirectory()) return unreachable(directory, { code: "ENOTDIR" });
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

function unreachable(directory: string, error: unknown): StorageError {
  const { kind, causeCode } = fileError(error, "read", directory);
  const message = `${directory} cannot be reached (${causeCode ?? "unknown fault"}). ${IN_MEMORY} Set HOME to this user's own home, or ${ELSEWHERE}`;
  return new StorageError(kind, message, { causeCode });
}

const isLink = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
