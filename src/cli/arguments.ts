/** The command line, read by node:util's parseArgs: which command, its options, and what follows `--`. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { codeOf, ConfigurationError } from "../errors.js";
import { nearest } from "../options/names.js";
import { CONFIG, SECRET_VARIABLE, SETTINGS } from "./settings-table.js";

/** The options that are no settings. */
export const OPTIONS = {
  [CONFIG.flag]: { type: "string" },
  json: { type: "boolean" },
  "non-interactive": { type: "boolean" },
  verbose: { type: "boolean", short: "v" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
  "acr-values": { type: "string" },
  "force-refresh": { type: "boolean" },
  "id-token": { type: "boolean" },
  "exec-credential": { type: "boolean" },
  all: { type: "boolean" },
  "from-shared-database": { type: "boolean" },
  local: { type: "boolean" },
  "provider-session": { type: "boolean" },
  env: { type: "string" },
  "token-file": { type: "boolean" },
  host: { type: "string", multiple: true },
  username: { type: "string" },
} as const;

/** The commands, each with the options that it has beside the common ones. */
export const COMMANDS = {
  login: ["acr-values"],
  import: ["from-shared-database"],
  token: ["force-refresh", "id-token", "exec-credential"],
  header: ["force-refresh"],
  whoami: [],
  list: [],
  logout: ["all", "local", "provider-session"],
  status: [],
  doctor: [],
  init: [],
  exec: ["env", "token-file", "force-refresh"],
  "git-credential": ["host", "username"],
  completion: [],
  help: [],
} as const;

/** Where a word is likely meant for something. */
const HINTS: Readonly<Partial<Record<CommandName, string>>> = {
  exec: " The command stands after --, as in: keystone-auth exec -- COMMAND.",
  import: " It reads the refresh token from stdin, as in: keystone-auth import < FILE.",
};

/** Those that take further words. */
const WITH_OPERANDS: readonly CommandName[] = ["git-credential", "completion", "help"];

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
  if (command !== undefined && !WITH_OPERANDS.includes(command) && operands.length > 0) {
    throw usage(command, `keystone-auth ${command} takes no further words.${HINTS[command] ?? ""}`);
  }
  if (command !== "exec" && rest !== undefined) throw usage("--", "Only exec takes a command after --.");
  return { command, values, operands, rest };
}

function parse(args: readonly string[]): { readonly values: Values; readonly positionals: readonly string[] } {
  const options: NonNullable<ParseArgsConfig["options"]> = { ...OPTIONS };
  for (const { flag, kind } of SETTINGS.flatMap((setting) => [setting, ...(setting.parts ?? [])])) {
    if (flag) options[flag] = { type: kind.isSwitch ? "boolean" : "string", multiple: kind.repeats === true };
  }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return { values: values as Values, positionals };
  } catch (error) {
    const code = codeOf(error);
    if (!code?.startsWith("ERR_PARSE_ARGS_")) throw error;
    const { message } = error as Error;
    const option = /--?[a-z][a-z-]*/i.exec(message)?.[0] ?? "option";
    if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
      const near = nearest(option.replace(/^--?/, ""), Object.keys(options));
      throw usage(option, `There is no option ${option}.${near === undefined ? "" : ` Do you mean --${near}?`}`);
    }
    // What follows the first sentence is advice for positionals that begin with a dash.
    throw usage(option, `${/^[^.\n]*/.exec(message)?.[0]}.`);
  }
}

/** Every user of a machine can read the command lines of its processes, and shells keep them. */
function refuseSecrets(args: readonly string[]): void {
  const secret = /^--?(client[-_]?secret|secret|password|(refresh[-_]?)?token)(=|$)/i;
  const [, option = "", refresh] = args.map((arg) => secret.exec(arg)).find((found) => found) ?? [];
  if (option === "") return;
  const why = "A secret is not taken from the command line, which other users of the machine can read.";
  if (refresh) throw usage(`--${option}`, `${why} Give a refresh token on stdin: keystone-auth import < FILE.`);
  throw usage("--client-secret", `${why} Set the environment variable ${SECRET_VARIABLE}.`);
}

function readCommand(name: string | undefined, values: Values): CommandName | undefined {
  if (name !== undefined && Object.hasOwn(COMMANDS, name)) return name as CommandName;
  const known = Object.keys(COMMANDS);
  if (name === undefined) {
    // A program that wants JSON can do nothing with a help.
    const wantsJson = values.json && !values.help && !values.version;
    if (wantsJson) throw usage("command", `A command is needed: ${known.join(", ")}.`);
    return undefined;
  }
  const near = nearest(name, known);
  const hint = near === undefined ? `: ${known.join(", ")}.` : `. Do you mean ${near}?`;
  throw usage("command", `There is no such command${hint}`);
}

function checkOptions(command: CommandName, values: Values): void {
  const own: readonly string[] = COMMANDS[command];
  for (const [name, options] of Object.entries(COMMANDS)) {
    const foreign = options.find((option) => values[option] !== undefined && !own.includes(option));
    if (foreign) throw usage(`--${foreign}`, `--${foreign} is an option of ${name}, not of ${command}.`);
  }
}
