/** What the command works with, and where each value is set: on the command line, else in the environment, else in the file. */
import { dirname } from "node:path";
import { ConfigurationError } from "../errors.js";
import { readNodeOptions } from "../node/options.js";
import type { NodeConfig } from "../options/config.js";
import type { OidcClientOptions } from "../options/options.js";
import { usage, type Values } from "./arguments.js";
import { type ConfigFile, readConfigFile } from "./config-file.js";
import { CONFIG, type Env, SECRET_VARIABLE, settingOf, SETTINGS, type SettingName } from "./settings-table.js";

/** `"option --issuer"`, `"variable CEGAL_KEYSTONE_URL"` or `"file /path/keystone-auth.json"`; else it is the default. */
type Places = Partial<Record<SettingName, string>>;

export interface Settings {
  readonly options: OidcClientOptions;
  readonly places: Readonly<Places>;
  readonly file: ConfigFile | undefined;
  /** Sentences on what a file holds and what is not used of it. */
  readonly warnings: readonly string[];
}

/** The values that were read so far. */
interface Layer {
  readonly options: Record<string, unknown>;
  readonly places: Places;
}

const BY_NAME = `name it with --${CONFIG.flag} or ${CONFIG.variable}.`;

/** @throws ConfigurationError (`configuration`) that says where the value that cannot be used was given */
export function readSettings(values: Values, env: Env): Settings {
  const set = readFlagsAndVariables(values, env);
  const warnings: string[] = [];
  const found = readConfigFile(values.config ?? (env[CONFIG.variable] || undefined), workingDirectory());
  const file = chooseFile(found, set, warnings);
  if (file !== undefined) addFile(file, set, warnings);
  const { issuer, clientId, ...others } = set.options as Partial<OidcClientOptions>;
  if (issuer === undefined) throw missing("issuer", "The provider's issuer");
  if (clientId === undefined) throw missing("clientId", "The client id");
  const settings = { options: { ...others, issuer, clientId }, places: set.places, file, warnings };
  keepSecretAtHome(settings);
  return settings;
}

/** The checked settings. @throws ConfigurationError (`configuration`) that says where the value was given */
export function configOf({ options, places }: Settings, additions: Partial<OidcClientOptions>): NodeConfig {
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

/** A flag counts before a variable; a variable that is empty counts as not set. */
function readFlagsAndVariables(values: Values, env: Env): Layer {
  const { options, places }: Layer = { options: {}, places: {} };
  for (const { name, kind, flag = "", variable = "" } of SETTINGS) {
    const isFlag = values[flag] !== undefined;
    const value = isFlag ? values[flag] : env[variable] || undefined;
    if (value === undefined) continue;
    const place = isFlag ? `--${flag}` : variable;
    options[name] = typeof value === "boolean" ? value : kind.read?.([value].flat().join(" "));
    if (options[name] === undefined) throw usage(place, `${place} must be ${kind.wanted}.`);
    places[name] = `${isFlag ? "option" : "variable"} ${place}`;
  }
  return { options, places };
}

/** A file that was found and is not trusted must stop nobody who needs nothing of it: anybody can put one into /tmp. */
function chooseFile(file: ConfigFile | undefined, { options }: Layer, warnings: string[]): ConfigFile | undefined {
  if (file?.distrust === undefined) return file;
  const problem = `${file.distrust} If you trust it, ${BY_NAME}`;
  if (options.issuer === undefined || options.clientId === undefined) throw usage("config", problem);
  warnings.push(problem);
  return undefined;
}

/** Adds what is set in the file alone, without what counts only together with its issuer, where another one is set. */
function addFile({ path, content, found }: ConfigFile, { options, places }: Layer, warnings: string[]): void {
  const isOfOtherIssuer = found && (options.issuer !== undefined || !Object.hasOwn(content, "issuer"));
  for (const { name, kind, needsIssuerOfFile } of SETTINGS) {
    const value = content[name];
    if (value === undefined || options[name] !== undefined) continue;
    if (isOfOtherIssuer && needsIssuerOfFile) {
      const why = "the file was found on the way up, and its issuer is not the one that is used.";
      warnings.push(`The key ${name} of ${path} is not used: ${why} If you trust the file, ${BY_NAME}`);
      continue;
    }
    options[name] = kind.readFromFile?.(value as string, dirname(path)) ?? value;
    places[name] = `file ${path}`;
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
function keepSecretAtHome({ places, file, options }: Settings): void {
  const isNamed = places.issuer?.startsWith("file ") !== true || file?.found !== true;
  if (options.clientSecret === undefined || isNamed) return;
  const why = `is not sent to an issuer that only a file names that was found on the way up (${file.path}).`;
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
