/** The log of a program that gives no logger: nothing, or what CEGAL_KEYSTONE_AUTH_LOG asks for, on stderr. */
import { writeSync } from "node:fs";
import type { Logger } from "../options/options.js";

export const LEVELS = ["debug", "info", "warn", "error"] as const;
const STDERR = 2;

/** A line as it is written, with its end. */
export const logLine = (level: (typeof LEVELS)[number], message: string): string =>
  `${new Date().toISOString()} ${level} ${message}\n`;

/** Lines of the level that is named and above it; `undefined` for any other name. */
export function stderrLogger(level: string | undefined): Logger | undefined {
  const from = LEVELS.findIndex((each) => each === level);
  if (from < 0) return undefined;
  const line = (name: (typeof LEVELS)[number]) => (message: string) => {
    try {
      writeSync(STDERR, logLine(name, message));
    } catch {
      // Whoever reads it has gone, or is slow: a log changes nothing.
    }
  };
  return Object.fromEntries(LEVELS.slice(from).map((name) => [name, line(name)]));
}
