/** The keys of `keystone-auth.json`: the names of the library's options, and what each must be. */
import { OidcFlow, type OidcClientOptions } from "../options/options.js";
import { usage } from "./arguments.js";

type Kind = "text" | "texts" | "seconds" | "flag" | "parameters" | "loopback";

const KINDS = {
  issuer: "text",
  clientId: "text",
  extraScopes: "texts",
  audiences: "texts",
  flow: "text",
  storageDirectory: "text",
  authorizationParams: "parameters",
  loopback: "loopback",
  clientAuthentication: "text",
  allowInsecureLoopback: "flag",
  minValiditySeconds: "seconds",
  clockToleranceSeconds: "seconds",
  loginTimeoutSeconds: "seconds",
  requestTimeoutSeconds: "seconds",
  lockTimeoutSeconds: "seconds",
  storageTimeoutSeconds: "seconds",
} as const satisfies Partial<Record<keyof OidcClientOptions, Kind>>;

export type Key = keyof typeof KINDS;
export type FileContent = Pick<OidcClientOptions, Key>;

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown) => typeof value === "string" && value.trim() !== "";

const CHECKS: Readonly<Record<Kind, { readonly fits: (value: unknown) => boolean; readonly wanted: string }>> = {
  text: { fits: isText, wanted: "a string that is not empty" },
  texts: { fits: (value) => Array.isArray(value) && value.every(isText), wanted: "a list of strings" },
  seconds: { fits: (value) => typeof value === "number" && value >= 0, wanted: "a number of seconds" },
  flag: { fits: (value) => typeof value === "boolean", wanted: "true or false" },
  parameters: {
    fits: (value) => isObject(value) && Object.values(value).every((each) => typeof each === "string"),
    wanted: "an object of strings",
  },
  loopback: {
    fits: (value) => isObject(value) && Object.keys(value).every((key) => ["host", "ports", "path"].includes(key)),
    wanted: "an object with host, ports and path, each optional",
  },
};

/** @throws ConfigurationError (`configuration`) that names file and key, and never a value */
export function checkContent(path: string, content: unknown): FileContent {
  if (!isObject(content)) throw usage("config", `${path} must hold a JSON object.`);
  for (const [key, value] of Object.entries(content)) {
    // Editors look for the file's schema there.
    if (key !== "$schema") checkKey(path, key, value);
  }
  const { $schema: _, ...rest } = content;
  return rest as FileContent;
}

function checkKey(path: string, key: string, value: unknown): void {
  if (/^(client)?[-_]?(secret|password)$/i.test(key)) {
    throw usage(
      key,
      `${path}, key "${key}": a secret does not belong into a file that lies beside the sources, where it is committed and copied. Remove it, have it replaced at the provider if others could read it, and set the environment variable CEGAL_KEYSTONE_CLIENT_SECRET.`,
    );
  }
  if (!Object.hasOwn(KINDS, key))
    throw usage(key, `${path}: there is no key "${key.slice(0, 100)}".${suggestion(key)}`);
  const { fits, wanted } = CHECKS[KINDS[key as Key]];
  if (!fits(value)) throw usage(key, `${path}, key "${key}": must be ${wanted}.`);
  if (key === "flow" && !Object.hasOwn(OidcFlow, value as string)) {
    throw usage(key, `${path}, key "flow": must be one of ${Object.keys(OidcFlow).join(", ")}.`);
  }
}

const OTHER_NAMES: Readonly<Record<string, Key>> = {
  scope: "extraScopes",
  scopes: "extraScopes",
  audience: "audiences",
  provideruri: "issuer",
  url: "issuer",
};

function suggestion(key: string): string {
  const plain = key.toLowerCase().replace(/[-_]/g, "");
  const near = Object.keys(KINDS).find((known) => known.toLowerCase() === plain) ?? OTHER_NAMES[plain];
  return near === undefined ? ` The keys are ${Object.keys(KINDS).join(", ")}.` : ` Do you mean "${near}"?`;
}
