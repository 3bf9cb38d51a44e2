/** What is shown to a person at a terminal: always on stderr, since stdout belongs to the program. */
import { oneLine } from "../options/log.js";

/** Where text goes, and what it can show. */
export interface Terminal {
  readonly isTTY: boolean;
  readonly columns: number;
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
    get columns() {
      // A terminal that does not know its width says 0.
      return stderr.columns || 80;
    },
    colour: isTTY && (env.NO_COLOR ?? "") === "",
    write: (text) => {
      try {
        stderr.write(text);
      } catch {
        // A closed stderr must not end the login.
      }
    },
  };
}

export function bold(text: string, terminal: Terminal): string {
  return terminal.colour ? `\u001b[1m${text}\u001b[22m` : text;
}

/** The address as it is, on a line of its own: it is copied by hand. */
export function showAuthorizationUrl(url: string, terminal: Terminal, lead: string): void {
  terminal.write(`\n${lead}\n\n${url}\n\n`);
}

/**
 * A line that counts down while a person is awaited; nothing on what is not a terminal. Gives the function that erases it.
 */
export function showWaiting(what: string, seconds: number, terminal: Terminal): () => void {
  if (!terminal.isTTY) return () => {};
  const end = performance.now() + seconds * 1000;
  const draw = () => {
    const left = Math.max(0, Math.round((end - performance.now()) / 1000));
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    // One column less than there are: a full line wraps, and then only its second half is erased.
    terminal.write(`\r\u001b[2K${oneLine(`${what}… ${time} left`, Math.max(10, terminal.columns - 1))}`);
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
