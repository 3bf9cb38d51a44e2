/** The command line, read by node:util's parseArgs: which command, its options, and what follows `--`. */
import { parseArgs } from "node:util";
import { ConfigurationError } from "../errors.js";
import { CONFIG, SECRET_VARIABLE, SETTINGS } from "./settings-table.js";

interface OptionType {
  readonly type: "string" | "boolean";
  readonly multiple?: boolean;
}

/** The options that are no settings. */
const OPTIONS = {
  [CONFIG.flag]: { type: "string" },
  json: { type: "boolean" },
  "non-interactive": { type: "boolean" },
  verbose: { type: "boolean", short: "v" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
  "force-refresh": { type: "boolean" },
  "exec-credential": { type: "boolean" },
  local: { type: "boolean" },
  "provider-session": { type: "boolean" },
  env: { type: "string" },
  host: { type: "string", multiple: true },
  username: { type: "string" },
} as const;

/** The commands, each with the options that it has beside the common ones. */
const COMMANDS = {
  login: [],
  token: ["force-refresh", "exec-credential"],
  header: ["force-refresh"],
  whoami: [],
  logout: ["local", "provider-session"],
  status: [],
  doctor: [],
  exec: ["env", "force-refresh"],
  "git-credential": ["host", "username"],
  help: [],
} as const;

export type CommandName = keyof typeof COMMANDS;
type OwnValues = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; strict: true }>>["values"];
/** By the names of flags: the command's own options, and those of the settings. */
export type Values = OwnValues & Readonly<Record<string, string | boolean | string[] | undefined>>;

export interface Arguments {
  /** Absent with `--help`, with `--version` and where nothing is asked for. */
  readonly command: CommandName | undefined;
  readonly values: Values;
  /** What follows the command's name. */
  readonly operands: readonly string[];
  /** What follows `--`; absent where there is no `--`. */
  readonly rest: readonly string[] | undefined;
}

export function usage(option: string, message: string): ConfigurationError {
  return new ConfigurationError(option, `${message} See keystone-auth --help.`);
}

/** The known word that was meant, where it is one slip away, or two in a long word. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const most = word.length < 6 ? 1 : 2;
  const [best] = known
    .map((name) => ({ name, slips: slipsBetween(word.slice(0, 100).toLowerCase(), name.toLowerCase()) }))
    .filter(({ slips }) => slips <= most)
    .sort((a, b) => a.slips - b.slips);
  return best?.name;
}

/** How many letters must be added, dropped, changed or swapped with the next one. */
function slipsBetween(from: string, to: string): number {
  let [beforeLast, last]: [number[], number[]] = [[], Array.from({ length: to.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const changed = (last[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = isSwapped ? (beforeLast[j - 2] ?? 0) + 1 : changed;
      row.push(Math.min(changed, swapped, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    [beforeLast, last] = [last, row];
  }
  return last[to.length] ?? 0;
}

/** @throws ConfigurationError (`configuration`) that repeats no value, since one may be a secret in the wrong place */
export function readArguments(args: readonly string[]): Arguments {
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  refuseSecrets(own);
  const { values, positionals } = parse(own);
  const [name, ...operands] = positionals;
  const rest = end < 0 ? undefined : args.slice(end + 1);
  const command = readCommand(name, values);
  if (command !== undefined) checkOptions(command, values);
  if (command !== "git-credential" && command !== "help" && operands.length > 0) {
    const hint = command === "exec" ? " The command stands after --, as in: keystone-auth exec -- COMMAND." : "";
    throw usage(command ?? "command", `keystone-auth ${command ?? ""} takes no further words.${hint}`);
  }
  if (command !== "exec" && rest !== undefined) throw usage("--", "Only exec takes a command after --.");
  return { command, values, operands, rest };
}

function optionsOfSettings(): Record<string, OptionType> {
  const options: Record<string, OptionType> = {};
  for (const { flag, kind } of SETTINGS) {
    if (flag === undefined) continue;
    options[flag] = { type: kind.isSwitch ? "boolean" : "string", multiple: kind.repeats === true };
  }
  return options;
}

function parse(args: readonly string[]): { readonly values: Values; readonly positionals: readonly string[] } {
  const options = { ...optionsOfSettings(), ...OPTIONS };
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return { values: values as Values, positionals };
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    if (typeof code !== "string" || !code.startsWith("ERR_PARSE_ARGS_")) throw error;
    // The first sentence names the option; what follows is advice for positionals that begin with a dash.
    const option = /--?[a-z][a-z-]*/i.exec(String(message))?.[0];
    if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
      const near = nearest(option?.replace(/^--?/, "") ?? "", Object.keys(options));
      const hint = near === undefined ? "" : ` Do you mean --${near}?`;
      throw usage(option ?? "option", `There is no option ${option ?? ""}.${hint}`);
    }
    throw usage(option ?? "option", `${/^[^.]*/.exec(String(message))?.[0]?.replace(/\n.*/s, "")}.`);
  }
}

/** Every user of a machine can read the command lines of its processes, and shells keep them. */
function refuseSecrets(args: readonly string[]): void {
  const secret = args.find((arg) => /^--?(client[-_]?secret|secret|password|token)(=|$)/i.test(arg));
  if (secret === undefined) return;
  throw usage(
    "--client-secret",
    `A secret is not taken from the command line, which other users of the machine can read. Set the environment variable ${SECRET_VARIABLE}.`,
  );
}

function readCommand(name: string | undefined, values: Values): CommandName | undefined {
  if (name !== undefined && Object.hasOwn(COMMANDS, name)) return name as CommandName;
  const commands = Object.keys(COMMANDS);
  const known = commands.join(", ");
  if (name === undefined) {
    // A program that wants JSON can do nothing with a help.
    if (values.json && !values.help && !values.version) throw usage("command", `A command is needed: ${known}.`);
    return undefined;
  }
  const near = nearest(name, commands);
  throw usage(
    "command",
    near === undefined ? `There is no such command: ${known}.` : `There is no such command. Do you mean ${near}?`,
  );
}

function checkOptions(command: CommandName, values: Values): void {
  const own: readonly string[] = COMMANDS[command];
  for (const [name, options] of Object.entries(COMMANDS)) {
    for (const option of options) {
      if (values[option] === undefined || own.includes(option)) continue;
      throw usage(`--${option}`, `--${option} is an option of ${name}, not of ${command}.`);
    }
  }
}
