/**
 * What a terminal gets: colours, and the line that says how long a command has waited. Apart from what every command
 * loads: node:tty brings half of Node's network part with it.
 */
import { isatty } from "node:tty";
import type { Env } from "./settings-table.js";

/** Whether a stream ends at a terminal. */
export const isTerminal = { stdin: () => isatty(0), stdout: () => isatty(1), stderr: () => isatty(2) };

/** On a terminal, unless NO_COLOR or a dumb terminal says otherwise; FORCE_COLOR decides before both. */
export function wantsColour(atTerminal: boolean, { FORCE_COLOR, NO_COLOR, TERM }: Env): boolean {
  if (FORCE_COLOR) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return atTerminal && !NO_COLOR && TERM !== "dumb";
}

export type Styles = ReturnType<typeof stylesOf>;

/** The colours of what is written to a stream. */
export function stylesOf(stream: "stdout" | "stderr") {
  const colour = wantsColour(isTerminal[stream](), process.env);
  const style = (on: number, off: number) => (text: string) => (colour ? `\u001b[${on}m${text}\u001b[${off}m` : text);
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    green: style(32, 39),
    yellow: style(33, 39),
    red: style(31, 39),
  };
}

/** The text in lines of at most so many characters; a word that is longer, such as an address, stays whole. */
export function broken(text: string, longest: number | undefined): string[] {
  if (longest === undefined) return [text];
  const rows = [""];
  for (const word of text.split(" ")) {
    const last = rows.at(-1) ?? "";
    const longer = last === "" ? word : `${last} ${word}`;
    if (longer.length > longest && last !== "") rows.push(word);
    else rows[rows.length - 1] = longer;
  }
  return rows;
}

/** Goes to the line's beginning, and erases it. */
const ERASE = "\r\u001b[2K";

/** Draws a line each second; gives the function that erases it. It keeps no process alive. */
export function showProgress(what: string, columns: number | undefined, write: (text: string) => void): () => void {
  const began = performance.now();
  const draw = () => {
    const seconds = Math.round((performance.now() - began) / 1000);
    const elapsed = seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
    // A terminal that does not know its width says 0. One column less than there are: a full line wraps, and then only its second half is erased.
    const time = `… ${elapsed}`;
    // On a narrow terminal the time stays: it is what changes.
    const room = Math.max(10, (columns || 80) - 1) - time.length;
    write(`${ERASE}${what.slice(0, Math.max(0, room))}${time}`);
  };
  draw();
  const timer = setInterval(draw, 1000);
  timer.unref();
  return () => {
    clearInterval(timer);
    write(ERASE);
  };
}
