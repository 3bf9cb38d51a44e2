/**
 * The settings of the command, each in one row: the flags, the environment variables, the keys of keystone-auth.json, the
 * help and `status` are all read from this table.
 */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { OidcFlow, type OidcClientOptions } from "../options/options.js";

export type Env = Readonly<Record<string, string | undefined>>;

/** What a value of a setting is. */
export interface Kind {
  /** What a value must be: the end of a refusal. */
  readonly wanted: string;
  /** Whether the file may hold this value. */
  readonly fits: (value: unknown) => boolean;
  /** The value that the text of a flag or variable stands for; `undefined` where it stands for none. */
  readonly read?: (text: string) => unknown;
  /** The flag may be repeated; its texts are joined by blanks. */
  readonly repeats?: true;
  /** The flag takes no value. */
  readonly isSwitch?: true;
  /** What a value of the file stands for, by the file's directory. [itself] */
  readonly readFromFile?: (value: string, directory: string) => unknown;
}

export interface Setting {
  /** The library's option, which is the key in the file too. */
  readonly name: keyof OidcClientOptions;
  readonly kind: Kind;
  /** Without its dashes; none: not on the command line. */
  readonly flag?: string;
  /** What stands for the flag's value in the help. */
  readonly takes?: string;
  readonly variable?: string;
  /** Only a variable may hold it: command lines are public on a machine, and files get committed. */
  readonly isSecret?: true;
  /**
   * Whoever writes a file can choose by it where a session is kept, or where an answer arrives. From a file that was found
   * and not named it counts only for that file's own issuer.
   */
  readonly needsIssuerOfFile?: true;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === "string" && value.trim() !== "";

const text: Kind = { wanted: "a string that is not empty", fits: isText, read: (value) => value };
const words: Kind = {
  wanted: "a list of strings",
  fits: (value) => Array.isArray(value) && value.every(isText),
  read: (value) => value.split(/\s+/).filter((word) => word !== ""),
  repeats: true,
};
const seconds: Kind = {
  wanted: "a number of seconds",
  fits: (value) => typeof value === "number" && value >= 0,
  read: (value) => (/^\d+(\.\d+)?$/.test(value) ? Number(value) : undefined),
};
const yesOrNo: Kind = {
  wanted: "true or false",
  fits: (value) => typeof value === "boolean",
  read: (value) => (value === "true" ? true : value === "false" ? false : undefined),
  isSwitch: true,
};
const flows: readonly string[] = [...new Set(Object.values(OidcFlow))];
const flow: Kind = { ...text, wanted: `one of ${flows.join(", ")}`, fits: (value) => flows.includes(value as string) };
/** In a file a relative one is meant from the file, wherever the command runs. */
const directory: Kind = {
  ...text,
  readFromFile: (path, from) => (/^~[/\\]/.test(path) ? join(homedir(), path.slice(2)) : resolve(from, path)),
};
const parameters: Kind = {
  wanted: "an object of strings",
  fits: (value) => isObject(value) && Object.values(value).every((each) => typeof each === "string"),
};
const loopback: Kind = {
  wanted: "an object with host, ports and path, each optional",
  fits: (value) => isObject(value) && Object.keys(value).every((key) => ["host", "ports", "path"].includes(key)),
};

/** Apart, because the help and the refusals name it. */
export const SECRET_VARIABLE = "CEGAL_KEYSTONE_CLIENT_SECRET";

/** Not a setting of the library: where the file is. */
export const CONFIG = { flag: "config", takes: "FILE", variable: "CEGAL_KEYSTONE_CONFIG" } as const;

// In the order of the help and of `status`.
const table = [
  { name: "issuer", kind: text, flag: "issuer", takes: "URL", variable: "CEGAL_KEYSTONE_URL" },
  { name: "discoveryUrl", kind: text, flag: "discovery-url", takes: "URL", needsIssuerOfFile: true },
  { name: "clientId", kind: text, flag: "client-id", takes: "ID", variable: "CEGAL_KEYSTONE_CLIENT_ID" },
  { name: "clientSecret", kind: text, variable: SECRET_VARIABLE, isSecret: true },
  { name: "extraScopes", kind: words, flag: "scope", takes: "SCOPE", variable: "CEGAL_KEYSTONE_SCOPES" },
  { name: "audiences", kind: words, flag: "audience", takes: "AUDIENCE", variable: "CEGAL_KEYSTONE_AUDIENCES" },
  { name: "flow", kind: flow, flag: "flow", takes: "FLOW", variable: "CEGAL_KEYSTONE_FLOW" },
  {
    name: "storageDirectory",
    kind: directory,
    flag: "storage-directory",
    takes: "DIR",
    variable: "CEGAL_KEYSTONE_AUTH_DIR",
    needsIssuerOfFile: true,
  },
  { name: "minValiditySeconds", kind: seconds, flag: "min-validity", takes: "SECONDS" },
  { name: "loginTimeoutSeconds", kind: seconds, flag: "login-timeout", takes: "SECONDS" },
  { name: "allowInsecureLoopback", kind: yesOrNo, flag: "allow-insecure-loopback" },
  { name: "authorizationParams", kind: parameters },
  { name: "loopback", kind: loopback, needsIssuerOfFile: true },
  { name: "clientAuthentication", kind: text },
  { name: "clockToleranceSeconds", kind: seconds },
  { name: "requestTimeoutSeconds", kind: seconds },
  { name: "lockTimeoutSeconds", kind: seconds },
  { name: "storageTimeoutSeconds", kind: seconds },
] as const satisfies readonly Setting[];

export type SettingName = (typeof table)[number]["name"];
export const SETTINGS: readonly (Setting & { readonly name: SettingName })[] = table;

export function settingOf(name: string): (typeof SETTINGS)[number] | undefined {
  return SETTINGS.find((setting) => setting.name === name);
}
