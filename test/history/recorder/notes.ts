/**
 * Notes of real processes and tabs: happenings of a history, in which tokens stand by their text, each with the time of a
 * clock that all share. `merge.ts` makes a history of them. Notes hold secrets: they belong in a test's own directory.
 */
import { openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
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

export type Extra = Pick<Note, "store" | "state" | "step">;

/** Milliseconds of the clock that all processes of a machine share. */
export const sharedNow = (): number => Number(process.hrtime.bigint()) / 1e6;

/** One thread's notes, in a file that outlives its process: each line is with the kernel before the next step is done. */
export class NoteFile {
  readonly #file: number;
  #number: number;

  /** `party` names the thread; `ordinal` is another one for each of them. */
  constructor(
    directory: string,
    readonly party: string,
    ordinal: number,
  ) {
    this.#file = openSync(join(directory, `${party}.jsonl`), "a", 0o600);
    this.#number = ordinal * 10_000_000;
  }

  /** A number that nobody else gives. */
  next(): number {
    this.#number += 1;
    return this.#number;
  }

  note(happening: Happening, extra: Extra = {}): void {
    writeSync(this.#file, `${JSON.stringify({ at: sharedNow(), ...happening, ...extra })}\n`);
  }
}

/** All notes of a directory. The last line of a thread that was killed may be cut short. */
export function readNotes(directory: string): Note[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => readFileSync(join(directory, name), "utf8").split("\n").slice(0, -1))
    .map((line) => JSON.parse(line) as Note);
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
