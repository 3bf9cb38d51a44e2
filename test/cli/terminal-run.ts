/** Runs the command at a pseudo-terminal, by util-linux's `script`; what it shows comes out of stdout. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { cli, type RunOptions } from "./command.js";

export function atTerminal(...args: string[]): RunOptions {
  const words = [process.execPath, cli, ...args].map((word) => `'${word}'`).join(" ");
  return {
    command: ["script", "--quiet", "--return", "--command", words, "/dev/null"],
    // A browser that opens here, and not on another machine, also where the tests run in a container.
    env: { TERM: "xterm", SHELL: "/bin/sh", DISPLAY: ":7" },
  };
}

export const hasScript: boolean =
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") === true;

// biome-ignore lint/suspicious/noControlCharactersInRegex: what drives a terminal begins with one
const CONTROLS = /\u001b(?:\[[0-9;?>]*[a-zA-Z]|[=>]|\][^\u0007]*\u0007)|[\u0007\r]/g;

/** A person at a pseudo-terminal: types, and reads what is shown. Close it at the end of the test. */
export class TerminalSession {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #isOver = false;
  #shown = "";
  #read = 0;

  constructor(words: readonly string[], options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) {
    const command = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    const args = ["--quiet", "--return", "--command", command, "/dev/null"];
    const env = { TERM: "xterm", SHELL: "/bin/sh", ...options.env };
    this.#child = spawn("script", args, { cwd: options.cwd, env, stdio: "pipe" });
    this.#child.stdout?.setEncoding("utf8").on("data", (part: string) => (this.#shown += part));
    this.#child.stdin?.on("error", () => {});
    this.#ended = once(this.#child, "close").then(() => {
      this.#isOver = true;
    });
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** All that was shown, without what moves the cursor or colours a text. */
  get text(): string {
    return this.#shown.replace(CONTROLS, "");
  }

  /** Resolves when the text is shown behind what was waited for before. Rejects where the program ends without it. */
  async shows(text: string): Promise<void> {
    for (;;) {
      const at = this.text.indexOf(text, this.#read);
      if (at >= 0) {
        this.#read = at + text.length;
        return;
      }
      if (this.#isOver) throw new Error(`The terminal has not shown ${text}, but: ${this.text}`);
      await Promise.race([once(this.#child.stdout as Readable, "data"), this.#ended]);
    }
  }

  /** The exit code of the program. */
  async ended(): Promise<number | null> {
    await this.#ended;
    return this.#child.exitCode;
  }

  async close(): Promise<void> {
    if (!this.#isOver) this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
