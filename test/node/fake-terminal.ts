/** A terminal that keeps what was written. */
import type { Terminal } from "../../src/node/terminal.js";

export interface FakeTerminal extends Terminal {
  readonly text: string;
}

export function fakeTerminal(facts: { isTTY?: boolean; columns?: number; colour?: boolean } = {}): FakeTerminal {
  const { isTTY = true, columns = 80, colour = isTTY } = facts;
  const pieces: string[] = [];
  return {
    isTTY,
    columns,
    colour,
    write: (text) => void pieces.push(text),
    get text() {
      return pieces.join("");
    },
  };
}
