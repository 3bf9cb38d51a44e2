/** What a play sees of the application's main process, and how it holds up what is on the wire. */
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const STDOUT = 1;
const LIMIT_MS = 20_000;

/** One line for the script that has started this. At once: the process may end right after it. */
export const tell = (what) => void writeSync(STDOUT, `@@${JSON.stringify(what)}\n`);

/** What the main process has answered to its windows, oldest first. */
export const answers = [];

/** The addresses that the application wanted to be opened. */
export const opened = [];

/** Waits until it is so, and gives it. */
export async function until(look, what) {
  const end = Date.now() + LIMIT_MS;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`This did not happen: ${what}. Seen last: ${JSON.stringify(found)}`);
    await sleep(25);
  }
}

export function must(isTrue, what, seen) {
  if (!isTrue) throw new Error(`${what}${seen === undefined ? "" : `: ${JSON.stringify(seen)}`}`);
}

/** Answers to token requests on their way back, which a play may hold up: the provider has done its part by then. */
class Wire {
  #heldMs = 0;
  /** How many have been held up so far. */
  held = 0;

  holdTokensFor(ms) {
    this.#heldMs = ms;
  }

  async carry(send, address, init) {
    const isToken = String(address).endsWith("/token") && init?.method === "POST";
    const response = await send();
    if (!isToken || this.#heldMs === 0) return response;
    this.held += 1;
    await sleep(this.#heldMs);
    return response;
  }
}

export const wire = new Wire();
