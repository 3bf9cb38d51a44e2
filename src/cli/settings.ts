/** What the command works with, and where each value is set: on the command line, else in the environment, else in the file. */
import { dirname } from "node:path";
import { ConfigurationError } from "../errors.js";
import { readNodeOptions } from "../node/options.js";
import { setIn } from "../node/token-directory.js";
import type { NodeConfig } from "../options/config.js";
import type { OidcClientOptions } from "../options/options.js";
import { usage, type Values } from "./arguments.js";
import { type ConfigFile, readConfigFile } from "./config-file.js";
import { type Kind, text, wantedOf } from "./setting-kinds.js";
import {
  CONFIG,
  type Env,
  NO_BROWSER_VARIABLE,
  SECRET_VARIABLE,
  settingOf,
  SETTINGS,
  type SettingName,
} from "./settings-table.js";

/** `"option --issuer"`, `"variable CEGAL_KEYSTONE_URL"` or `"file /path/keystone-auth.json"`; else it is the default. */
type Places = Partial<Record<SettingName, string>>;

/** What is set, which may be too little to make a client of. */
export interface Given {
  readonly options: Partial<OidcClientOptions>;
  /** Nothing is opened: an address or a code is shown. */
  readonly noBrowser: boolean;
  readonly places: Readonly<Places>;
  readonly file: ConfigFile | undefined;
  /** Sentences on what a file holds and what is not used of it. */
  readonly warnings: readonly string[];
}

export interface Settings extends Given {
  readonly options: OidcClientOptions;
}

/** The values that were read so far. */
export interface Layer {
  readonly options: Record<string, unknown>;
  readonly places: Places;
}

const BY_NAME = `name it with --${CONFIG.flag} or ${CONFIG.variable}.`;

/** @throws ConfigurationError (`configuration`) that says where the value that cannot be used was given */
export function readSettings(values: Values, env: Env): Settings {
  const given = readGiven(values, env, true);
  const { issuer, clientId, ...others } = given.options;
  if (issuer === undefined) throw missing("issuer", "The provider's issuer");
  if (clientId === undefined) throw missing("clientId", "The client id");
  const settings = { ...given, options: { ...others, issuer, clientId } };
  keepSecretAtHome(settings);
  return settings;
}

/** What is set. `isForClient`: issuer and client id are needed, so that a file that may name them is not passed over. */
export function readGiven(values: Values, env: Env, isForClient: boolean): Given {
  const set = readFlagsAndVariables(values, env);
  const warnings: string[] = [];
  const found = readConfigFile(configFile(values, env), workingDirectory());
  const file = chooseFile(found, set, warnings, isForClient);
  if (file !== undefined) addFile(file, set, warnings);
  const { noBrowser = false, ...options } = set.options as Partial<OidcClientOptions> & { noBrowser?: boolean };
  return { options, noBrowser, places: set.places, file, warnings };
}

/** The checked settings. @throws ConfigurationError (`configuration`) that says where the value was given */
export function configOf(settings: Settings, additions: Partial<OidcClientOptions>): NodeConfig {
  const { options, places, noBrowser } = settings;
  // The library looks there, for a sign-in and for its diagnosis.
  if (noBrowser) process.env[NO_BROWSER_VARIABLE] = "true";
  try {
    return readNodeOptions({ ...options, ...additions }, process.env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const setting = settingOf(error.option.split(".")[0] ?? "");
    const place = setting && places[setting.name];
    if (place !== undefined) throw usage(error.option, `${error.message} It was given by ${place}.`);
    const advice = setting?.isSecret ? ` Set the environment variable ${setting.variable}.` : "";
    throw usage(error.option, `${error.message}${advice}`);
  }
}

function configFile({ config }: Values, env: Env): string | undefined {
  return config === undefined ? setIn(env, CONFIG.variable) : (readValue(text, config, `--${CONFIG.flag}`) as string);
}

/** A flag counts before a variable; a variable that is blank counts as not set, and a blank text of a flag is refused. */
export function readFlagsAndVariables(values: Values, env: Env): Layer {
  const { options, places }: Layer = { options: {}, places: {} };
  for (const { name, kind, flag = "", variable = "" } of SETTINGS) {
    const isFlag = values[flag] !== undefined;
    const value = isFlag ? values[flag] : setIn(env, variable);
    if (value === undefined) continue;
    const place = isFlag ? `--${flag}` : variable;
    options[name] = readValue(kind, value, place);
    places[name] = `${isFlag ? "option" : "variable"} ${place}`;
  }
  for (const { name, parts = [] } of SETTINGS) {
    for (const { flag, key, kind } of parts) {
      const value = values[flag];
      if (value === undefined) continue;
      options[name] = { ...(options[name] as object | undefined), [key]: readValue(kind, value, `--${flag}`) };
      places[name] = [places[name], `option --${flag}`].filter(Boolean).join(" and ");
    }
  }
  return { options, places };
}

function readValue(kind: Kind, value: string | boolean | string[], place: string): unknown {
  if (typeof value === "boolean") return value;
  const given = [value].flat().join(kind.separator ?? " ");
  const read = kind.read?.(given);
  if (read === undefined) throw usage(place, `${place} ${wantedOf(kind, given)}`);
  return read;
}

/** A file that was found and is not trusted must stop nobody who needs nothing of it: anybody can put one into /tmp. */
function chooseFile(
  file: ConfigFile | undefined,
  { options }: Layer,
  warnings: string[],
  isForClient: boolean,
): ConfigFile | undefined {
  if (file?.distrust === undefined) return file;
  const problem = `${file.distrust} If you trust it, ${BY_NAME}`;
  const isNeeded = isForClient && (options.issuer === undefined || options.clientId === undefined);
  if (isNeeded) throw usage("config", problem);
  warnings.push(problem);
  return undefined;
}

/** Adds what is set in the file alone, without what counts only together with its issuer, where another one is set. */
function addFile({ path, content, found }: ConfigFile, { options, places }: Layer, warnings: string[]): void {
  const isOfOtherIssuer = found && (options.issuer !== undefined || !Object.hasOwn(content, "issuer"));
  for (const { name, kind, needsIssuerOfFile, parts, isByMember } of SETTINGS) {
    const value = content[name];
    const ofFlags = options[name];
    if (value === undefined || (ofFlags !== undefined && parts === undefined && !isByMember)) continue;
    if (isOfOtherIssuer && needsIssuerOfFile) {
      const why = "the file was found on the way up, and its issuer is not the one that is used.";
      warnings.push(`The key ${name} of ${path} is not used: ${why} If you trust the file, ${BY_NAME}`);
      continue;
    }
    options[name] = kind.readFromFile?.(value as string, dirname(path)) ?? value;
    // What the flags leave of it.
    if (ofFlags !== undefined) options[name] = { ...value, ...ofFlags };
    places[name] = [places[name], `file ${path}`].filter(Boolean).join(" and ");
  }
}

function missing(name: SettingName, what: string): ConfigurationError {
  const { flag, variable } = settingOf(name) ?? {};
  const ways = `use --${flag}, the variable ${variable}, or the key ${name} in keystone-auth.json.`;
  return usage(name, `${what} is not given: ${ways}`);
}

/**
 * A file that was merely found, in a directory that was cloned or unpacked, may name any issuer; the secret of the
 * environment would be sent there without a person seeing it.
 */
export function isSecretAtHome({ places, file, options }: Given): boolean {
  const isNamed = places.issuer?.startsWith("file ") !== true || file?.found !== true;
  return options.clientSecret === undefined || isNamed;
}

function keepSecretAtHome(given: Given): void {
  if (isSecretAtHome(given)) return;
  const why = `is not sent to an issuer that only a file names that was found on the way up (${given.file?.path}).`;
  const todo = `Name the issuer with --issuer or CEGAL_KEYSTONE_URL, or the file with --${CONFIG.flag} or ${CONFIG.variable}.`;
  throw usage("issuer", `The client secret of ${SECRET_VARIABLE} ${why} ${todo}`);
}

function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    // It has been removed.
    return undefined;
  }
}
