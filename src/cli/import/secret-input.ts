/** A secret on stdin: from a pipe or a file as it is, from a person at a terminal without being shown. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { AbortedError } from "../../errors.js";
import { usage } from "../arguments.js";
import { writeToPerson } from "../output.js";
import { isTerminal } from "../terminal.js";

const MOST_BYTES = 64 * 1024;
/** RFC 6749 Appendix A.17. */
const TOKEN = /^[\x20-\x7e]+$/;

/** @throws ConfigurationError (`configuration`) that repeats nothing of it; AbortedError (`aborted`) where the person leaves */
export async function readRefreshToken(mayAsk: boolean): Promise<string> {
  if (isTerminal.stdin() && !mayAsk)
    throw usage("import", "import reads the refresh token from stdin, as in: keystone-auth import < FILE.");
  const text = isTerminal.stdin() ? await ask("Refresh token (it is not shown): ") : await readAll();
  const token = text.replace(/^\uFEFF/, "").trim();
  if (token === "") throw usage("import", "stdin holds no refresh token.");
  if (!TOKEN.test(token))
    throw usage("import", "What stdin holds is no refresh token: that is one line of letters, digits and signs.");
  return token;
}

async function readAll(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES)
      throw usage("import", `stdin holds more than ${MOST_BYTES / 1024} KiB: that is no refresh token.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The terminal shows nothing of a line whose reader draws it into nowhere, and it cuts no long one: its line mode is off. */
async function ask(question: string): Promise<string> {
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
  writeToPerson(question);
  try {
    return await new Promise((resolve, reject) => {
      const leave = () => reject(new AbortedError("The question was left, and nothing was sent."));
      lines.once("line", resolve);
      // Ctrl-C and Ctrl-D.
      lines.once("SIGINT", leave);
      lines.once("close", leave);
    });
  } finally {
    lines.close();
    writeToPerson("\n");
  }
}
