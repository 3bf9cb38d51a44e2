/** The mode of the terminal behind stdin, and whose turn it is there. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** What ends a process: the terminal must be as it was by then. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
const LONGEST_MS = 1000;

/**
 * Whether this process is in the foreground of its terminal. Who reads one from the background is stopped. True where that
 * cannot be told, and where there is no terminal to be stopped by.
 */
export function isForeground(): boolean {
  const { group, foreground } = jobOf(process.platform);
  return foreground === undefined || foreground <= 0 || group === foreground;
}

interface Job {
  readonly group?: number | undefined;
  /** The process group in the terminal's foreground. */
  readonly foreground?: number | undefined;
}

function jobOf(platform: NodeJS.Platform): Job {
  if (platform === "win32") return {};
  try {
    if (platform === "linux") {
      // The name of the program, in brackets, may hold anything: state, parent, group, session, terminal, foreground follow.
      const [, , group, , , foreground] = (readFileSync("/proc/self/stat", "utf8").split(") ").at(-1) ?? "").split(" ");
      return { group: Number(group), foreground: Number(foreground) };
    }
    const { stdout } = run("ps", ["-o", "pgid=,tpgid=", "-p", String(process.pid)]);
    const [group, foreground] = stdout.trim().split(/\s+/).map(Number);
    return { group, foreground };
  } catch {
    return {};
  }
}

/**
 * A terminal in line mode cuts a line at 4,095 bytes (1,024 on macOS), and an answer may be longer. Gives the function that
 * puts the mode back; `undefined` where there is no such mode. Signals keep their meaning, and what is typed is shown.
 */
export function takeLineLimitOff(): (() => void) | undefined {
  if (process.platform === "win32") return undefined;
  const mode = stty("-g");
  if (mode === undefined || stty("-icanon", "min", "1", "time", "0") === undefined) return undefined;
  let isRestored = false;
  const restore = () => {
    if (isRestored) return;
    isRestored = true;
    process.off("exit", restore);
    for (const name of SIGNALS) process.off(name, onSignal);
    // From the background the mode cannot be changed, and the shell has set its own.
    if (isForeground()) stty(mode);
  };
  const onSignal = (name: NodeJS.Signals) => {
    // A program that listens itself goes on, or ends by the event "exit".
    if (process.listenerCount(name) > 1) return;
    restore();
    process.kill(process.pid, name);
  };
  process.on("exit", restore);
  for (const name of SIGNALS) process.on(name, onSignal);
  return restore;
}

/**
 * `undefined` where it fails. From the background a terminal stops whoever changes its mode, with all of its process group: the
 * program that does it here has that signal ignored.
 */
function stty(...words: string[]): string | undefined {
  const { status, stdout } = run("sh", ["-c", "trap '' TTOU TSTP; exec stty \"$@\"", "sh", ...words]);
  return status === 0 ? stdout.trim() : undefined;
}

/** With this process's own stdin. */
function run(command: string, words: readonly string[]) {
  const { status, stdout } = spawnSync(command, words, {
    stdio: ["inherit", "pipe", "ignore"],
    encoding: "utf8",
    timeout: LONGEST_MS,
    killSignal: "SIGKILL",
  });
  return { status, stdout: stdout ?? "" };
}
