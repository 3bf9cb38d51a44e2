/** Questions to a person at the terminal, one line each. What is typed ahead is kept for the next question. */
import { createInterface, type Interface } from "node:readline";
import { AbortedError } from "../../errors.js";

export class Questions {
  readonly #terminal: Interface;
  readonly #lines: string[] = [];
  #isOver = false;
  #next: { resolve(line: string): void; reject(error: Error): void } | undefined;

  constructor() {
    this.#terminal = createInterface({ input: process.stdin, output: process.stderr, historySize: 0 });
    this.#terminal.on("line", (line) => {
      if (this.#next === undefined) this.#lines.push(line);
      else this.#next.resolve(line);
      this.#next = undefined;
    });
    // Ctrl-C and Ctrl-D.
    this.#terminal.on("SIGINT", () => this.close());
    this.#terminal.on("close", () => this.close());
  }

  /** The answer without blanks around it; `fallback` for an empty line. @throws AbortedError (`aborted`) where the person leaves */
  async ask(question: string, fallback = ""): Promise<string> {
    const shown = fallback === "" ? `${question}: ` : `${question} [${fallback}]: `;
    return (await this.#line(shown)).trim() || fallback;
  }

  /** Whether the person says yes; an empty line is no. @throws AbortedError (`aborted`) */
  async confirm(question: string): Promise<boolean> {
    return /^y(es)?$/i.test((await this.#line(`${question} [y/N]: `)).trim());
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#terminal.close();
    this.#next?.reject(left());
  }

  #line(prompt: string): Promise<string> {
    if (this.#isOver) return Promise.reject(left());
    this.#terminal.setPrompt(prompt);
    this.#terminal.prompt();
    const ready = this.#lines.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    return new Promise((resolve, reject) => {
      this.#next = { resolve, reject };
    });
  }
}

const left = () => new AbortedError("The questions were left. Nothing was written.");
