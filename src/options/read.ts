/** OidcClientOptions -> ClientSettings: every default, and a clear refusal of what cannot be used. No network, no I/O. */
import {
  type Check,
  callable,
  flag,
  httpsUrl,
  issuer,
  list,
  oneOf,
  optional,
  readAll,
  refuse,
  scopes,
  seconds,
  text,
  typed,
  withMethods,
} from "./checks.js";
import { authorizationParams } from "./authorization-params.js";
import { requiredClaims } from "./required-claims.js";
import type { Interaction, Logger, OidcClientOptions, OidcFlow } from "./options.js";
import type { KeyValueStore } from "../ports.js";

export const INTERACTIONS: readonly Interaction[] = ["auto", "allowed", "never"];

type Storage = NonNullable<OidcClientOptions["storage"]>;

/** What differs between the platforms before the common options can be read. The first of `storage` is the default. */
export interface PlatformDefaults {
  readonly storage: readonly Exclude<Storage, KeyValueStore>[];
  readonly interaction: Interaction;
  readonly whenUserChanges: NonNullable<OidcClientOptions["whenUserChanges"]>;
  readonly allowHttp: boolean;
}

/** How a client shows who it is, and for whom it asks. */
export interface ClientKind {
  readonly flow: OidcFlow;
  readonly clientSecret: string | undefined;
  readonly clientAuthentication: NonNullable<OidcClientOptions["clientAuthentication"]>;
}

/** The options of every platform, checked and complete. */
export type ClientSettings = Readonly<ReturnType<typeof readOptions>>;

/** Refuses what holds no options. */
export function mustHoldOptions(options: unknown): void {
  typed("object")(options, "options");
}

/** Reads the options that mean the same on every platform. */
export function readOptions(options: OidcClientOptions, platform: PlatformDefaults, kind: ClientKind) {
  const allowHttp = flag(options.allowInsecureLoopback, "allowInsecureLoopback") || platform.allowHttp;
  const { extraScopes, ...read } = readAll(
    {
      clientId: text,
      issuer: issuer(allowHttp),
      discoveryUrl: optional(httpsUrl(allowHttp)),
      extraScopes: scopes,
      audiences: list,
      requiredClaims,
      storage: storage(platform.storage),
      noCache: flag,
      interaction: oneOf(INTERACTIONS, platform.interaction),
      whenUserChanges: oneOf(["reject", "follow"], platform.whenUserChanges),
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
    /** Resource indicators (RFC 8707). */
    resources: resource === undefined ? [] : [resource],
  };
}

const byteLimit: Check<number> = (value = 1_048_576, option) =>
  Number.isSafeInteger(value) && (value as number) >= 1024
    ? (value as number)
    : refuse(option, "must be a whole number of bytes, 1024 or more.");

const storage =
  (allowed: PlatformDefaults["storage"]): Check<Storage> =>
  (value, option) => {
    if (typeof value !== "object" || value === null) return oneOf(allowed)(value, option);
    const methods = ["get", "set", "delete"];
    const store = withMethods<KeyValueStore>("an object with get, set and delete", methods)(value, option);
    if (store.lock !== undefined) withMethods("a store whose lock has the method run", ["run"])(store.lock, option);
    return store;
  };

const readLogger: Check<Logger> = (value = {}, option) => typed<Logger>("object")(value, option);
