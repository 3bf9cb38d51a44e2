/** A logger that keeps its lines. */
import type { Logger } from "../../src/options/options.js";

/** One line as it was logged. */
export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
}

/** Keeps every line, oldest first. Its methods are bound. */
export class CollectLog implements Required<Logger> {
  readonly lines: LogLine[] = [];
  readonly debug = (message: string): void => this.#add("debug", message);
  readonly info = (message: string): void => this.#add("info", message);
  readonly warn = (message: string): void => this.#add("warn", message);
  readonly error = (message: string): void => this.#add("error", message);

  /** The messages of one level, or of all. */
  messages(level?: LogLine["level"]): string[] {
    return this.lines.filter((line) => level === undefined || line.level === level).map((line) => line.message);
  }

  #add(level: LogLine["level"], message: string): void {
    this.lines.push({ level, message });
  }
}
