/** A terminal that keeps what was written. */
import type { Terminal } from "../../src/node/terminal.js";

export interface FakeTerminal extends Terminal {
  readonly text: string;
}

export function fakeTerminal(
  facts: { isTTY?: boolean; columns?: number; rows?: number; colour?: boolean } = {},
): FakeTerminal {
  const { isTTY = true, columns = 80, rows = 60, colour = isTTY } = facts;
  const pieces: string[] = [];
  return {
    isTTY,
    columns,
    rows,
    colour,
    write: (text) => void pieces.push(text),
    get text() {
      return pieces.join("");
    },
  };
}
