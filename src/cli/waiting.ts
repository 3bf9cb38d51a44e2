/** What a person sees while a command waits: nothing for a moment, then a line on a terminal, and what the client logs. */
import type { Logger } from "../options.js";
import type { DeviceCodePrompt } from "../ports.js";
import { tell } from "./output.js";

/** Most commands are done by then. */
const SHOW_AFTER_MS = 400;

export class Waiting {
  #timer: NodeJS.Timeout | undefined;
  #erase: (() => void) | undefined;
  #ended = false;
  readonly logger: Logger;

  constructor(verbose: boolean) {
    const say = (message: string) => this.#above(`${message}\n`);
    this.logger = {
      ...(verbose && { debug: say }),
      // What the client tells at this level is the beginning of a login, which has a line of its own.
      info: (message) => {
        this.giveWay();
        if (verbose) say(message);
      },
      warn: say,
      error: say,
    };
  }

  begin(what: string): void {
    this.#timer = setTimeout(() => void this.#show(what), SHOW_AFTER_MS);
    this.#timer.unref();
  }

  /** Shows a device code, and a line below it. */
  async showDeviceCode(prompt: DeviceCodePrompt): Promise<void> {
    this.giveWay();
    const [{ showDeviceCode }, { stderrTerminal }] = await Promise.all([
      import("../node/device-prompt.js"),
      import("../node/terminal.js"),
    ]);
    await showDeviceCode(prompt, stderrTerminal());
    await this.#show("Waiting for the sign-in");
  }

  /** Ends the line for good: somebody else writes to the terminal from now on. */
  giveWay(): void {
    clearTimeout(this.#timer);
    this.#erase?.();
    this.#erase = undefined;
    // Without a listener a stderr that has gone would end the process.
    if (process.stderr.listenerCount("error") === 0) process.stderr.on("error", () => {});
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#erase?.();
    this.#erase = undefined;
  }

  async #show(what: string): Promise<void> {
    const { isTerminal, showProgress } = await import("./progress.js");
    if (!isTerminal.stderr() || process.env.TERM === "dumb") return;
    if (!this.#ended) this.#erase = showProgress(what, { columns: process.stderr.columns, write: tell });
  }

  /** The line is drawn again by its own clock. */
  #above(text: string): void {
    tell(this.#erase === undefined ? text : `\r\u001b[2K${text}`);
  }
}
