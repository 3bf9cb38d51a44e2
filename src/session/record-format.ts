/** The form of a stored session: checked before anything of it is believed. */
import type { ClientSettings } from "../options/config.js";
import { payloadOf, type SessionRecord, type StoredAccessToken } from "../token-set.js";

type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
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

/** Whose session it is. */
export type Owner = Pick<ClientSettings, "issuer" | "clientId">;

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
