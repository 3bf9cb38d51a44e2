/** OidcClientOptions -> ClientSettings: every default, and a clear refusal of what cannot be used. No network, no I/O. */
import type { ClientSettings } from "./config.js";
import {
  type Check,
  callable,
  flag,
  issuer,
  list,
  mustBeObject,
  oneOf,
  readAll,
  refuse,
  scopes,
  seconds,
  text,
} from "./checks.js";
import type { Interaction, Logger, OidcClientOptions } from "./options.js";

/** Parameters that carry the security of the flow; nobody may replace them. Some providers read names without case. */
const SECURITY_PARAMETER =
  /^(client_(id|secret)|code|code_.+|dpop_jkt|grant_type|nonce|redirect_uri|request|request_uri|response_.+|scope|state)$/i;

export const INTERACTIONS: readonly Interaction[] = ["allowed", "never"];

/** What differs between the platforms before the common options can be read. */
export interface PlatformDefaults {
  readonly storage: readonly ("file" | "encrypted-file" | "indexeddb" | "session" | "memory")[];
  readonly allowHttp: boolean;
}

/** How a client shows who it is, and for whom it asks. */
export type ClientKind = Pick<ClientSettings, "flow" | "clientSecret" | "clientAuthentication">;

/** Refuses what holds no options. */
export function mustHoldOptions(options: unknown): void {
  mustBeObject(options, "options", "must be an object with clientId and issuer.");
}

/** Reads the options that mean the same on every platform. The first of `storage` is the default. */
export function readOptions(options: OidcClientOptions, platform: PlatformDefaults, kind: ClientKind): ClientSettings {
  const allowHttp = flag(options.allowInsecureLoopback, "allowInsecureLoopback") || platform.allowHttp;
  const { extraScopes, ...read } = readAll(
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
    },
    options,
  );
  const { resource } = read.authorizationParams;
  return {
    ...kind,
    ...read,
    allowHttp,
    // client_credentials has no user, so that "openid" would be refused or ignored.
    scopes: kind.flow === "client_credentials" ? extraScopes : [...new Set(["openid", ...extraScopes])],
    resources: resource === undefined ? [] : [resource],
  };
}

function byteLimit(value: unknown = 1_048_576, option: string): number {
  const fits = Number.isSafeInteger(value) && (value as number) >= 1024;
  return fits ? (value as number) : refuse(option, "must be a whole number of bytes, 1024 or more.");
}

const storage =
  (allowed: PlatformDefaults["storage"]): Check<ClientSettings["storage"]> =>
  (value, option) => {
    if (typeof value !== "object" || value === null) return oneOf(allowed)(value, option);
    const missing = ["get", "set", "delete"].find(
      (method) => typeof (value as Record<string, unknown>)[method] !== "function",
    );
    if (missing) refuse(option, `an object must have get, set and delete; ${missing} is missing.`);
    const { lock } = value as { lock?: { run?: unknown } | null };
    if (lock !== undefined && typeof lock?.run !== "function") refuse(option, "its lock must have the method run.");
    return value as ClientSettings["storage"];
  };

function readLogger(value: unknown = {}, option: string): Logger {
  mustBeObject(value, option, "must be an object with debug, info, warn or error.");
  return value;
}

const NOT_PLAIN = "must be a plain object of strings.";

function authorizationParams(value: unknown = {}, option: string): Readonly<Record<string, string>> {
  mustBeObject(value, option, NOT_PLAIN);
  // Of a list, a Map or URLSearchParams nothing, or something else, would be sent.
  if (Symbol.iterator in value) refuse(option, NOT_PLAIN);
  const params: Record<string, string> = {};
  for (const [name, param] of Object.entries(value)) {
    if (typeof param !== "string") refuse(option, `${name} must be a string.`);
    if (SECURITY_PARAMETER.test(name)) refuse(option, `${name} is set by the client itself.`);
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
