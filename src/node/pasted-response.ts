/**
 * The redirect address, pasted into the terminal: for a browser on another machine, whose redirect to this one's loopback
 * cannot arrive.
 */
import type { Readable } from "node:stream";
import { oneLine } from "../options/log.js";
import type { Terminal } from "./terminal.js";
import { TerminalInput } from "./terminal-input.js";

const LONGEST_LINE = 16 * 1024;

/** What a pasted answer must fit. */
export interface Awaited {
  readonly state: string;
  /** The issuer, which stands at the end of many answers: one that was cut off there is asked for again (RFC 9207 §2). */
  readonly issuer?: string;
}

/** The parameters of a pasted address, or of its query alone; `null` without a query. */
function parametersOf(line: string): URLSearchParams | null {
  // Terminals put marks around what is pasted, and people put quotes around it.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these marks begin with one
  const text = line
    .replace(/\u001b\[20[01]~/g, "")
    .trim()
    .replace(/^["'<]|["'>]$/g, "");
  if (text.length > LONGEST_LINE) return null;
  const query = text.slice(text.indexOf("?") + 1);
  return new URLSearchParams(query.split("#")[0] ?? "");
}

/** The parameters of a pasted answer that carries the state; `undefined` for anything else. */
export function readPasted(line: string, { state, issuer = "" }: Awaited): URLSearchParams | undefined {
  const parameters = parametersOf(line);
  const iss = parameters?.get("iss") ?? issuer;
  const isCutOff = iss !== issuer && issuer.startsWith(iss);
  return parameters?.getAll("state").includes(state) && !isCutOff ? parameters : undefined;
}

/** What is said of a line that is no answer. Nothing that was typed is repeated, but for the code of an error. */
function hintFor(line: string): string {
  const parameters = parametersOf(line);
  const error = parameters?.has("state") ? null : parameters?.get("error");
  if (error)
    return `The browser ended with the error "${oneLine(error, 60)}", and without this sign-in's state. Open the address again; the sign-in still waits.\n`;
  return "That is not the address of this sign-in. Paste the whole address that the browser ended at.\n";
}

/**
 * Waits for the redirect address. It goes through the same checks as a request to the loopback server. Other lines get a hint,
 * and nothing that was typed is repeated. Rejects with the signal's reason.
 *
 * Once somebody else listens to the input, nothing is read any more, and the wait goes on until the signal fires.
 */
export function waitForPasted(
  awaited: Awaited,
  signal: AbortSignal,
  input: Readable,
  terminal: Terminal,
  onForeground?: () => void,
): Promise<URLSearchParams> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onLine = (line: string) => {
      if (signal.aborted || line.trim() === "") return;
      const parameters = readPasted(line, awaited);
      if (parameters === undefined) return terminal.write(hintFor(line));
      end();
      resolve(parameters);
    };
    const lines = new TerminalInput(input, onLine, (text) => terminal.write(text), onForeground);
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
