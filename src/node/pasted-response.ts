/**
 * The redirect address, pasted into the terminal: for a browser on another machine, whose redirect to this one's loopback
 * cannot arrive. It goes through the same checks as a request to the loopback server.
 */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Terminal } from "./terminal.js";

/** The parameters of a pasted address or query that carries the state; `undefined` for anything else. */
export function readPasted(line: string, state: string): URLSearchParams | undefined {
  const text = line.trim();
  const query = text.includes("?") ? text.slice(text.indexOf("?") + 1) : text;
  const parameters = new URLSearchParams(query.split("#")[0] ?? "");
  return parameters.getAll("state").includes(state) ? parameters : undefined;
}

/** Waits for the address; other lines get a hint. The input is left as it was, and does not keep the process alive after the wait. */
export function waitForPasted(state: string, signal: AbortSignal, input: Readable, terminal: Terminal): Promise<URLSearchParams> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input, terminal: false });
    const end = () => {
      signal.removeEventListener("abort", onAbort);
      lines.close();
      input.pause();
      (input as { unref?: () => void }).unref?.();
    };
    const onAbort = () => {
      end();
      reject(signal.reason);
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    lines.on("line", (line) => {
      if (line.trim() === "") return;
      const parameters = readPasted(line, state);
      if (parameters === undefined) return terminal.write("That is not the address of this sign-in. Paste the whole address that the browser ended at.\n");
      end();
      resolve(parameters);
    });
  });
}
