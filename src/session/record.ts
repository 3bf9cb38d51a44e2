/** The record of a session: its key, what a stored value says, telling one from another, and what a token response makes of it. */
import { StorageError } from "../errors.js";
import type { SessionEvent } from "../events.js";
import type { ClientSettings } from "../options/config.js";
import {
  accessTokenOf,
  DEFAULT_TOKEN,
  payloadOf,
  type SessionRecord,
  type StoredAccessToken,
  type TokenResponse,
} from "../token-set.js";

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isOptionalText = (value: unknown) => value === undefined || isText(value);
/** The last millisecond that a Date can hold. */
const LAST_TIME = 8.64e15;
const isTime = (value: unknown): value is number => typeof value === "number" && Math.abs(value) <= LAST_TIME;
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

/** Whether its claims can be read, as they could when it was validated and stored. */
function isIdToken(value: unknown): boolean {
  try {
    // Whether its text is UTF-8 makes no difference to that, and to load a decoder costs a program's start half a millisecond.
    return isText(value) && isObject(JSON.parse(payloadOf(value) ?? ""));
  } catch {
    return false;
  }
}

function isAccessToken(value: unknown): value is StoredAccessToken {
  return (
    isObject(value) &&
    isText(value.token) &&
    isText(value.tokenType) &&
    isTime(value.obtainedAt) &&
    isTime(value.expiresAt) &&
    isTexts(value.scopes) &&
    isTexts(value.audiences)
  );
}

type Owner = Pick<ClientSettings, "issuer" | "clientId">;

/** Whether the value is a session of this format, and of this client at this issuer: checked before anything believes it. */
export function isSessionRecord(value: unknown, owner: Owner): value is SessionRecord {
  return (
    isObject(value) &&
    value.version === 1 &&
    isText(value.id) &&
    value.issuer === owner.issuer &&
    value.clientId === owner.clientId &&
    isOptionalText(value.subject) &&
    isOptionalText(value.refreshToken) &&
    (value.idToken === undefined || isIdToken(value.idToken)) &&
    isObject(value.accessTokens) &&
    Object.values(value.accessTokens).every(isAccessToken)
  );
}

/** Whether a newer version of this library wrote the value; such a record is never overwritten. */
const isNewer = (value: unknown): boolean => isObject(value) && typeof value.version === "number" && value.version > 1;

/** The record that a stored value holds, or what is wrong with it; `undefined` for none. */
export function decodeRecord(value: unknown, owner: Owner): SessionRecord | StorageError | undefined {
  if (value === undefined || value === null) return undefined;
  if (isSessionRecord(value, owner)) return value;
  if (isNewer(value)) {
    return new StorageError(
      "version",
      "A newer version of keystone-auth wrote the stored session. It is not used and stays as it is; update this program to use it.",
    );
  }
  return new StorageError(
    "corrupt",
    "The stored session cannot be understood and is not used. The next login replaces it.",
    { sessionKept: false, retryable: false },
  );
}

/** Whether both are the same session with the same refresh token: what ends for one ends for the other. */
export function sameSession(a: SessionRecord | undefined, b: SessionRecord | undefined): boolean {
  return a?.id === b?.id && a?.refreshToken === b?.refreshToken;
}

/** Whether nothing was written in between: the access token is the same, too. */
export function sameState(a: SessionRecord | undefined, b: SessionRecord | undefined): boolean {
  return sameSession(a, b) && accessTokenOf(a)?.token === accessTokenOf(b)?.token;
}

/** What has happened between two reads, as far as the records tell. */
export function changeBetween(
  before: SessionRecord | undefined,
  after: SessionRecord | undefined,
): SessionEvent["reason"] | undefined {
  if (after === undefined) return before && "signed_out";
  if (before === undefined) return "signed_in";
  if (before.id !== after.id) return before.subject === after.subject ? "signed_in" : "user_changed";
  const token = accessTokenOf(after)?.token;
  return token !== undefined && token !== accessTokenOf(before)?.token ? "refreshed" : undefined;
}

/** The session that a login begins. */
export function beginSession(tokens: TokenResponse, { issuer, clientId }: Owner, id: string): SessionRecord {
  return {
    version: 1,
    id,
    issuer,
    clientId,
    ...(tokens.idTokenClaims && { subject: tokens.idTokenClaims.sub }),
    ...(tokens.refreshToken !== undefined && { refreshToken: tokens.refreshToken }),
    ...(tokens.idToken !== undefined && { idToken: tokens.idToken }),
    accessTokens: { [DEFAULT_TOKEN]: tokens.accessToken },
  };
}

/**
 * The session after a refresh. What the response leaves out stays as it was: the refresh token (RFC 6749 §6), the ID Token
 * (OpenID Connect Core 1.0 §12.2), and the fields of a newer version.
 */
export function mergeTokens({ idTokenOwed: _paid, ...record }: SessionRecord, tokens: TokenResponse): SessionRecord {
  return {
    ...record,
    ...(tokens.refreshToken !== undefined && { refreshToken: tokens.refreshToken }),
    ...(tokens.idToken !== undefined && { idToken: tokens.idToken }),
    accessTokens: { ...record.accessTokens, [DEFAULT_TOKEN]: tokens.accessToken },
  };
}

const part = (value: string) => `${value.length}:${value}`;
const parts = (values: readonly string[]) => `${values.length}[${[...values].sort().map(part).join("")}]`;

/** Parameters that choose who signs in and how the page looks, not which token comes of it. */
const CHOOSES_NO_TOKEN =
  /^(login_hint|prompt|ui_locales|display|id_token_hint|max_age|claims_locales|screen_hint|kc_idp_hint|kc_action|domain_hint|hd|identity_provider|connection|access_type|resource)$/;

/**
 * What makes two clients share a session: the issuer, the client, and the scopes, audiences, resources and further
 * parameters asked for, in any order. A program that signs in as itself never shares a session with a person. Each part
 * has its length before it, so that no separator inside a value makes two lists look the same.
 */
export async function sessionKey(
  config: ClientSettings,
  digest: (text: string) => string | Promise<string>,
): Promise<string> {
  const { flow, issuer, clientId, scopes, audiences, resources } = config;
  const chosen = Object.entries(config.authorizationParams).filter(([name]) => !CHOOSES_NO_TOKEN.test(name));
  const canonical =
    part("keystone-auth/1") +
    part(flow === "client_credentials" ? "client" : "person") +
    part(issuer) +
    part(clientId) +
    parts(scopes) +
    parts(audiences) +
    parts(resources) +
    // Nothing where nothing was chosen: the sessions of older versions keep their names.
    (chosen.length > 0 ? parts(chosen.map(([name, value]) => part(name) + part(value))) : "");
  return `s-${await digest(canonical)}`;
}
