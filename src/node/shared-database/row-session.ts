/**
 * The session that a row holds, as far as its tokens tell: expiry, scopes, issuer and person. Nothing of it is validated
 * here: the row is the user's own file, and whoever stored it has asked the provider.
 */
import type { ClientConfig } from "../../options/config.js";
import { isObject } from "../../session/record-format.js";
import {
  accessTokenOf,
  DEFAULT_TOKEN,
  payloadOf,
  type SessionRecord,
  type StoredAccessToken,
} from "../../token-set.js";
import { sha256 } from "../sha256.js";
import type { Row } from "./database.js";

/** Whose session it is: the same person's at the same provider, in the same visit where the provider names that. */
export interface Holder {
  readonly iss: string;
  readonly sub: string;
  /** The provider's own session (OpenID Connect Front-Channel Logout 1.0 §3). */
  readonly sid?: string | undefined;
}

type Claims = Readonly<Record<string, unknown>>;

/** A token's life where it does not say when it began: for how early it is renewed. */
const LIFETIME_MS = 3_600_000;
/** The last millisecond that a Date can hold. */
const LAST_TIME = 8.64e15;
/** RFC 6749 Appendix A.12; a blank would end it in an Authorization header. */
const TOKEN = /^[\x21-\x7e]+$/;
/** Scopes that choose no API: many providers leave them out of the access token. */
const OF_THE_PERSON = ["openid", "profile", "email", "address", "phone", "offline_access"];
/** Of a JWT the last characters are its signature: no two tokens share them. */
const TAIL = 64;

/** What identifies the content of a row, and tells nothing of it. */
export function nameOfRow(row: Row): string {
  const tail = (token: string | null) => (token === null ? null : [token.length, token.slice(-TAIL)]);
  return sha256(JSON.stringify([tail(row.id_token), tail(row.access_token), tail(row.refresh_token)]));
}

/** What identifies a token, and tells nothing of it. */
export const nameOfToken = (token: string): string => sha256(JSON.stringify([token.length, token.slice(-TAIL)]));

/** Those of a row. Whoever empties one of its columns leaves the others: it is the same session. */
export const namesOfTokens = ({ id_token, access_token, refresh_token }: Row): readonly string[] =>
  [id_token, access_token, refresh_token].flatMap((token) => (token ? [nameOfToken(token)] : []));

/** The claims of a token; `undefined` where they cannot be read. */
export function claimsIn(token: string | null | undefined): Claims | undefined {
  try {
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytesOf(payloadOf(token ?? "") ?? "")));
    return isObject(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

const bytesOf = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const textOf = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
const textsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((each): each is string => textOf(each) !== undefined);
const msOf = (value: unknown) =>
  typeof value === "number" && Math.abs(value * 1000) <= LAST_TIME ? value * 1000 : undefined;

/** Whose session the row is; `undefined` where its tokens do not tell. */
export function holderOf(row: Row): Holder | undefined {
  const claims = claimsIn(row.id_token) ?? claimsIn(row.access_token);
  const [iss, sub] = [textOf(claims?.iss), textOf(claims?.sub)];
  return iss === undefined || sub === undefined ? undefined : { iss, sub, sid: textOf(claims?.sid) };
}

/** Whether it is the same session, which somebody has renewed: another person, or another visit to the provider, is another login. */
export const isSameHolder = (a: Holder | undefined, b: Holder | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  a.iss === b.iss &&
  a.sub === b.sub &&
  (a.sid === undefined || b.sid === undefined || a.sid === b.sid);

/** The scopes that a JWT access token names; `undefined` where it names none. */
function scopesIn(claims: Claims | undefined): string[] | undefined {
  const { scope, scp } = claims ?? {};
  const named = scope ?? scp;
  if (named === undefined) return undefined;
  return textsOf(typeof named === "string" ? named.split(" ") : named);
}

/** The access token of a row; `undefined` where there is none, or nothing tells when it ends: it is renewed then. */
function accessTokenIn(row: Row, asked: readonly string[]): StoredAccessToken | undefined {
  const token = textOf(row.access_token);
  const claims = claimsIn(token);
  const expiresAt = msOf(claims?.exp);
  if (token === undefined || expiresAt === undefined || !TOKEN.test(token)) return undefined;
  return {
    token,
    tokenType: "Bearer",
    obtainedAt: Math.min(msOf(claims?.iat) ?? msOf(claims?.nbf) ?? expiresAt - LIFETIME_MS, expiresAt),
    expiresAt,
    scopes: scopesIn(claims) ?? [...asked],
    audiences: textsOf(claims?.aud),
  };
}

/** What a session has to have to serve this client. */
export interface Wanted {
  readonly issuer: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly audiences: readonly string[];
}

export const wantedBy = ({ issuer, clientId, scopes, audiences, resources }: ClientConfig): Wanted => ({
  issuer,
  clientId,
  scopes,
  audiences: [...audiences, ...resources],
});

/** "https://host" and "https://host/" are one issuer. */
const isIssuer = (stated: string, issuer: string) => stated === issuer || stated === `${issuer}/`;

/** Whether an access token has what the client asks for. One that names no scopes lacks none. */
export function hasWanted(token: StoredAccessToken | undefined, wanted: Wanted): boolean {
  if (token === undefined) return true;
  const named = scopesIn(claimsIn(token.token)) ?? token.scopes;
  const scopes = wanted.scopes.filter((scope) => !OF_THE_PERSON.includes(scope));
  return (
    scopes.every((scope) => named.includes(scope)) &&
    wanted.audiences.every((audience) => token.audiences.includes(audience))
  );
}

/** The session of a row that somebody else has written, or `undefined` where it is none of this client. */
export function sessionIn(row: Row, wanted: Wanted, id: string | undefined): SessionRecord | undefined {
  const holder = holderOf(row);
  if (holder === undefined || !isIssuer(holder.iss, wanted.issuer)) return undefined;
  const idToken = textOf(row.id_token);
  const ofIdToken = claimsIn(idToken);
  const audience = textsOf(ofIdToken?.aud);
  if (audience.length > 0 && !audience.includes(wanted.clientId)) return undefined;
  const token = accessTokenIn(row, wanted.scopes);
  if (!hasWanted(token, wanted)) return undefined;
  const refreshToken = textOf(row.refresh_token);
  return {
    version: 1,
    id: id ?? idOf(holder),
    issuer: wanted.issuer,
    clientId: wanted.clientId,
    subject: holder.sub,
    ...(refreshToken !== undefined && { refreshToken }),
    ...(idToken !== undefined && ofIdToken && { idToken }),
    accessTokens: token ? { [DEFAULT_TOKEN]: token } : {},
  };
}

/** The same for all who find it, and after each renewal. */
const idOf = ({ iss, sub, sid }: Holder) => `row-${sha256(JSON.stringify([iss, sub, sid])).slice(0, 32)}`;

/** The row that holds a session. */
export function rowOf(record: SessionRecord): Row {
  return {
    id_token: record.idToken ?? null,
    access_token: accessTokenOf(record)?.token ?? "",
    refresh_token: record.refreshToken ?? null,
  };
}
