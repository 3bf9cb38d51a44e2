/** The record of a session: what a stored value says, telling one from another, what a token response makes of it, and what a program sees of it. */
import { StorageError } from "../errors.js";
import type { SessionEvent } from "../events.js";
import { type Owner, isObject, isSessionRecord } from "./record-format.js";
import {
  DEFAULT_TOKEN,
  type SessionRecord,
  type StoredAccessToken,
  type TokenResponse,
  type TokenSet,
  accessTokenOf,
  claimsOf,
} from "../token-set.js";

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

/** The record with the sign-outs that another state of its session names, where it names none itself. */
export function withSignOutsOf(other: SessionRecord | undefined, record: SessionRecord): SessionRecord {
  const isNamed = record.signOuts === undefined && other?.signOuts !== undefined && other.id === record.id;
  return isNamed ? { ...record, signOuts: other.signOuts } : record;
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

/** The session that a login begins, after these sign-outs. */
export function beginSession(
  tokens: TokenResponse,
  { issuer, clientId }: Owner,
  id: string,
  signOuts: readonly string[] | undefined,
): SessionRecord {
  return {
    version: 1,
    id,
    issuer,
    clientId,
    ...(signOuts && { signOuts }),
    ...(tokens.idTokenClaims && { subject: tokens.idTokenClaims.sub }),
    ...(tokens.refreshToken !== undefined && { refreshToken: tokens.refreshToken }),
    ...(tokens.endsAt !== undefined && { endsAt: tokens.endsAt }),
    ...(tokens.idToken !== undefined && { idToken: tokens.idToken }),
    accessTokens: { [DEFAULT_TOKEN]: tokens.accessToken },
  };
}

/**
 * The session after a refresh. What the response leaves out stays as it was: the refresh token (RFC 6749 §6), the ID Token
 * (OpenID Connect Core 1.0 §12.2), and the fields of a newer version.
 */
export function mergeTokens(before: SessionRecord, tokens: TokenResponse): SessionRecord {
  const { idTokenOwed: _paid, refreshTokenLasts: _before, endsAt, ...record } = before;
  const lasts = tokens.refreshToken === undefined || tokens.refreshToken === record.refreshToken;
  return {
    ...record,
    ...(lasts && { refreshTokenLasts: true, ...(endsAt !== undefined && { endsAt }) }),
    ...(tokens.refreshToken !== undefined && { refreshToken: tokens.refreshToken }),
    ...(tokens.endsAt !== undefined && { endsAt: tokens.endsAt }),
    ...(tokens.idToken !== undefined && { idToken: tokens.idToken }),
    accessTokens: { ...record.accessTokens, [DEFAULT_TOKEN]: tokens.accessToken },
  };
}

/** Of a session that has an access token. */
export function tokenSetOf(record: SessionRecord): TokenSet {
  const token = accessTokenOf(record) as StoredAccessToken;
  const claims = claimsOf(record.idToken);
  return {
    accessToken: token.token,
    tokenType: token.tokenType,
    expiresAt: new Date(token.expiresAt),
    scopes: [...token.scopes],
    audiences: [...token.audiences],
    ...(record.idToken !== undefined && { idToken: record.idToken }),
    ...(claims && { idTokenClaims: claims }),
  };
}

/** For the log. */
export function inWords(record: SessionRecord | undefined, leftMs: number): string {
  if (record === undefined) return "nobody is signed in";
  const refresh = `${record.refreshToken === undefined ? "no" : "a"} refresh token`;
  return `a token with ${Math.floor(leftMs / 1000)} s left, ${refresh}`;
}
