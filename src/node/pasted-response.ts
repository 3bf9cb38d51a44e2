/**
 * The redirect address, pasted into the terminal: for a browser on another machine, whose redirect to this one's loopback
 * cannot arrive. It goes through the same checks as a request to the loopback server.
 */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Terminal } from "./terminal.js";

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
 * Waits for the address; other lines get a hint, and nothing that was typed is repeated. Rejects with the signal's reason.
 * Afterwards the input is as it was and does not keep the process alive. An input that the program reads itself is left to it.
 */
export function waitForPasted(
  state: string,
  signal: AbortSignal,
  input: Readable,
  terminal: Terminal,
): Promise<URLSearchParams> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const { readableFlowing } = input;
    const lines = isFree(input) ? createInterface({ input, terminal: false }) : undefined;
    // A terminal that has gone is no fault of the login.
    const ignore = () => {};
    input.on("error", ignore);
    lines?.on("error", ignore);
    const end = () => {
      signal.removeEventListener("abort", onAbort);
      lines?.close();
      // readline leaves it paused, and a program's own listener would then wait for ever.
      if (lines && readableFlowing === null) (input as { readableFlowing: boolean | null }).readableFlowing = null;
      input.off("error", ignore);
    };
    const onAbort = () => {
      end();
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    lines?.on("line", (line) => {
      if (signal.aborted || line.trim() === "") return;
      const parameters = readPasted(line, state);
      if (parameters === undefined) {
        terminal.write("That is not the address of this sign-in. Paste the whole address that the browser ended at.\n");
        return;
      }
      end();
      resolve(parameters);
    });
  });
}

/** Whether nobody reads it: a program with a prompt or a key handler of its own keeps its input. */
function isFree(input: Readable): boolean {
  const { isRaw } = input as { isRaw?: boolean };
  return (
    !isRaw &&
    input.readableFlowing !== true &&
    input.listenerCount("readable") === 0 &&
    input.listenerCount("data") === 0
  );
}
