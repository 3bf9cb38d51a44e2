/** What the demo prints: a line a step. */
import { stderr, stdout } from "node:process";

const colour = stdout.isTTY === true && (process.env.NO_COLOR ?? "") === "" && process.env.TERM !== "dumb";
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[39m` : text);
const dim = (text) => (colour ? `\u001b[2m${text}\u001b[22m` : text);
const print = (text = "") => stdout.write(`${text}\n`);

export const blank = () => print();
export const title = (text) => print(colour ? `\u001b[1m${text}\u001b[22m` : text);

/** Something that is not done yet. */
export const note = (text) => print(dim(`  ${text}`));

/** Names and values below a step. */
export function details(values) {
  const width = Math.max(...Object.keys(values).map((name) => name.length));
  for (const [name, value] of Object.entries(values)) print(`    ${dim(name.padEnd(width))}  ${value}`);
}

export function duration(ms) {
  if (ms < 1) return `${(ms * 1000).toPrecision(2)} µs`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Ends a step that has not gone as it must. */
export function must(condition, otherwise) {
  if (!condition) throw new Error(otherwise);
}

/** Runs a step and prints its line: `work` gives what it found, or nothing. A step that fails ends the demo. */
export async function step(name, work) {
  const began = performance.now();
  try {
    const result = await work();
    print(
      `${paint(32, "✓")} ${name}${result?.found ? `: ${result.found}` : ""} ${dim(`(${duration(performance.now() - began)})`)}`,
    );
    return result?.value;
  } catch (error) {
    print(`${paint(31, "✗")} ${name}`);
    throw error;
  }
}

export function failed(error) {
  print(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}

/** Enough of a token to know it by, and nothing that could be used. */
export const shorten = (token) => `${token.slice(0, 10)}… (${token.length} characters)`;

/** Keeps back what a login tells a person on stderr, unless it fails: nobody reads it where a scripted user signs in. */
export async function quietly(work) {
  const { write } = stderr;
  let kept = "";
  stderr.write = (text) => {
    kept += text;
    return true;
  };
  try {
    return await work();
  } catch (error) {
    write.call(stderr, kept);
    throw error;
  } finally {
    stderr.write = write;
  }
}
