/** What is shown to a person at a terminal: always on stderr, since stdout belongs to the program. And what is pasted there. */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { oneLine } from "../options/log.js";
import type { DeviceCodePrompt } from "../ports.js";

const LONGEST_LINE = 16 * 1024;

/** Where text goes, and what it can show. */
export interface Terminal {
  readonly isTTY: boolean;
  readonly columns: number;
  /** Whether colours and weights are wanted (NO_COLOR is honoured). */
  readonly colour: boolean;
  /** Never throws. */
  write(text: string): void;
}

export function stderrTerminal(env: NodeJS.ProcessEnv = process.env): Terminal {
  const { stderr } = process;
  // A dumb terminal erases no line.
  const isTTY = stderr.isTTY === true && env.TERM !== "dumb";
  return {
    isTTY,
    get columns() {
      // A terminal that does not know its width says 0.
      return stderr.columns || 80;
    },
    colour: isTTY && (env.NO_COLOR ?? "") === "",
    write: (text) => {
      try {
        stderr.write(text);
      } catch {
        // A closed stderr must not end the login.
      }
    },
  };
}

export function bold(text: string, terminal: Terminal): string {
  return terminal.colour ? `\u001b[1m${text}\u001b[22m` : text;
}

/** The address as it is, on a line of its own: it is copied by hand. */
export function showAuthorizationUrl(url: string, terminal: Terminal, lead: string): void {
  terminal.write(`\n${lead}\n\n${url}\n\n`);
}

/**
 * A line that counts down while a person is awaited; nothing on what is not a terminal. Gives the function that erases it.
 */
export function showWaiting(what: string, seconds: number, terminal: Terminal): () => void {
  if (!terminal.isTTY) return () => {};
  const end = performance.now() + seconds * 1000;
  const draw = () => {
    const left = Math.max(0, Math.round((end - performance.now()) / 1000));
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    // One column less than there are: a full line wraps, and then only its second half is erased.
    terminal.write(`\r\u001b[2K${oneLine(`${what}… ${time} left`, Math.max(10, terminal.columns - 1))}`);
  };
  draw();
  const timer = setInterval(draw, 1000);
  timer.unref();
  let shown = true;
  return () => {
    clearInterval(timer);
    if (shown) terminal.write("\r\u001b[2K");
    shown = false;
  };
}

/** Shows a device code: address, code, and a QR code where there is room (RFC 8628 §3.3). Its texts come from the provider: characters that drive a terminal or turn text around are taken out. */
export async function showDeviceCode(prompt: DeviceCodePrompt, terminal: Terminal): Promise<void> {
  const address = oneLine(prompt.verificationUri, 2000);
  const code = oneLine(prompt.userCode, 100);
  const qr = await qrCode(prompt.verificationUriComplete ?? prompt.verificationUri, terminal);
  const lines = [
    "",
    ...(qr === undefined ? [] : ["To sign in, scan this with your phone:", "", qr, ""]),
    qr === undefined ? "To sign in, open this address on any device:" : "or open this address on any device:",
    "",
    `    ${bold(address, terminal)}`,
    "",
    "and enter this code, or check that it is the one shown there:",
    "",
    `    ${bold(code, terminal)}`,
    "",
    `The code expires in ${duration(prompt.expiresInSeconds)}.`,
    "",
  ];
  terminal.write(`${lines.join("\n")}\n`);
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.max(1, Math.round(seconds))} seconds`;
  return `${Math.floor(seconds / 60)} minutes`;
}

/** Nothing where it would not fit or could not be read; a QR code is a convenience, and never a reason to fail. */
async function qrCode(text: string, terminal: Terminal): Promise<string | undefined> {
  // A phone opens what it scans: no other scheme may get into the picture.
  if (!terminal.isTTY || !/^https?:\/\//i.test(text)) return undefined;
  try {
    const { renderUnicodeCompact } = await import("uqr");
    const rows = renderUnicodeCompact(text, { border: 2 }).split("\n");
    if (Math.max(...rows.map((row) => row.length)) >= terminal.columns) return undefined;
    // White on black whatever the theme: many cameras do not read an inverted code.
    return rows.map((row) => (terminal.colour ? `\u001b[97;40m${row}\u001b[0m` : row)).join("\n");
  } catch {
    return undefined;
  }
}

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
 * Waits for the redirect address, pasted into the terminal: for a browser on another machine, whose redirect to this one's
 * loopback cannot arrive. It goes through the same checks as a request to the loopback server. Other lines get a hint, and nothing that was typed is repeated. Rejects with the signal's reason.
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
