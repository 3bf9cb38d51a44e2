/**
 * The redirect address, pasted into the terminal: for a browser on another machine, whose redirect to this one's loopback
 * cannot arrive.
 */
import type { Readable } from "node:stream";
import type { Terminal } from "./terminal.js";
import { TerminalInput } from "./terminal-input.js";

const LONGEST_LINE = 16 * 1024;

/** The parameters of a pasted address, or of its query alone, that carries the state; `undefined` for anything else. */
export function readPasted(line: string, state: string): URLSearchParams | undefined {
  // Terminals put marks around what is pasted, and people put quotes around it.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these marks begin with one
  const text = line
    .replace(/\u001b\[20[01]~/g, "")
    .trim()
    .replace(/^["'<]|["'>]$/g, "");
  if (text.length > LONGEST_LINE) return undefined;
  const query = text.slice(text.indexOf("?") + 1);
  const parameters = new URLSearchParams(query.split("#")[0] ?? "");
  return parameters.getAll("state").includes(state) ? parameters : undefined;
}

/**
 * Waits for the redirect address. It goes through the same checks as a request to the loopback server. Other lines get a hint,
 * and nothing that was typed is repeated. Rejects with the signal's reason.
 *
 * Once somebody else listens to the input, nothing is read any more, and the wait goes on until the signal fires.
 */
export function waitForPasted(
  state: string,
  signal: AbortSignal,
  input: Readable,
  terminal: Terminal,
): Promise<URLSearchParams> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onLine = (line: string) => {
      if (signal.aborted || line.trim() === "") return;
      const parameters = readPasted(line, state);
      if (parameters === undefined) {
        terminal.write("That is not the address of this sign-in. Paste the whole address that the browser ended at.\n");
        return;
      }
      end();
      resolve(parameters);
    };
    const lines = new TerminalInput(input, onLine, (text) => terminal.write(text));
    const onAbort = () => {
      end();
      reject(signal.reason);
    };
    const end = () => {
      signal.removeEventListener("abort", onAbort);
      lines.giveBack();
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
