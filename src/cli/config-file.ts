/** `keystone-auth.json`: found in the working directory or above it, read, and checked key by key. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { codeOf } from "../errors.js";
import { meant } from "../options/names.js";
import { usage } from "./arguments.js";
import { wantedOf } from "./setting-kinds.js";
import { SECRET_VARIABLE, settingOf, SETTINGS, type SettingName } from "./settings-table.js";

const CONFIG_FILE = "keystone-auth.json";
const MOST_BYTES = 64 * 1024;
const OTHERS_WRITE = 0o002;

export interface ConfigFile {
  readonly path: string;
  /** By the names of settings; checked. */
  readonly content: Readonly<Partial<Record<SettingName, unknown>>>;
  /** Whether it was looked for, and so may be somebody else's choice: of a directory that was cloned or unpacked. */
  readonly found: boolean;
  /** Why a file that was found is not used, a sentence. It has no content then: not a byte of it was read. */
  readonly distrust?: string | undefined;
}

/**
 * The file that is named, else the nearest one upwards from `cwd`; `undefined` where there is none.
 *
 * @throws ConfigurationError (`configuration`) that names the file, and the key where it is one
 */
export function readConfigFile(named: string | undefined, cwd: string | undefined): ConfigFile | undefined {
  if (named !== undefined) {
    const file = readOne(resolve(named), false);
    if (file === undefined) throw usage("config", `The configuration file ${resolve(named)} does not exist.`);
    return file;
  }
  if (cwd === undefined) return undefined;
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    const file = readOne(join(directory, CONFIG_FILE), true);
    if (file !== undefined) return file;
    if (dirname(directory) === directory) return undefined;
  }
}

function readOne(path: string, found: boolean): ConfigFile | undefined {
  const notUsed = (distrust: string): ConfigFile => ({ path, content: {}, found, distrust });
  let file: number | undefined;
  try {
    // By its name first: what is not trusted is not opened, be it a pipe, a directory or a link into /proc.
    const ofName = found ? distrustOf(path, lstatSync(path)) : undefined;
    if (ofName !== undefined) return notUsed(ofName);
    // Without waiting for whoever writes, should it be a pipe.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(file);
    const ofFile = found ? distrustOf(path, stat) : undefined;
    if (ofFile !== undefined) return notUsed(ofFile);
    if (!stat.isFile()) throw usage("config", `${path} is not a file.`);
    if (stat.size > MOST_BYTES) throw usage("config", `${path} is larger than ${MOST_BYTES / 1024} KiB.`);
    return { path, content: parse(path, readFileSync(file, "utf8")), found };
  } catch (error) {
    const code = codeOf(error);
    if (code === "configuration") throw error;
    // A directory above that may not be searched says EACCES for files that are not there too.
    if (code === "ENOENT" || code === "ENOTDIR" || (code === "EACCES" && !hasName(path))) return undefined;
    throw usage("config", `${path} cannot be read (${code ?? "unknown fault"}).`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Also of a link to nothing. */
function hasName(path: string): boolean {
  try {
    return lstatSync(path) !== undefined;
  } catch {
    return false;
  }
}

/** Whoever wrote the file chose where people sign in. On Windows, where the modes mean nothing, nothing is checked. */
function distrustOf(path: string, stat: Stats): string | undefined {
  const user = process.geteuid?.();
  if (user === undefined) return undefined;
  const { uid, mode } = stat;
  if (uid !== user && uid !== 0) return `${path} belongs to another user (uid ${uid}), so it is not used.`;
  // The mode of a link says nothing.
  const isWritable = (mode & OTHERS_WRITE) !== 0 && !stat.isSymbolicLink();
  return isWritable ? `Other users can write to ${path}, so it is not used.` : undefined;
}

function parse(path: string, text: string): ConfigFile["content"] {
  let content: unknown;
  try {
    // Editors on Windows put a mark before the text.
    content = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw usage("config", `${path} is not JSON${placeOf(error, text)}.`);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw usage("config", `${path} must hold a JSON object.`);
  }
  const twice = keyTwice(text);
  if (twice !== undefined)
    throw usage(twice, `${path} has the key "${twice.slice(0, 100)}" twice, and only one could count.`);
  // Editors look for the file's schema there.
  const { $schema: _, ...keys } = content as Record<string, unknown>;
  for (const [key, value] of Object.entries(keys)) checkKey(path, key, value);
  return keys;
}

/** A key that a JSON object has twice, itself and not within a value. The parser takes the last one and says nothing. */
function keyTwice(json: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  for (const [token, name] of json.matchAll(/[[{}\]]|("(?:[^"\\]|\\.)*")(\s*:)?/g)) {
    if (name === undefined) depth += token === "{" || token === "[" ? 1 : -1;
    if (depth !== 1 || !token.endsWith(":")) continue;
    const key = JSON.parse(name ?? "") as string;
    if (seen.has(key)) return key;
    seen.add(key);
  }
  return undefined;
}

/** Where the fault is, if the parser says so. Its message also quotes the text, which may hold a secret. */
function placeOf(error: unknown, text: string): string {
  const message = String((error as Error).message);
  if (message.startsWith("Unexpected end")) return ": it ends too early";
  const position = /position (\d+)/.exec(message)?.[1];
  if (position === undefined) return "";
  const before = text.slice(0, Number(position)).split("\n");
  return `: see line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

/** The refusal names file and key, and never a value. */
function checkKey(path: string, key: string, value: unknown): void {
  const setting = settingOf(key);
  if (setting?.isSecret || /^(client)?[-_]?(secret|password)$/i.test(key)) {
    const why = "a secret does not belong into a file that lies beside the sources, where it is committed and copied.";
    const todo = "Remove it, have it replaced at the provider if others could read it, and set";
    throw usage(key, `${path}, key "${key}": ${why} ${todo} the environment variable ${SECRET_VARIABLE}.`);
  }
  if (setting === undefined) throw usage(key, `${path}: there is no key "${key.slice(0, 100)}".${suggestion(key)}`);
  if (!setting.kind.fits(value)) throw usage(key, `${path}, key "${key}": ${wantedOf(setting.kind, value)}`);
}

function suggestion(key: string): string {
  const known = SETTINGS.filter(({ isSecret }) => isSecret !== true).map(({ name }) => name);
  const near = meant(key, known);
  return near === undefined ? ` The keys are ${known.join(", ")}.` : ` Do you mean "${near}"?`;
}
