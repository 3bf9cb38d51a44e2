/** The person at the terminal: is told what comes, and says what only a person can see. With `--auto` nobody is there. */
import { createInterface } from "node:readline/promises";
import { note, title } from "../demo/show.mjs";

export class Person {
  constructor(isThere) {
    this.isThere = isThere;
  }

  /** Shows a step. Gives whether it is wanted: Enter goes on, `s` skips it. */
  async isReadyFor(name, text) {
    title(name);
    note(text);
    if (!this.isThere) return true;
    return (await this.#ask("Enter to begin, s to skip: ")) !== "s";
  }

  /** Whether the person says yes; `undefined` where nobody is there who could have seen it. */
  async sees(question) {
    if (!this.isThere) return undefined;
    for (;;) {
      const answer = await this.#ask(`${question} [y/n] `);
      if (/^(y|yes|n|no)$/.test(answer)) return answer.startsWith("y");
    }
  }

  /** What only a person can see must be so. */
  async must(question, otherwise) {
    if ((await this.sees(question)) === false) throw new Error(otherwise);
  }

  async #ask(question) {
    // Only while an answer is awaited: a sign-in reads the terminal, too.
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    const ended = new Promise((_resolve, reject) => lines.once("close", () => reject(new Error("The input ended."))));
    try {
      return (await Promise.race([lines.question(question), ended])).trim().toLowerCase();
    } finally {
      ended.catch(() => {});
      lines.close();
    }
  }
}
