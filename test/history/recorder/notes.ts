/**
 * Notes of real processes and tabs: happenings of a history, in which tokens stand by their text, each with the time of a
 * clock that all share. `merge.ts` makes a history of them. Notes hold secrets: they belong in a test's own directory.
 */
import type { Happening, Stored } from "../events.js";

export type Note = Happening & {
  readonly at: number;
  /** Of `client`, and of what a provider notes: the client id, which tells the stores of one directory apart. */
  readonly store?: string;
  /** Of `opens` and `acted`: the `state` of the authorization request, whose numbers the two sides give by themselves. */
  readonly state?: string;
  /** Of `landed` and `marked`: the call of the file system begins; it has failed. Without either it is done. */
  readonly step?: "begins" | "fails";
};

/** `at` [now] */
export type Extra = Partial<Pick<Note, "at" | "store" | "state" | "step">>;

/** The ordinal of whoever notes something, times this, and one more each time: a number that nobody else gives. */
export const NUMBERS_EACH = 10_000_000;

/** Where somebody notes what it does. */
export interface Notes {
  /** A number that nobody else gives. */
  next(): number;
  note(happening: Happening, extra?: Extra): void;
}

/** What a stored value says, with the texts of its tokens; `undefined` where it is no session. */
export function storedOf(value: unknown): Stored | undefined {
  const record = value as {
    id?: string;
    refreshToken?: string;
    signOuts?: string[];
    accessTokens?: { default?: { token: string; expiresAt: number } };
  } | null;
  if (typeof record?.id !== "string" || record.accessTokens === undefined) return undefined;
  const { id, refreshToken, signOuts, accessTokens } = record;
  const access = accessTokens.default;
  return {
    id,
    ...(refreshToken !== undefined && { refresh: refreshToken }),
    ...(access && { access: access.token, expiresAt: access.expiresAt }),
    ...(signOuts && { marks: signOuts }),
  };
}
