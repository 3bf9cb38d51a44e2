/** What the command works with, and where each value is set: on the command line, else in the environment, else in the file. */
import { dirname } from "node:path";
import { ConfigurationError } from "../errors.js";
import { readNodeOptions } from "../node/options.js";
import type { NodeConfig } from "../options/config.js";
import type { OidcClientOptions } from "../options/options.js";
import { usage, type Values } from "./arguments.js";
import { type ConfigFile, readConfigFile } from "./config-file.js";
import {
  CONFIG,
  type Env,
  SECRET_VARIABLE,
  type Setting,
  settingOf,
  SETTINGS,
  type SettingName,
} from "./settings-table.js";

/** `"option --issuer"`, `"variable CEGAL_KEYSTONE_URL"`, `"file /path/keystone-auth.json"` or `"default"`. */
export type Place = string;
type Places = Partial<Record<SettingName, Place>>;

export interface Settings {
  readonly options: OidcClientOptions;
  /** Where each option is set; the others have their default. */
  readonly places: Readonly<Places>;
  readonly file: ConfigFile | undefined;
  /** Sentences on what a file holds and what is not used of it. */
  readonly warnings: readonly string[];
}

/** The values of one place. */
interface Layer {
  readonly options: Record<string, unknown>;
  readonly places: Places;
}

/** @throws ConfigurationError (`configuration`) that says where the value that cannot be used was given */
export function readSettings(values: Values, env: Env): Settings {
  const set = merge(readEnvironment(env), readFlags(values));
  const warnings: string[] = [];
  const file = chooseFile(
    readConfigFile(values.config ?? (env[CONFIG.variable] || undefined), workingDirectory()),
    set,
    warnings,
  );
  const all = file === undefined ? set : merge(readFile(file, set, warnings), set);
  const { issuer, clientId, ...others } = all.options as Partial<OidcClientOptions>;
  if (issuer === undefined) throw missing("issuer", "The provider's issuer");
  if (clientId === undefined) throw missing("clientId", "The client id");
  const settings = { options: { ...others, issuer, clientId }, places: all.places, file, warnings };
  keepSecretAtHome(settings);
  return settings;
}

/** The checked settings. @throws ConfigurationError (`configuration`) that says where the value was given */
export function configOf(settings: Settings, env: Env, additions: Partial<OidcClientOptions>): NodeConfig {
  try {
    return readNodeOptions({ ...settings.options, ...additions }, env as NodeJS.ProcessEnv);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const setting = settingOf(error.option.split(".")[0] ?? "");
    const place = setting && settings.places[setting.name];
    if (place !== undefined) throw usage(error.option, `${error.message} It was given by ${place}.`);
    const advice = setting?.isSecret === true ? ` Set the environment variable ${setting.variable}.` : "";
    throw usage(error.option, `${error.message}${advice}`);
  }
}

function merge(lower: Layer, upper: Layer): Layer {
  return { options: { ...lower.options, ...upper.options }, places: { ...lower.places, ...upper.places } };
}

function readFlags(values: Values): Layer {
  const layer: Layer = { options: {}, places: {} };
  for (const setting of SETTINGS) {
    const value = setting.flag === undefined ? undefined : values[setting.flag];
    if (value === undefined) continue;
    const flag = `--${setting.flag}`;
    layer.options[setting.name] =
      typeof value === "boolean" ? value : readText(setting, flag, [value].flat().join(" "));
    layer.places[setting.name] = `option ${flag}`;
  }
  return layer;
}

/** A variable that is empty counts as not set. */
function readEnvironment(env: Env): Layer {
  const layer: Layer = { options: {}, places: {} };
  for (const setting of SETTINGS) {
    const { name, variable = "" } = setting;
    const text = env[variable];
    if (text === undefined || text === "") continue;
    layer.options[name] = readText(setting, variable, text);
    layer.places[name] = `variable ${variable}`;
  }
  return layer;
}

function readText({ kind }: Setting, place: string, text: string): unknown {
  const value = kind.read?.(text);
  if (value === undefined) throw usage(place, `${place} must be ${kind.wanted}.`);
  return value;
}

/** A file that was found and is not trusted must stop nobody who needs nothing of it: anybody can put one into /tmp. */
function chooseFile(file: ConfigFile | undefined, { options }: Layer, warnings: string[]): ConfigFile | undefined {
  if (file?.distrust === undefined) return file;
  const problem = `${file.distrust} If you trust it, name it with --${CONFIG.flag} or ${CONFIG.variable}.`;
  if (options.issuer === undefined || options.clientId === undefined) throw usage("config", problem);
  warnings.push(problem);
  return undefined;
}

/** The settings of the file, without those that count only together with its issuer, where another one is set. */
function readFile({ path, content, found }: ConfigFile, { options }: Layer, warnings: string[]): Layer {
  const layer: Layer = { options: {}, places: {} };
  const isOfOtherIssuer = found && (options.issuer !== undefined || !Object.hasOwn(content, "issuer"));
  for (const { name, kind, needsIssuerOfFile } of SETTINGS) {
    const value = content[name];
    if (value === undefined) continue;
    if (isOfOtherIssuer && needsIssuerOfFile === true) {
      if (options[name] === undefined) warnings.push(notUsed(path, name));
      continue;
    }
    layer.options[name] = kind.readFromFile?.(value as string, dirname(path)) ?? value;
    layer.places[name] = `file ${path}`;
  }
  return layer;
}

function notUsed(path: string, name: SettingName): string {
  return `The key ${name} of ${path} is not used: the file was found on the way up, and its issuer is not the one that is used. If you trust the file, name it with --${CONFIG.flag} or ${CONFIG.variable}.`;
}

function missing(name: SettingName, what: string): ConfigurationError {
  const { flag, variable } = settingOf(name) ?? {};
  return usage(
    name,
    `${what} is not given: use --${flag}, the variable ${variable}, or the key ${name} in keystone-auth.json.`,
  );
}

/**
 * A file that was merely found, in a directory that was cloned or unpacked, may name any issuer; the secret of the
 * environment would be sent there without a person seeing it.
 */
function keepSecretAtHome({ places, file, options }: Settings): void {
  const isNamed = places.issuer?.startsWith("file ") !== true || file?.found !== true;
  if (options.clientSecret === undefined || isNamed) return;
  throw usage(
    "issuer",
    `The client secret of ${SECRET_VARIABLE} is not sent to an issuer that only a file names that was found on the way up (${file.path}). Name the issuer with --issuer or CEGAL_KEYSTONE_URL, or the file with --${CONFIG.flag} or ${CONFIG.variable}.`,
  );
}

function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    // It has been removed.
    return undefined;
  }
}
