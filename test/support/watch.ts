/**
 * Watches what leaves a program while a test runs, for two promises: no secret in anything that a person or a log may
 * see, and no rejection that nobody handles. It knows no test framework and throws plain errors.
 */
import { inspect } from "node:util";
import { secretsIn } from "./secrets-in.js";

export { secretsIn } from "./secrets-in.js";

/** Where something was captured. */
export interface Captured {
  /** `console.warn`, `stdout`, `stderr`, `warning`, `unhandledRejection`, `uncaughtException` or `given` (to `expectClean`). */
  readonly where: string;
  readonly value: unknown;
}

/** A running watch. Stop it, or the console stays captured. */
export interface Watch {
  /** Everything so far, oldest first. */
  readonly captured: readonly Captured[];
  /**
   * Throws an `Error` when a secret stands in anything captured or in `extra` (errors, events, log lines, pages), or
   * when there was an unhandled rejection or uncaught exception. It names the place, and of the secret its beginning only.
   */
  expectClean(extra?: readonly unknown[]): void;
  /** Puts everything back. Idempotent. */
  stop(): void;
}

const LEVELS = ["debug", "dir", "error", "info", "log", "table", "trace", "warn"] as const;
type Write = typeof process.stdout.write;

function captureConsole(keep: (where: string, value: unknown) => void): () => void {
  const originals = LEVELS.map((level) => [level, console[level]] as const);
  for (const [level, original] of originals) {
    console[level] = (...values: unknown[]): void => {
      keep(`console.${level}`, values);
      Reflect.apply(original, console, values);
    };
  }
  return () => {
    for (const [level, original] of originals) console[level] = original as never;
  };
}

function captureStream(name: "stdout" | "stderr", keep: (where: string, value: unknown) => void): () => void {
  const stream = process[name];
  const original = stream.write;
  const write = (piece: string | Uint8Array, ...rest: unknown[]): boolean => {
    keep(name, typeof piece === "string" ? piece : Buffer.from(piece).toString("utf8"));
    return Reflect.apply(original, stream, [piece, ...rest]) as boolean;
  };
  stream.write = write as Write;
  return () => {
    stream.write = original;
  };
}

function captureProcess(keep: (where: string, value: unknown) => void): () => void {
  const listeners = (["unhandledRejection", "uncaughtException", "warning"] as const).map(
    (event) => [event, (value: unknown): void => keep(event, value)] as const,
  );
  for (const [event, listener] of listeners) process.on(event as "warning", listener);
  return () => {
    for (const [event, listener] of listeners) process.off(event, listener);
  };
}

function faultsOf({ where, value }: Captured, secrets: readonly string[]): string[] {
  // The end of a secret is not shown: this message lands in a log as well.
  const leaks = secretsIn(value, secrets).map(
    (secret) => `${where} holds the secret that begins "${secret.slice(0, 16)}"`,
  );
  if (where === "unhandledRejection" || where === "uncaughtException") leaks.push(`${where}: ${inspect(value)}`);
  return leaks;
}

/** Starts watching. `secrets` is asked when it is checked, so that it may be `() => provider.secrets()`. */
export function startWatch(options: { readonly secrets: () => readonly string[] }): Watch {
  const captured: Captured[] = [];
  const keep = (where: string, value: unknown): void => void captured.push({ where, value });
  const undo = [
    captureConsole(keep),
    captureStream("stdout", keep),
    captureStream("stderr", keep),
    captureProcess(keep),
  ];
  return {
    captured,
    expectClean(extra = []) {
      const all = [...captured, ...extra.map((value) => ({ where: "given", value }))];
      const secrets = options.secrets();
      const faults = [...new Set(all.flatMap((one) => faultsOf(one, secrets)))];
      if (faults.length > 0) throw new Error(`the watch is not clean:\n${faults.join("\n")}`);
    },
    stop() {
      for (const back of undo.splice(0)) back();
    },
  };
}
