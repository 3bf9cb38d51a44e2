/** Reading a record back: whatever a store gives is checked before anything believes it. */
import { StorageError } from "../errors.js";
import { accessTokenOf, payloadOf, type SessionRecord, type StoredAccessToken } from "./token-set.js";

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

function isRecord(value: Json): boolean {
  return (
    isText(value.id) &&
    isText(value.issuer) &&
    isText(value.clientId) &&
    isOptionalText(value.subject) &&
    isOptionalText(value.refreshToken) &&
    (value.idToken === undefined || isIdToken(value.idToken)) &&
    isObject(value.accessTokens) &&
    Object.values(value.accessTokens).every(isAccessToken)
  );
}

/** Whether a newer version of this library wrote the value; such a record is never overwritten. */
export function isNewerRecord(value: unknown): boolean {
  return isObject(value) && typeof value.version === "number" && value.version > 1;
}

/** The record, or what is wrong with it; `undefined` and no trouble for none. */
export function readRecord(
  value: unknown,
  owner: { issuer: string; clientId: string },
): SessionRecord | StorageError | undefined {
  if (value === undefined || value === null) return undefined;
  if (isNewerRecord(value)) {
    return new StorageError(
      "version",
      "The stored session was written by a newer version of keystone-auth. It is left as it is and not used; update this program to use it.",
    );
  }
  const fits =
    isObject(value) &&
    value.version === 1 &&
    isRecord(value) &&
    value.issuer === owner.issuer &&
    value.clientId === owner.clientId;
  if (fits) return value as unknown as SessionRecord;
  return new StorageError(
    "corrupt",
    "The stored session cannot be understood and is not used. The next login replaces it.",
    {
      sessionKept: false,
      retryable: false,
    },
  );
}

/** Whether two reads saw the same session with the same refresh token: what ends for one ends for the other. */
export function sameSession(a: SessionRecord | undefined, b: SessionRecord | undefined): boolean {
  return a?.id === b?.id && a?.refreshToken === b?.refreshToken;
}

/** Whether nothing was written in between: also the access token is the same. */
export function sameState(a: SessionRecord | undefined, b: SessionRecord | undefined): boolean {
  return sameSession(a, b) && accessTokenOf(a)?.token === accessTokenOf(b)?.token;
}
