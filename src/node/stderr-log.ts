/** The log of a program that gives no logger: nothing, or what CEGAL_KEYSTONE_AUTH_LOG asks for, on stderr. */
import { writeSync } from "node:fs";
import type { Logger } from "../options/options.js";

const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];
const STDERR = 2;

/** Where each copy of the library looks whether it was said. */
const SAID = Symbol.for("keystone-auth.level-problem");

/** The level that is named, in small letters or in capitals; `undefined` for any other name. */
export const levelOf = (name: string | undefined): Level | undefined =>
  LEVELS.find((level) => level === name?.toLowerCase());

/** What is wrong with CEGAL_KEYSTONE_AUTH_LOG, a sentence. */
export function levelProblem(name = process.env.CEGAL_KEYSTONE_AUTH_LOG): string | undefined {
  if (!name || levelOf(name)) return undefined;
  return `CEGAL_KEYSTONE_AUTH_LOG is no level that is known, and not used: it is one of ${LEVELS.join(", ")}.`;
}

/** A line as it is written, with its end. */
export const logLine = (level: Level, message: string): string => `${new Date().toISOString()} ${level} ${message}\n`;

/** Lines of the level that is named and above it; `undefined` for any other name. */
export function stderrLogger(name: string | undefined): Logger | undefined {
  const from = levelOf(name);
  if (from === undefined) return undefined;
  const line = (level: Level) => (message: string) => write(logLine(level, message));
  return Object.fromEntries(LEVELS.slice(LEVELS.indexOf(from)).map((level) => [level, line(level)]));
}

/** Says once a process what is wrong with the level: whoever asks for a log and gets none would look for the fault elsewhere. */
export function tellLevelProblem(): void {
  const problem = levelProblem();
  const said = globalThis as Record<symbol, unknown>;
  if (problem === undefined || said[SAID]) return;
  said[SAID] = true;
  write(`keystone-auth: ${problem}\n`);
}

function write(line: string): void {
  try {
    writeSync(STDERR, line);
  } catch {
    // Whoever reads it has gone, or is slow: a log changes nothing.
  }
}
