/** What the command works with, and where each value comes from: the command line, else the environment, else the file. */
import type { NodeConfig } from "../options/config.js";
import { ConfigurationError } from "../errors.js";
import type { Logger, OidcClientOptions } from "../options/options.js";
import { readNodeOptions } from "../node/options.js";
import { usage, type Values } from "./arguments.js";
import { type ConfigFile, readConfigFile } from "./config-file.js";
import type { Key } from "./config-keys.js";
import { readEnvironment, readFlags, type Given } from "./given.js";
import { fromFile } from "./file-values.js";

export type Env = Readonly<Record<string, string | undefined>>;
/** `"option --issuer"`, `"variable CEGAL_KEYSTONE_URL"`, `"file /path/keystone-auth.json"` or `"default"`. */
export type Source = string;

export interface Settings {
  readonly options: OidcClientOptions;
  readonly sources: Readonly<Partial<Record<Key | "clientSecret", Source>>>;
  readonly file: ConfigFile | undefined;
}

/** @throws ConfigurationError (`configuration`) that says where the value that cannot be used was given */
export function readSettings(values: Values, env: Env): Settings {
  const file = readConfigFile(values.config ?? (env.CEGAL_KEYSTONE_CONFIG || undefined), workingDirectory());
  const layers: readonly Given[] = [
    ...(file === undefined ? [] : [fromFile(file)]),
    readEnvironment(env),
    readFlags(values),
  ];
  const options = Object.assign({}, ...layers.map((layer) => layer.options)) as Partial<OidcClientOptions>;
  const sources: Settings["sources"] = Object.assign({}, ...layers.map((layer) => layer.sources));
  const { issuer, clientId } = options;
  if (issuer === undefined) throw missing("issuer", "--issuer", "CEGAL_KEYSTONE_URL");
  if (clientId === undefined) throw missing("clientId", "--client-id", "CEGAL_KEYSTONE_CLIENT_ID");
  const settings = { options: { ...options, issuer, clientId }, sources, file };
  keepSecretAtHome(settings);
  return settings;
}

/** The checked settings. @throws ConfigurationError (`configuration`) that says where the value was given */
export function configOf(
  settings: Settings,
  env: Env,
  additions: { logger?: Logger } & Partial<OidcClientOptions>,
): NodeConfig {
  try {
    return readNodeOptions({ ...settings.options, ...additions }, env as NodeJS.ProcessEnv);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const source = settings.sources[error.option.split(".")[0] as Key];
    if (source !== undefined) throw usage(error.option, `${error.message} It was given by ${source}.`);
    const secret = error.option === "clientSecret" ? " Set the environment variable CEGAL_KEYSTONE_CLIENT_SECRET." : "";
    throw usage(error.option, `${error.message}${secret}`);
  }
}

function missing(option: string, flag: string, variable: string): ConfigurationError {
  const what = option === "issuer" ? "The provider's issuer" : "The client id";
  return usage(
    option,
    `${what} is not given: use ${flag}, the variable ${variable}, or the key ${option} in keystone-auth.json.`,
  );
}

/**
 * A file that was merely found, in a directory that was cloned or unpacked, may name any issuer; the secret of the
 * environment would be sent there without a person seeing it.
 */
function keepSecretAtHome({ sources, file, options }: Settings): void {
  const named = sources.issuer?.startsWith("file ") !== true || file?.found !== true;
  if (options.clientSecret === undefined || named) return;
  throw usage(
    "issuer",
    `The client secret of CEGAL_KEYSTONE_CLIENT_SECRET is not sent to an issuer that only a file names that was found on the way up (${file.path}). Name the issuer with --issuer or CEGAL_KEYSTONE_URL, or the file with --config or CEGAL_KEYSTONE_CONFIG.`,
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
