/** What a person sees while a command waits: nothing for a moment, then a line on a terminal, and what the client logs. */
import { type Level, levelOf, logLine } from "../node/stderr-log.js";
import type { Logger } from "../options/options.js";
import type { DeviceCodePrompt } from "../ports.js";
import { writeToPerson } from "./output.js";

/** Most commands are done by then. */
const SHOW_AFTER_MS = 400;

export class Waiting {
  #timer: NodeJS.Timeout | undefined;
  #erase: (() => void) | undefined;
  #ended = false;
  readonly logger: Logger;

  /** `json`: what is waited for is told as JSON. `level` is that of CEGAL_KEYSTONE_AUTH_LOG. */
  constructor(
    verbose: boolean,
    private readonly json = false,
    level: Level | undefined = levelOf(process.env.CEGAL_KEYSTONE_AUTH_LOG),
  ) {
    // The line is drawn again by its own clock.
    const write = (line: string) => writeToPerson(`${this.#erase === undefined ? "" : "\r\u001b[2K"}${line}`);
    const isDetailed = verbose || level === "debug";
    // As a program's log has them. What stands there unasked is for a person, who looks for no time.
    const detail = (name: "debug" | "info") =>
      isDetailed || level === name ? (message: string) => write(logLine(name, message)) : () => {};
    const show = (message: string) => write(`${message}\n`);
    this.logger = { debug: detail("debug"), info: detail("info"), warn: show, error: show };
  }

  begin(what: string): void {
    const show = () => {
      // Not where a login has begun to write, which draws a line of its own: commands write past the stream.
      void this.#show(what, () => process.stderr.bytesWritten === 0);
    };
    this.#timer = setTimeout(show, SHOW_AFTER_MS).unref();
  }

  /** Says whom the command waits for, in place of the line. */
  say(text: string): void {
    this.#eraseLine();
    writeToPerson(this.json ? `${JSON.stringify({ waiting: text })}\n` : `${text}\n`);
  }

  /** Tells a device code as JSON: the program that has asked for JSON shows it. */
  readonly tellDeviceCode = (deviceCode: DeviceCodePrompt): void => {
    this.#eraseLine();
    writeToPerson(`${JSON.stringify({ deviceCode })}\n`);
  };

  end(): void {
    this.#ended = true;
    this.#eraseLine();
  }

  async #show(what: string, mayShow = () => true): Promise<void> {
    const { isTerminal, showProgress } = await import("./terminal.js");
    if (this.#ended || !isTerminal.stderr() || process.env.TERM === "dumb" || !mayShow()) return;
    const { stderr } = process;
    const { write } = stderr;
    const erase = showProgress(what, stderr.columns, writeToPerson);
    this.#erase = () => {
      stderr.write = write;
      erase();
    };
    // Whoever writes there finds an empty line, and has it from then on.
    stderr.write = ((...args: Parameters<typeof write>) => {
      this.#eraseLine();
      return write.apply(stderr, args);
    }) as typeof write;
  }

  #eraseLine(): void {
    clearTimeout(this.#timer);
    this.#erase?.();
    this.#erase = undefined;
  }
}
