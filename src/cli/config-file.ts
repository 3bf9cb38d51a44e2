/** `keystone-auth.json`: found in the working directory or above it, read, and checked key by key. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { usage } from "./arguments.js";
import { checkContent, type FileContent } from "./config-keys.js";

export const CONFIG_FILE = "keystone-auth.json";
const MOST_BYTES = 64 * 1024;
const OTHERS_WRITE = 0o002;

export interface ConfigFile {
  readonly path: string;
  readonly content: FileContent;
  /** Whether it was looked for, and so may be somebody else's choice: of a directory that was cloned or unpacked. */
  readonly found: boolean;
}

/**
 * The file that is named, else the nearest one upwards from `cwd`; `undefined` where there is none.
 *
 * @throws ConfigurationError (`configuration`) that names the file, and the key where it is one
 */
export function readConfigFile(named: string | undefined, cwd: string | undefined): ConfigFile | undefined {
  if (named !== undefined) {
    const path = resolve(named);
    const text = readText(path, false);
    if (text === undefined) throw usage("config", `The configuration file ${path} does not exist.`);
    return { path, content: parse(path, text), found: false };
  }
  if (cwd === undefined) return undefined;
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    const path = join(directory, CONFIG_FILE);
    const text = readText(path, true);
    if (text !== undefined) return { path, content: parse(path, text), found: true };
    if (dirname(directory) === directory) return undefined;
  }
}

function readText(path: string, found: boolean): string | undefined {
  let file: number | undefined;
  try {
    // Without waiting for a writer, should it be a pipe.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(file);
    if (!stat.isFile()) throw usage("config", `${path} is not a file.`);
    if (stat.size > MOST_BYTES) throw usage("config", `${path} is larger than ${MOST_BYTES / 1024} KiB.`);
    if (found) requireTrusted(path, stat);
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === "configuration") throw error;
    if (code === "ENOENT" || code === "ENOTDIR" || (code === "EACCES" && !exists(path))) return undefined;
    throw usage("config", `${path} cannot be read (${typeof code === "string" ? code : "unknown fault"}).`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** A directory above that may not be searched says EACCES for files that are not there too. */
function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** Whoever wrote it chose where people sign in. On Windows, where the modes mean nothing, it is not checked. */
function requireTrusted(path: string, { uid, mode }: Stats): void {
  const user = process.geteuid?.();
  if (user === undefined) return;
  const name = "If you trust it, name it with --config or CEGAL_KEYSTONE_CONFIG.";
  if (uid !== user && uid !== 0)
    throw usage("config", `${path} belongs to another user (uid ${uid}), so it is not used. ${name}`);
  if ((mode & OTHERS_WRITE) !== 0)
    throw usage("config", `Other users can write to ${path}, so it is not used. ${name}`);
}

function parse(path: string, text: string): FileContent {
  let content: unknown;
  try {
    // Editors on Windows put a mark before the text.
    content = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw usage("config", `${path} is not JSON${placeOf(error, text)}.`);
  }
  return checkContent(path, content);
}

/** Where the fault is, if the parser tells. Its message also quotes the text, which may hold a secret. */
function placeOf(error: unknown, text: string): string {
  const message = String((error as Error).message);
  if (message.startsWith("Unexpected end")) return ": it ends too early";
  const position = /position (\d+)/.exec(message)?.[1];
  if (position === undefined) return "";
  const before = text.slice(0, Number(position)).split("\n");
  return `: see line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
