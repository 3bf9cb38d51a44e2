/** The notes of threads, in files. */
import { openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Happening } from "../events.js";
import { type Extra, type Note, type Notes, NUMBERS_EACH } from "./notes.js";

/** Milliseconds of the clock that all processes of a machine share. */
export const sharedNow = (): number => Number(process.hrtime.bigint()) / 1e6;

/** One thread's notes, in a file that outlives its process: each line is with the kernel before the next step is done. */
export class NoteFile implements Notes {
  readonly #file: number;
  #number: number;

  /** `party` names the thread; `ordinal` is another one for each of them. */
  constructor(
    directory: string,
    readonly party: string,
    ordinal: number,
  ) {
    this.#file = openSync(join(directory, `${party}.jsonl`), "a", 0o600);
    this.#number = ordinal * NUMBERS_EACH;
  }

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
