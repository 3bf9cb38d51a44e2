/**
 * What a session has beyond its row: the row holds four texts and no more. The notes stand in a record of their own beside
 * it, hold no token, and count for the very row that they name. They are written before the row, so that whoever finds that row
 * finds them too; for a row that others have written since, they tell whether it is the same session.
 */
import { isObject, isSessionRecord } from "../../session/record-format.js";
import { accessTokenOf, DEFAULT_TOKEN, type SessionRecord, type StoredAccessToken } from "../../token-set.js";
import type { Row } from "./database.js";
import {
  hasWanted,
  type Holder,
  holderOf,
  isSameHolder,
  nameOfRow,
  namesOfTokens,
  sessionIn,
  type Wanted,
} from "./row-session.js";

export interface Notes {
  readonly version: 1;
  /** `nameOfRow` of the row. */
  readonly row: string;
  /** `namesOfTokens` of the row. */
  readonly tokens?: readonly string[] | undefined;
  /** Which options asked for the session: a client with others has to look whether it has what that one asks for. */
  readonly session: string;
  readonly holder?: Holder | undefined;
  /** The record without its tokens. */
  readonly record: Omit<SessionRecord, "accessTokens" | "refreshToken" | "idToken">;
  /** The access token without itself. */
  readonly token?: Omit<StoredAccessToken, "token"> | undefined;
}

/** That a row was deleted here, so that nobody takes it for the doing of another program: each deletion has a name of its own. */
export interface Deleted {
  readonly version: 1;
  readonly deleted: string;
}

/** The name of the notes beside the session's record. */
export const notesKey = (key: string): string => `${key}.row`;

export function notesOn(record: SessionRecord, row: Row, session: string): Notes {
  const { accessTokens: _tokens, refreshToken: _refresh, idToken: _id, ...rest } = record;
  const { token: _token, ...token } = accessTokenOf(record) ?? { token: undefined };
  return {
    version: 1,
    row: nameOfRow(row),
    tokens: namesOfTokens(row),
    session,
    holder: holderOf(row),
    record: rest,
    ...("obtainedAt" in token && { token }),
  };
}

export const deletedNotes = (): Deleted => ({ version: 1, deleted: crypto.randomUUID() });

/** The notes in a stored value; `undefined` for anything else. */
export function readNotes(value: unknown): Notes | undefined {
  return isObject(value) && typeof value.row === "string" && isObject(value.record)
    ? (value as unknown as Notes)
    : undefined;
}

/** The last deletion here. */
export const deletedIn = (value: unknown): unknown => (isObject(value) ? value.deleted : undefined);

/** Notes of this very row that a newer version has written: its session is not understood, and left alone. */
const isNewer = (notes: Notes) => typeof notes.version === "number" && (notes.version as number) > 1;

/** What is known of the options that ask. */
export interface Asking {
  readonly session: string;
  readonly wanted: Wanted;
}

/** The value that a store gives for a row, by the notes that there are. `undefined` where it is no session of this client. */
export function recordOf(row: Row, known: readonly Notes[], { session, wanted }: Asking): unknown {
  const name = nameOfRow(row);
  const exact = known.find((notes) => notes.row === name);
  if (exact && isNewer(exact)) return { version: exact.version };
  const record = exact && recordIn(row, exact, wanted);
  if (exact && record) {
    const isOwn = exact.session === session;
    return isOwn || hasWanted(accessTokenOf(record), wanted) ? record : undefined;
  }
  const holder = holderOf(row);
  const before = known.find((notes) => isSameHolder(notes.holder, holder));
  // A login of ours that was granted less than it asked for is not asked for again, because somebody has renewed its token.
  const granted = before?.session === session ? before.token?.scopes : undefined;
  const scopes = granted ? wanted.scopes.filter((scope) => granted.includes(scope)) : wanted.scopes;
  const found = sessionIn(row, { ...wanted, scopes }, before?.record.id);
  // A row of which a part was emptied is from no later login: a sign-out since that one has ended it.
  const isTouched = before?.record.signOuts && namesOfTokens(row).some((each) => before.tokens?.includes(each));
  return found && isTouched ? { ...found, signOuts: before.record.signOuts } : found;
}

/** The record as it was stored here. */
function recordIn(row: Row, { record, token }: Notes, wanted: Wanted): SessionRecord | undefined {
  const { id_token, access_token, refresh_token } = row;
  const whole: unknown = {
    ...record,
    ...(refresh_token !== null && { refreshToken: refresh_token }),
    ...(id_token !== null && { idToken: id_token }),
    accessTokens: token && access_token ? { [DEFAULT_TOKEN]: { ...token, token: access_token } } : {},
  };
  return isSessionRecord(whole, wanted) ? whole : undefined;
}
