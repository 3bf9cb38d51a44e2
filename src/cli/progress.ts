/** The line that says how long a command has waited. */
export { isTerminal } from "./terminals.js";

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
