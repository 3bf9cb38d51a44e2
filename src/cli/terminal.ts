/**
 * What a terminal gets: colours, and the line that says how long a command has waited. Apart from what every command
 * loads: node:tty brings half of Node's network part with it.
 */
import { isatty } from "node:tty";
import type { Env } from "./settings-table.js";

/** Whether a stream ends at a terminal. */
export const isTerminal = { stdin: () => isatty(0), stdout: () => isatty(1), stderr: () => isatty(2) };

export interface Styles {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly red: (text: string) => string;
}

/** On a terminal, unless NO_COLOR or a dumb terminal says otherwise; FORCE_COLOR decides before both. */
export function wantsColour(atTerminal: boolean, env: Env): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = env;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "") return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return atTerminal && (NO_COLOR ?? "") === "" && TERM !== "dumb";
}

/** The colours of what is written to a stream. */
export function stylesOf(stream: "stdout" | "stderr"): Styles {
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

/** Where the line is drawn. */
export interface Line {
  readonly columns: number | undefined;
  write(text: string): void;
}

const ERASE = "\r\u001b[2K";
const TICK_MS = 1000;

/** Draws the line each second; gives the function that erases it. It keeps no process alive. */
export function showProgress(what: string, line: Line, now: () => number = () => performance.now()): () => void {
  const began = now();
  const draw = () => {
    const seconds = Math.round((now() - began) / 1000);
    // A terminal that does not know its width says 0. One column less than there are: a full line wraps, and then only its second half is erased.
    line.write(`${ERASE}${`${what}… ${elapsed(seconds)}`.slice(0, Math.max(10, (line.columns || 80) - 1))}`);
  };
  draw();
  const timer = setInterval(draw, TICK_MS);
  timer.unref();
  let shown = true;
  return () => {
    clearInterval(timer);
    if (shown) line.write(ERASE);
    shown = false;
  };
}

function elapsed(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
