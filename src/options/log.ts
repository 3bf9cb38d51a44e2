/** The logger as the library uses it: one line, no control characters, and nothing that a program's logger does can hurt. */
import type { Logger } from "./options.js";
import type { Log } from "../ports.js";

const LONGEST_LINE = 500;

/**
 * One printable line of at most `longest` characters. Control, bidi and line-breaking characters become blanks: text
 * from outside must not forge lines or drive a terminal.
 */
export function oneLine(text: string, longest = LONGEST_LINE): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, " ").trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** A text, or a list of texts, from outside as it stands in a sentence: bounded. What is nested may be nested without end. */
export function quoted(value: unknown): string {
  if (value === undefined) return "missing";
  const isText = [value].flat().every((each) => typeof each === "string");
  return isText ? oneLine(JSON.stringify(value), 200) : "no text";
}

/** Wraps the program's logger; silent without one. */
export function createLog(logger: Logger | undefined): Log {
  const at = (level: keyof Log) => (message: string) => {
    try {
      // A logger may be async by accident; its rejection must not end the process.
      const result: unknown = logger?.[level]?.(oneLine(`keystone-auth: ${message}`));
      if (result instanceof Promise) result.catch(() => {});
    } catch {
      // A logger that throws changes nothing.
    }
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
