/**
 * The settings of the command, each in one row: the flags, the environment variables, the keys of keystone-auth.json, the
 * help and `status` are all read from this table.
 */
import type { OidcClientOptions } from "../options/options.js";
import {
  authentication,
  bytes,
  claims,
  directory,
  flow,
  type Kind,
  loopback,
  parameters,
  ports,
  seconds,
  storage,
  text,
  withoutKeychain,
  words,
  yesOrNo,
} from "./setting-kinds.js";

export type Env = Readonly<Record<string, string | undefined>>;

export interface Setting {
  /** The library's option, which is the key in the file too; `noBrowser` is the command's own. */
  readonly name: keyof OidcClientOptions | "noBrowser";
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
  /** The flag gives members of an object, which count before those of the file; the file's others stay. */
  readonly isByMember?: true;
  /** Members of its object that have flags of their own; they count before those of the file. */
  readonly parts?: readonly Part[];
}

/** A flag that sets one member of a setting. */
export interface Part {
  readonly key: string;
  readonly kind: Kind;
  readonly flag: string;
  readonly takes: string;
}

/** Apart, because the help and the refusals name it. */
export const SECRET_VARIABLE = "CEGAL_KEYSTONE_CLIENT_SECRET";

/** By it the library knows that nothing is to be opened, too. */
export const NO_BROWSER_VARIABLE = "CEGAL_KEYSTONE_AUTH_NO_BROWSER";

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
  { name: "requiredClaims", kind: claims, flag: "require", takes: "NAME[=VALUE]", isByMember: true },
  { name: "flow", kind: flow, flag: "flow", takes: "FLOW", variable: "CEGAL_KEYSTONE_FLOW" },
  { name: "storage", kind: storage, flag: "storage", takes: "STORAGE", needsIssuerOfFile: true },
  {
    name: "storageDirectory",
    kind: directory,
    flag: "storage-directory",
    takes: "DIR",
    variable: "CEGAL_KEYSTONE_AUTH_DIR",
    needsIssuerOfFile: true,
  },
  // The library reads CEGAL_KEYSTONE_AUTH_DB, which may be set for others where the storage is another one.
  { name: "sharedDatabase", kind: directory, flag: "shared-database", takes: "PATH", needsIssuerOfFile: true },
  { name: "minValiditySeconds", kind: seconds, flag: "min-validity", takes: "SECONDS" },
  { name: "loginTimeoutSeconds", kind: seconds, flag: "login-timeout", takes: "SECONDS" },
  { name: "allowInsecureLoopback", kind: yesOrNo, flag: "allow-insecure-loopback" },
  { name: "noBrowser", kind: yesOrNo, flag: "no-browser", variable: NO_BROWSER_VARIABLE },
  {
    name: "authorizationParams",
    kind: parameters,
    parts: [
      { key: "login_hint", kind: text, flag: "login-hint", takes: "HINT" },
      { key: "prompt", kind: text, flag: "prompt", takes: "PROMPT" },
    ],
  },
  {
    name: "loopback",
    kind: loopback,
    needsIssuerOfFile: true,
    parts: [{ key: "ports", kind: ports, flag: "port", takes: "N" }],
  },
  { name: "withoutKeychain", kind: withoutKeychain, needsIssuerOfFile: true },
  { name: "postLogoutRedirectUri", kind: text, needsIssuerOfFile: true },
  { name: "clientAuthentication", kind: authentication },
  { name: "clockToleranceSeconds", kind: seconds },
  { name: "requestTimeoutSeconds", kind: seconds },
  { name: "lockTimeoutSeconds", kind: seconds },
  { name: "storageTimeoutSeconds", kind: seconds },
  { name: "maxResponseBytes", kind: bytes },
] as const satisfies readonly Setting[];

export type SettingName = (typeof table)[number]["name"];
export const SETTINGS: readonly (Setting & { readonly name: SettingName })[] = table;

export function settingOf(name: string): (typeof SETTINGS)[number] | undefined {
  return SETTINGS.find((setting) => setting.name === name);
}
