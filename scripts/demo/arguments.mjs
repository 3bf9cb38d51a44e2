/** What a demo is told: its options, or `--help`. */
import { parseArgs } from "node:util";

/** As of sysexits: EX_USAGE. */
const USAGE = 64;

/** The options as `parseArgs` gives them. Shows `help` and ends where that is asked for, or where an option cannot be used. */
export function readArguments(help, options) {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: "boolean", short: "h" } } });
    if (!values.help) return values;
    process.stdout.write(help);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error.message.replace(/\.?$/, ".")}\n\n${help}`);
    process.exit(USAGE);
  }
}
