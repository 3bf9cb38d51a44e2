/** What a person sees while a command waits: nothing for a moment, then a line on a terminal, and what the client logs. */
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

  constructor(verbose: boolean) {
    const show = (message: string) => this.#writeAbove(`${message}\n`);
    this.logger = {
      ...(verbose && { debug: show }),
      // A login begins with a line at this level.
      info: (message) => {
        surviveClosedStderr();
        if (verbose) show(message);
      },
      warn: show,
      error: show,
    };
  }

  begin(what: string): void {
    this.#timer = setTimeout(() => void this.#showUnlessLoginWrites(what), SHOW_AFTER_MS);
    this.#timer.unref();
  }

  /** Shows a device code, and a line below it. */
  async showDeviceCode(prompt: DeviceCodePrompt): Promise<void> {
    surviveClosedStderr();
    this.#eraseLine();
    const { showDeviceCode, stderrTerminal } = await import("../node/terminal.js");
    await showDeviceCode(prompt, stderrTerminal());
    await this.#show("Waiting for the sign-in");
  }

  end(): void {
    this.#ended = true;
    this.#eraseLine();
  }

  /** Not where a login has begun to write, which draws a line of its own: commands write past the stream. */
  async #showUnlessLoginWrites(what: string): Promise<void> {
    const { isTerminal } = await import("./terminal.js");
    if (isTerminal.stderr() && process.stderr.bytesWritten === 0) await this.#show(what);
  }

  async #show(what: string): Promise<void> {
    const { isTerminal, showProgress } = await import("./terminal.js");
    if (this.#ended || !isTerminal.stderr() || process.env.TERM === "dumb") return;
    const { stderr } = process;
    const erase = showProgress(what, { columns: stderr.columns, write: writeToPerson });
    const { write } = stderr;
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

  /** The line is drawn again by its own clock. */
  #writeAbove(text: string): void {
    writeToPerson(this.#erase === undefined ? text : `\r\u001b[2K${text}`);
  }
}

/** Without a listener a stderr that has gone would end the process. */
function surviveClosedStderr(): void {
  const { stderr } = process;
  if (stderr.listenerCount("error") === 0) stderr.on("error", () => {});
}
