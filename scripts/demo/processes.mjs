/** Starts programs with the same client as processes of their own. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ownProgram = fileURLToPath(new URL("process.mjs", import.meta.url));

/** Starts one, of this program or another; resolves when it has made its client. `take()` lets it ask for the token. */
export async function startProcess(options, program = ownProgram) {
  const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ["pipe", "pipe", "pipe"] });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (part) => (complaints += part));
  const ended = new Promise((resolve) => child.once("close", resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    if (!done) return value;
    await ended;
    throw new Error(`The process ended with exit code ${child.exitCode}:\n${complaints.trimEnd()}`);
  };
  await line();
  return {
    ended,
    take: async () => {
      child.stdin.end("go\n");
      return JSON.parse(await line());
    },
  };
}
