/** Programs that end with this one: each has a process group, and so have the helpers that it starts. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const place = fileURLToPath(new URL("../../examples/frameworks/", import.meta.url));
const running = new Set();

function end({ pid }) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

let hasEnded = false;

/** Nothing starts afterwards: work that was interrupted may go on for a moment, and would leave a program behind. */
export function endAll() {
  hasEnded = true;
  for (const child of running) end(child);
}

// However this program ends, short of being killed.
process.on("exit", endAll);

/** Starts a program in `examples/frameworks`. `output()` is what it has printed so far. */
export function start(command, args, { environment = {}, cwd = place } = {}) {
  if (hasEnded) throw new Error("All has ended.");
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part) => {
      output += part;
    });
  const ended = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  }).finally(() => running.delete(child));
  return { ended, output: () => output, end: () => end(child) };
}

/** Runs it to its end, and gives what it printed. Rejects with its output where it fails or takes too long. */
export async function run(command, args, { limitMs = 180_000, ...options } = {}) {
  const program = start(command, args, options);
  const timer = setTimeout(program.end, limitMs);
  const code = await program.ended.finally(() => clearTimeout(timer));
  if (code !== 0) throw new Error(`${[command, ...args].join(" ")} ended with ${code}:\n${program.output().trimEnd()}`);
  return program.output();
}
