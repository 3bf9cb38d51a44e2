/** A command that `exec` has started: signals are passed on to it, and its end is this process's end. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { isTerminal } from "./terminal.js";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGBREAK"] as const;
/** The terminal sends them to the command as well: once more could mean "at once, whatever is lost". */
const FROM_TERMINAL: readonly string[] = ["SIGINT", "SIGQUIT", "SIGBREAK"];

type Signal = (typeof SIGNALS)[number];

/** Those that this system has: to listen for another is refused. */
export const signalsOf = (known: object): Signal[] => SIGNALS.filter((name) => name in known);

/** Sends the signal. Windows has few to send: there the command is ended instead. */
export function passOn(child: { kill(name?: Signal): boolean }, name: Signal): void {
  try {
    child.kill(name);
  } catch {
    child.kill();
  }
}

/** The exit code of the child: its own, or 128 and the number of the signal that ended it. Rejects where it could not be started. */
export async function exitOf(child: ChildProcess, release: () => void): Promise<number> {
  const atTerminal = isTerminal.stdin();
  const signals = signalsOf(constants.signals);
  const forward = (name: Signal) => {
    if (!atTerminal || !FROM_TERMINAL.includes(name)) passOn(child, name);
  };
  for (const name of signals) process.on(name, forward);
  // Only now: in between a signal would end this process and leave the command alone.
  release();
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + constants.signals[signal ?? "SIGKILL"];
  } finally {
    for (const name of signals) process.off(name, forward);
  }
}
