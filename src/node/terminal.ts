/** What a person sees at a terminal: always on stderr, since stdout belongs to the program. */
import { oneLine } from "../options/log.js";
import { isForeground } from "./terminal-mode.js";

/** Where text goes, and what it can show. */
export interface Terminal {
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
  /** Whether colours and weights are wanted (NO_COLOR is honoured). */
  readonly colour: boolean;
  /** Never throws. */
  write(text: string): void;
}

export function stderrTerminal(env: NodeJS.ProcessEnv = process.env): Terminal {
  const { stderr } = process;
  // A dumb terminal erases no line.
  const isTTY = stderr.isTTY === true && env.TERM !== "dumb";
  return {
    isTTY,
    // A terminal that does not know its size says 0.
    get columns() {
      return stderr.columns || 80;
    },
    get rows() {
      return stderr.rows || 24;
    },
    colour: isTTY && (env.NO_COLOR ?? "") === "",
    write: writeToStderr,
  };
}

const ignore = () => {};

/**
 * Writes to stderr. Where its reader has gone the stream emits an error, which would end the process if nobody listened: one
 * listener for each write, so that the program's own stream is as it was afterwards.
 */
export function writeToStderr(text: string): void {
  const { stderr } = process;
  stderr.once("error", ignore);
  try {
    stderr.write(text, (error) => {
      // The event comes after this.
      if (!error) stderr.off("error", ignore);
    });
  } catch {
    // A closed stderr must not end the login.
  }
}

export function bold(text: string, terminal: Terminal): string {
  return terminal.colour ? `\u001b[1m${text}\u001b[22m` : text;
}

/** The longest of these that fits: what a narrow terminal leaves out stands at the end of the list. */
function longestThatFits(texts: readonly string[], columns: number): string {
  return texts.find((text) => text.length <= columns) ?? (texts.at(-1) as string);
}

/**
 * A line that counts down while a person is awaited; nothing on what is not a terminal. Gives the function that erases it.
 * `texts` say what is waited for, the fullest first.
 */
export function showWaiting(texts: readonly string[], seconds: number, terminal: Terminal): () => void {
  if (!terminal.isTTY) return () => {};
  const end = performance.now() + seconds * 1000;
  const draw = () => {
    // From the background it would erase what is typed in the shell. Elsewhere than on Linux the question costs a process.
    if (process.platform === "linux" && !isForeground()) return;
    const left = Math.max(0, Math.round((end - performance.now()) / 1000));
    const time = `… ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} left`;
    // One column less than there are: a full line wraps, and then only its second half is erased.
    const columns = Math.max(10, terminal.columns - 1);
    // On a narrow terminal the time stays: it is what changes.
    const room = Math.max(0, columns - time.length);
    terminal.write(`\r\u001b[2K${oneLine(`${longestThatFits(texts, room).slice(0, room)}${time}`, columns)}`);
  };
  draw();
  const timer = setInterval(draw, 1000);
  timer.unref();
  let shown = true;
  return () => {
    clearInterval(timer);
    if (shown) terminal.write("\r\u001b[2K");
    shown = false;
  };
}
