/** OidcClientOptions -> ClientConfig: every default, and a clear refusal of what cannot be used. No network, no I/O. */
import type { ClientConfig } from "./config.js";
import { createLog } from "./log.js";
import { callable, flag, issuer, list, milliseconds, oneOf, refuse, resource, scopes, text } from "./option-checks.js";
import { OidcFlow, type OidcClientOptions } from "./options.js";

/** Parameters that carry the security of the flow; nobody may replace them. */
const SECURITY_PARAMETERS = new Set(
  (
    "response_type response_mode client_id redirect_uri scope state nonce code_challenge code_challenge_method " +
    "request request_uri dpop_jkt code code_verifier client_secret grant_type"
  ).split(" "),
);

/** What differs between the platforms before the common options can be read. */
export interface PlatformDefaults {
  readonly storage: readonly ("file" | "encrypted-file" | "indexeddb" | "session" | "memory")[];
  readonly allowHttp: boolean;
}

/** Reads the options that mean the same on every platform. The first of `storage` is the default. */
export function readOptions(options: OidcClientOptions, platform: PlatformDefaults): ClientConfig {
  if (typeof options !== "object" || options === null) refuse("options", "must be an object with clientId and issuer.");
  const flow = oneOf("flow", options.flow, Object.values(OidcFlow), OidcFlow.auth_code);
  const allowHttp = flag("allowInsecureLoopback", options.allowInsecureLoopback) || platform.allowHttp;
  const extraScopes = scopes("extraScopes", options.extraScopes);
  const authorizationParams = readAuthorizationParams(options.authorizationParams);
  return Object.freeze({
    clientId: text("clientId", options.clientId),
    issuer: issuer("issuer", options.issuer, allowHttp),
    // client_credentials has no user, so that "openid" would be refused or ignored.
    scopes: flow === "client_credentials" ? extraScopes : [...new Set(["openid", ...extraScopes])],
    audiences: list("audiences", options.audiences),
    resources: authorizationParams.resource === undefined ? [] : [authorizationParams.resource],
    storage: readStorage(options.storage, platform.storage),
    noCache: flag("noCache", options.noCache),
    interaction: oneOf("interaction", options.interaction, ["allowed", "never"], "allowed"),
    minValidityMs: milliseconds("minValiditySeconds", options.minValiditySeconds, 30, "0"),
    clockToleranceSeconds: milliseconds("clockToleranceSeconds", options.clockToleranceSeconds, 120, "0") / 1000,
    loginTimeoutMs: milliseconds("loginTimeoutSeconds", options.loginTimeoutSeconds, 300),
    requestTimeoutMs: milliseconds("requestTimeoutSeconds", options.requestTimeoutSeconds, 30),
    lockTimeoutMs: milliseconds("lockTimeoutSeconds", options.lockTimeoutSeconds, 60),
    storageTimeoutMs: milliseconds("storageTimeoutSeconds", options.storageTimeoutSeconds, 10),
    maxResponseBytes: readMaxBytes(options.maxResponseBytes),
    allowHttp,
    authorizationParams,
    fetch: callable("fetch", options.fetch),
    log: createLog(readLogger(options.logger)),
    flow,
    clientSecret: options.clientSecret === undefined ? undefined : text("clientSecret", options.clientSecret),
    clientAuthentication: oneOf(
      "clientAuthentication",
      options.clientAuthentication,
      ["auto", "basic", "post"],
      "auto",
    ),
  });
}

function readMaxBytes(value: unknown = 1_048_576): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1024) {
    refuse("maxResponseBytes", "must be a whole number of bytes, 1024 or more.");
  }
  return value as number;
}

function readStorage(value: unknown, allowed: PlatformDefaults["storage"]): ClientConfig["storage"] {
  if (typeof value === "object" && value !== null) {
    for (const method of ["get", "set", "delete"] as const) {
      if (typeof (value as Record<string, unknown>)[method] !== "function") {
        refuse("storage", `an object must have get, set and delete; ${method} is missing.`);
      }
    }
    const { lock } = value as { lock?: { run?: unknown } | null };
    if (lock !== undefined && typeof lock?.run !== "function") refuse("storage", "its lock must have the method run.");
    return value as ClientConfig["storage"];
  }
  const first = allowed[0];
  return oneOf("storage", value, allowed, first as (typeof allowed)[number]);
}

function readLogger(value: OidcClientOptions["logger"]): OidcClientOptions["logger"] {
  if (value !== undefined && (typeof value !== "object" || value === null)) {
    refuse("logger", "must be an object with debug, info, warn and error, each optional.");
  }
  return value;
}

function readAuthorizationParams(value: unknown = {}): Readonly<Record<string, string>> {
  const option = "authorizationParams";
  // Of a list, a Map or URLSearchParams nothing, or something else, would be sent.
  const isPlain = typeof value === "object" && value !== null && !Array.isArray(value) && !(Symbol.iterator in value);
  if (!isPlain) refuse(option, "must be a plain object of strings.");
  const params: Record<string, string> = {};
  for (const [name, param] of Object.entries(value)) {
    if (typeof param !== "string") refuse(option, `${name} must be a string.`);
    if (SECURITY_PARAMETERS.has(name)) refuse(option, `${name} is set by the client itself.`);
    if (name === "resource") resource(option, param);
    if (name === "max_age" && !/^\d{1,9}$/.test(param)) refuse(option, "max_age must be a whole number of seconds.");
    params[name] = param;
  }
  return Object.freeze(params);
}
