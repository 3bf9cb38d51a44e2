/** Ctrl-C and its like: the first one ends the work cleanly, the second one the process at once. */
import { constants } from "node:os";
import { AbortedError } from "../errors.js";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface Interruption {
  readonly signal: AbortSignal;
  /** The exit code, 128 and the signal's number, once a signal has come. */
  readonly exitCode: number | undefined;
  /** Signals end the process again as they always do. */
  stop(): void;
}

export function watchInterruption(): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    const code = 128 + constants.signals[name];
    if (exitCode !== undefined) process.exit(code);
    exitCode = code;
    controller.abort(new AbortedError("Interrupted. The session is as it was."));
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    stop: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
