/** OidcClientOptions -> ClientConfig: every default, and a clear refusal of what cannot be used. No network, no I/O. */
import type { ClientConfig } from "./config.js";
import { createLog } from "./log.js";
import {
  type Check,
  callable,
  flag,
  issuer,
  list,
  oneOf,
  optional,
  readAll,
  refuse,
  scopes,
  seconds,
  text,
} from "./option-checks.js";
import { type Interaction, type Logger, OidcFlow, type OidcClientOptions } from "./options.js";

/** Parameters that carry the security of the flow; nobody may replace them. */
const SECURITY_PARAMETERS =
  "response_type response_mode client_id redirect_uri scope state nonce code_challenge code_challenge_method " +
  "request request_uri dpop_jkt code code_verifier client_secret grant_type";

export const INTERACTIONS: readonly Interaction[] = ["allowed", "never"];

/** What differs between the platforms before the common options can be read. */
export interface PlatformDefaults {
  readonly storage: readonly ("file" | "encrypted-file" | "indexeddb" | "session" | "memory")[];
  readonly allowHttp: boolean;
}

/** Reads the options that mean the same on every platform. The first of `storage` is the default. */
export function readOptions(options: OidcClientOptions, platform: PlatformDefaults): ClientConfig {
  if (typeof options !== "object" || options === null) refuse("options", "must be an object with clientId and issuer.");
  const allowHttp = flag(options.allowInsecureLoopback, "allowInsecureLoopback") || platform.allowHttp;
  const { extraScopes, logger, ...read } = readAll(
    {
      clientId: text,
      issuer: issuer(allowHttp),
      extraScopes: scopes,
      audiences: list,
      storage: storage(platform.storage),
      noCache: flag,
      interaction: oneOf(INTERACTIONS),
      minValidityMs: seconds(30, "0 or more"),
      clockToleranceMs: seconds(120, "0 or more"),
      loginTimeoutMs: seconds(300),
      requestTimeoutMs: seconds(30),
      lockTimeoutMs: seconds(60),
      storageTimeoutMs: seconds(10),
      maxResponseBytes: byteLimit,
      authorizationParams,
      fetch: callable<typeof fetch>,
      logger: readLogger,
      flow: oneOf(Object.values(OidcFlow)),
      clientSecret: optional(text),
      clientAuthentication: oneOf(["auto", "basic", "post"]),
    },
    options,
  );
  const { resource } = read.authorizationParams;
  return Object.freeze({
    ...read,
    allowHttp,
    // client_credentials has no user, so that "openid" would be refused or ignored.
    scopes: read.flow === "client_credentials" ? extraScopes : [...new Set(["openid", ...extraScopes])],
    resources: resource === undefined ? [] : [resource],
    log: createLog(logger),
  });
}

function byteLimit(value: unknown = 1_048_576, option: string): number {
  const fits = Number.isSafeInteger(value) && (value as number) >= 1024;
  return fits ? (value as number) : refuse(option, "must be a whole number of bytes, 1024 or more.");
}

const storage =
  (allowed: PlatformDefaults["storage"]): Check<ClientConfig["storage"]> =>
  (value, option) => {
    if (typeof value !== "object" || value === null) return oneOf(allowed)(value, option);
    const missing = ["get", "set", "delete"].find(
      (method) => typeof (value as Record<string, unknown>)[method] !== "function",
    );
    if (missing) refuse(option, `an object must have get, set and delete; ${missing} is missing.`);
    return value as ClientConfig["storage"];
  };

function readLogger(value: unknown = {}, option: string): Logger {
  const fits = typeof value === "object" && value !== null;
  return fits ? value : refuse(option, "must be an object with debug, info, warn and error, each optional.");
}

function authorizationParams(value: unknown = {}, option: string): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null) refuse(option, "must be an object of strings.");
  const params: Record<string, string> = {};
  for (const [name, param] of Object.entries(value)) {
    if (typeof param !== "string") refuse(option, `${name} must be a string.`);
    if (SECURITY_PARAMETERS.split(" ").includes(name)) refuse(option, `${name} is set by the client itself.`);
    if (name === "resource" && !isResource(param)) {
      refuse(option, "resource must be an absolute URI without a fragment (RFC 8707 §2).");
    }
    if (name === "max_age" && !/^\d{1,9}$/.test(param)) refuse(option, "max_age must be a whole number of seconds.");
    params[name] = param;
  }
  return Object.freeze(params);
}

function isResource(param: string): boolean {
  return /^[a-z][a-z0-9+.-]*:[^\s#]+$/i.test(param) && URL.canParse(param);
}
