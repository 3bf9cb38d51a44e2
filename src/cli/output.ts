/**
 * Where text goes: a command's result to stdout, everything for a person to stderr. Written synchronously, without
 * making the streams: that is a part of the start-up time, and nothing is lost when the process ends.
 */
import { writeSync } from "node:fs";
import { codeOf, EnvironmentError } from "../errors.js";

const STDOUT = 1;
const STDERR = 2;
/**
 * Writes a result. Where its reader has gone (`| head`) the rest is dropped.
 *
 * @throws EnvironmentError (`environment`) where it cannot be written, as on a full disk
 */
export async function print(text: string): Promise<void> {
  try {
    const rest = writeAll(STDOUT, text);
    if (rest !== undefined) await writeLater(process.stdout, rest);
  } catch (error) {
    const code = codeOf(error);
    // Windows says EOF.
    if (code === "EPIPE" || code === "EOF") return;
    const message = `The result could not be written to stdout (${code ?? "unknown fault"}).`;
    throw new EnvironmentError(message, { causeCode: code });
  }
}

/** Writes for a person. Never throws: a stderr that has gone is no reason to fail. */
export function writeToPerson(text: string): void {
  try {
    const rest = writeAll(STDERR, text);
    if (rest !== undefined) writeLater(process.stderr, rest).catch(() => {});
  } catch {
    // Nobody reads it.
  }
}

/** What is left when the other end, which made the pipe non-blocking, is slow. */
function writeAll(fd: number, text: string): Buffer | undefined {
  let rest = Buffer.from(text);
  try {
    while (rest.byteLength > 0) rest = rest.subarray(writeSync(fd, rest));
  } catch (error) {
    if (codeOf(error) === "EAGAIN") return rest;
    throw error;
  }
  return undefined;
}

function writeLater(stream: NodeJS.WriteStream, rest: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once("error", reject);
    stream.write(rest, (error) => (error ? reject(error) : resolve()));
  });
}
