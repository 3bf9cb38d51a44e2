/** A session as a store keeps it: the name of its record, and its form, checked before anything of it is believed. */
import { choosesToken } from "../options/authorization-params.js";
import type { ClientSettings } from "../options/config.js";
import { type SessionRecord, type StoredAccessToken, payloadOf } from "../token-set.js";

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
    (value.signOuts === undefined || isTexts(value.signOuts)) &&
    isObject(value.accessTokens) &&
    Object.values(value.accessTokens).every(isAccessToken)
  );
}

const part = (value: string) => `${value.length}:${value}`;
const parts = (values: readonly string[]) => `${values.length}[${[...values].sort().map(part).join("")}]`;

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
  const chosen = Object.entries(config.authorizationParams).filter(([name]) => choosesToken(name));
  const canonical =
    part("keystone-auth/1") +
    part(flow === "client_credentials" ? "client" : "person") +
    part(issuer) +
    part(clientId) +
    parts(scopes) +
    parts(audiences) +
    parts(resources) +
    // Nothing where nothing was chosen: the sessions of older versions keep their names.
    (chosen.length > 0 ? parts(chosen.map(([name, value]) => part(name) + part(value))) : "") +
    (config.discoveryUrl === undefined ? "" : part("discoveryUrl") + part(config.discoveryUrl));
  return `s-${await digest(canonical)}`;
}
