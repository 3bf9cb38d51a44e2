/** Starts the programs of `programs/` as processes of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { compileForChildren } from "../support/compile.js";

const running = new Set<ChildProcess>();

/** Starts `programs/NAME.ts` with plain Node. Its stdout is piped, its stderr is ours. */
export async function startProgram(name: string, ...args: string[]): Promise<ChildProcess> {
  const program = join(await compileForChildren(), "test", "node", "programs", `${name}.js`);
  const child = spawn(process.execPath, [program, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** The first line that the program prints, or an error when it ends without one. */
export async function firstLine(child: ChildProcess): Promise<string> {
  for await (const piece of child.stdout ?? []) return String(piece).trim();
  throw new Error(`the program ended with ${child.exitCode ?? child.signalCode} and printed nothing`);
}

/** All that the program prints until it ends with exit code 0. */
export async function outputOf(child: ChildProcess): Promise<string> {
  let output = "";
  child.stdout?.on("data", (piece: Buffer) => {
    output += piece.toString("utf8");
  });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  if (code !== 0) throw new Error(`the program ended with ${code ?? signal}: ${output}`);
  return output;
}

/** Kills with SIGKILL and waits until the process is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** For `afterEach`: no test leaves a process behind. */
export async function killAll(): Promise<void> {
  await Promise.all([...running].map(kill));
}
