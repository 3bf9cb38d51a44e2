/**
 * The terminal's input, read line by line while a person may paste something. It belongs to the program: it is read only in
 * the foreground, left for good as soon as somebody else listens, and given back as it was found: listeners, flow and mode.
 */
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { isatty } from "node:tty";
import { isForeground, takeLineLimitOff } from "./terminal-mode.js";

/** What a line may have; the rest of a longer one is dropped. */
const LONGEST_TEXT = 64 * 1024;
/** A shell may put a program into the background without stopping it. */
const LOOK_MS = 500;
const READS: ReadonlySet<string | symbol> = new Set(["data", "readable", "keypress"]);
const ERASE = /[\u007f\b]/;
type Listener = (...args: unknown[]) => void;

/**
 * Whether stdin is a terminal that nobody else reads. Decided by the descriptor first: to touch `process.stdin` makes a pipe
 * non-blocking, for the program's children too.
 */
export function isInputFree(): boolean {
  return isatty(0) && isUnread(process.stdin);
}

/** A closed prompt leaves a listener on the stream, which it has paused. */
function isUnread(input: Readable): boolean {
  const { isRaw } = input as { isRaw?: boolean };
  const isRead = input.listenerCount("data") > 0 && input.readableFlowing !== false;
  return !isRaw && !isRead && input.readableFlowing !== true && input.listenerCount("readable") === 0;
}

export class TerminalInput {
  readonly #decoder = new StringDecoder("utf8");
  readonly #flowing: boolean | null;
  readonly #timer: NodeJS.Timeout | undefined;
  /** Those of prompts that were closed: what is pasted is not theirs. */
  #dead: Listener[] = [];
  #restoreMode: (() => void) | undefined;
  #isReading = false;
  #wasRead = true;
  #isOver = false;
  #text = "";

  /** `write` is told what corrects the picture of a line, `onForeground` that reading has begun later than this. */
  constructor(
    private readonly input: Readable,
    private readonly onLine: (line: string) => void,
    private readonly write: (text: string) => void,
    private readonly onForeground: () => void = () => {},
  ) {
    this.#flowing = input.readableFlowing;
    this.#isOver = !isUnread(input);
    if (this.#isOver) return;
    // A terminal that has gone is no fault of the login.
    input.on("error", ignore);
    if (this.#isTerminal) {
      process.on("SIGTSTP", this.#onStop);
      process.on("SIGCONT", this.#onContinue);
    }
    this.#look();
    this.#wasRead = this.#isReading;
    if (this.#isTerminal) this.#timer = setInterval(this.#look, LOOK_MS).unref();
  }

  /** Idempotent. What was typed and not finished is left to the program. */
  giveBack(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    process.off("SIGTSTP", this.#onStop);
    process.off("SIGCONT", this.#onContinue);
    this.#pause();
    this.input.off("error", ignore);
    if (this.#text !== "") this.input.unshift(Buffer.from(this.#text));
  }

  get #isTerminal(): boolean {
    return (this.input as { isTTY?: boolean }).isTTY === true;
  }

  /** To read a terminal from the background stops the whole process (SIGTTIN). */
  readonly #look = () => {
    const mayRead = !this.#isTerminal || isForeground();
    if (mayRead && !this.#isReading) {
      this.#resume();
      if (!this.#wasRead) this.onForeground();
      this.#wasRead = true;
    } else if (!mayRead && this.#isReading) this.#pause();
  };

  /** Ctrl-Z: whoever wakes up in the background must not find itself reading. */
  readonly #onStop = () => {
    this.#pause();
    if (process.listenerCount("SIGTSTP") > 1) return;
    // The stream ends its read in the next tick.
    setImmediate(() => process.kill(process.pid, "SIGSTOP"));
  };

  /** The shell has had the terminal, and has set a mode of its own. */
  readonly #onContinue = () => {
    this.#pause();
    this.#look();
  };

  #resume(): void {
    const { input } = this;
    this.#isReading = true;
    this.#dead = input.rawListeners("data") as Listener[];
    for (const listener of this.#dead) input.off("data", listener);
    if (this.#isTerminal) this.#restoreMode = takeLineLimitOff();
    input.on("data", this.#onData);
    input.on("newListener", this.#onNewListener);
    input.resume();
  }

  #pause(): void {
    const { input } = this;
    if (!this.#isReading) return;
    this.#isReading = false;
    input.off("newListener", this.#onNewListener);
    input.off("data", this.#onData);
    input.pause();
    // A stream that was paused would not flow by itself for the program's own listener.
    (input as { readableFlowing: boolean | null }).readableFlowing = this.#flowing;
    for (const listener of this.#dead) input.on("data", listener);
    // A listener makes a stream flow that was not paused.
    if (this.#flowing === false) input.pause();
    this.#restoreMode?.();
  }

  readonly #onNewListener = (event: string | symbol) => {
    if (READS.has(event)) this.giveBack();
  };

  readonly #onData = (chunk: Buffer | string) => {
    let text = typeof chunk === "string" ? chunk : this.#decoder.write(chunk);
    for (;;) {
      const end = /\r\n|\r|\n/.exec(text);
      this.#take(end ? text.slice(0, end.index) : text);
      if (end === null) return;
      text = text.slice(end.index + end[0].length);
      this.#endLine();
      // What stands behind the line that was waited for is the program's.
      if (this.#isOver) return void (text !== "" && this.input.unshift(Buffer.from(text)));
    }
  };

  #endLine(): void {
    const line = this.#text;
    this.#text = "";
    this.onLine(line);
  }

  #take(piece: string): void {
    if (!ERASE.test(piece)) {
      this.#text = (this.#text + piece).slice(0, LONGEST_TEXT);
      return;
    }
    for (const letter of piece) {
      if (!ERASE.test(letter)) this.#text += letter;
      else {
        // Without its line mode the terminal shows ^? and takes nothing back.
        this.write(this.#text === "" ? "\b\b  \b\b" : "\b\b\b   \b\b\b");
        this.#text = this.#text.slice(0, -1);
      }
    }
  }
}

const ignore = () => {};
