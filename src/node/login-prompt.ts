/**
 * What a person is told during a login: by the program where it shows addresses or codes itself, else on stderr. docs/node.md
 * has it as a table.
 */
import { codeOf, EnvironmentError, isKeystoneAuthError } from "../errors.js";
import type { NodeConfig } from "../options/config.js";
import { oneLine } from "../options/log.js";
import type { DeviceCodePrompt } from "../ports.js";
import { showDeviceCode } from "./device-code.js";
import { showWaiting, stderrTerminal, type Terminal } from "./terminal.js";

const PASTE = "If it ends at a page that cannot be shown, paste the address of that page here.";

/** What a login has around it, beside the program's options. */
export interface Surroundings {
  /** Fires when the client is closed, which may be long after the login. */
  readonly closing: AbortSignal;
  /** What the person has to know of the store, where the program does not hear of it. Gives it once. */
  takeNote(): string | undefined;
  /** Tells the person who is waited for. [a line on stderr, where the library writes there] */
  readonly say?: ((text: string) => void) | undefined;
}

export class LoginPrompt {
  /** Whether the program draws its own terminal during a browser login: not a byte is written then. */
  readonly #isQuiet: boolean;
  readonly #asks: string;
  readonly #terminal: Terminal = stderrTerminal();
  #lead: string | undefined;
  #erase = () => {};

  constructor(
    private readonly config: NodeConfig,
    private readonly surroundings: Surroundings,
  ) {
    this.#isQuiet = config.onAuthorizationUrl !== undefined;
    this.#asks = `${oneLine(config.pageHandler?.product ?? config.clientId, 60)} asks you to sign in.`;
  }

  get closing(): AbortSignal {
    return this.surroundings.closing;
  }

  get terminal(): Terminal {
    return this.#terminal;
  }

  /** Shows `lead` above the next address or code. */
  startWith(lead: string | undefined): void {
    this.#lead = lead;
  }

  /** Tells whose sign-in is waited for. */
  say(text: string): void {
    const { config, surroundings } = this;
    config.log.info(text);
    const isOwn = this.#isQuiet || (config.flow === "device_code" && config.onDeviceCode !== undefined);
    if (surroundings.say) surroundings.say(text);
    else if (!isOwn) this.#write(`${text}\n`);
  }

  /**
   * Shows the address of a sign-in, on a line of its own as it is: it is copied by hand. `reason`: why no browser opens here,
   * where none does. Rejects where the program could not show it.
   */
  async showAddress(url: string, { reason, pastes }: { reason?: string | undefined; pastes: boolean }): Promise<void> {
    const { onAuthorizationUrl, log } = this.config;
    this.#begin(this.#isQuiet);
    if (onAuthorizationUrl) return await onAuthorizationUrl(url);
    const opens = "Your browser opens. If it does not, open this address:";
    const byHand = `No browser opens here: ${reason}.\n\nOpen this address in a browser:`;
    this.#write(
      `\n${this.#asks}\n${reason === undefined ? opens : byHand}\n\n${url}\n\n${pastes ? `${PASTE}\n\n` : ""}`,
    );
    log.debug("the address of the sign-in is shown");
  }

  /** A browser login whose browser did not open. */
  sayByHand(pastes: boolean): void {
    this.#log("no browser could be opened; the sign-in waits for its address to be opened by hand");
    if (this.#isQuiet) return;
    this.end();
    this.#write(`No browser could be opened. Open the address above by hand.${pastes ? ` ${PASTE}` : ""}\n\n`);
  }

  /** A program that has come to the foreground reads what is pasted from then on. */
  sayPaste(): void {
    if (!this.#isQuiet) this.#write(`\r\u001b[2K${PASTE}\n`);
  }

  /** An error redirect that may be anybody's (RFC 6749 §4.1.2.1 wants the state in it). */
  sayStray(error: string): void {
    const text = `An answer without this sign-in's state came: ${error}. It is left alone, since anybody could send it; the sign-in still waits.`;
    this.#log(text);
    if (!this.#isQuiet) this.#write(`${this.#terminal.isTTY ? "\r\u001b[2K" : ""}${text}\n`);
  }

  /** Shows a device code. `reason`: why not a browser, where the program has not asked for a code. */
  async showCode(prompt: DeviceCodePrompt, reason: string | undefined): Promise<void> {
    const { onDeviceCode } = this.config;
    if (onDeviceCode) {
      this.#begin(true);
      return await shownBy(onDeviceCode, prompt);
    }
    this.#begin(false);
    const why = reason === undefined ? [] : [`A code is shown, since ${reason}.`];
    await showDeviceCode(prompt, this.#terminal, [this.#asks, ...why]);
  }

  /**
   * Counts down on a terminal, until `end()`. With `redirectUri` the line tells where the browser is expected back. Where
   * something may be pasted the line stands still: what is typed stands behind it.
   */
  waitFor(seconds: number, redirectUri?: string, pastes = false): void {
    const isOwn = redirectUri === undefined ? this.config.onDeviceCode !== undefined : this.#isQuiet;
    if (isOwn) return;
    this.end();
    const plain = "Waiting for the sign-in";
    const at = `at ${redirectUri} (option loopback)`;
    const texts =
      redirectUri === undefined ? [plain] : [`${plain} ${at}`, `Waiting ${at}`, `Waiting at ${redirectUri}`, plain];
    if (pastes) this.#write(`${texts[0]}.\n`);
    else this.#erase = showWaiting(texts, seconds, this.#terminal);
  }

  /** Erases the line of the wait. */
  end(): void {
    this.#erase();
    this.#erase = () => {};
  }

  /** What stands above the address or the code. */
  #begin(isQuiet: boolean): void {
    this.end();
    const note = this.surroundings.takeNote();
    const lead = this.#lead;
    this.#lead = undefined;
    if (note !== undefined) this.config.log.warn(note);
    if (isQuiet) return;
    if (lead !== undefined) this.#write(`\n${lead}\n`);
    if (note !== undefined) this.#write(`\nThe next start may ask you again. ${oneLine(note, 1000)}\n`);
  }

  /** A warning only where the person is not told: a program that shows its log on stderr would tell it twice. */
  #log(text: string): void {
    this.config.log[this.#isQuiet ? "warn" : "info"](text);
  }

  #write(text: string): void {
    this.#terminal.write(text);
  }
}

/** What a program throws there is its own fault: its message could hold anything. */
async function shownBy(show: NonNullable<NodeConfig["onDeviceCode"]>, prompt: DeviceCodePrompt): Promise<void> {
  try {
    await show(prompt);
  } catch (error) {
    if (isKeystoneAuthError(error)) throw error;
    const message = "The option onDeviceCode has thrown, so that nobody saw the code. Correct it in the program.";
    throw new EnvironmentError(message, { causeCode: codeOf(error) });
  }
}
