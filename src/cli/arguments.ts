/** The command line, read by node:util's parseArgs: which command, its options, and what follows `--`. */
import { parseArgs } from "node:util";
import { ConfigurationError } from "../errors.js";

const text = { type: "string" } as const;
const texts = { type: "string", multiple: true } as const;
const flag = { type: "boolean" } as const;

const OPTIONS = {
  issuer: text,
  "client-id": text,
  scope: texts,
  audience: texts,
  flow: text,
  "storage-directory": text,
  "min-validity": text,
  "login-timeout": text,
  config: text,
  "allow-insecure-loopback": flag,
  json: flag,
  "non-interactive": flag,
  verbose: { type: "boolean", short: "v" },
  help: { type: "boolean", short: "h" },
  version: flag,
  "force-refresh": flag,
  "exec-credential": flag,
  local: flag,
  "provider-session": flag,
  env: text,
  host: texts,
  username: text,
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
} as const;

export type CommandName = keyof typeof COMMANDS;
export type Values = ReturnType<typeof parse>["values"];

export interface Arguments {
  /** Absent with `--help` and `--version`. */
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

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
}

/** @throws ConfigurationError (`configuration`) that repeats no value, since one may be a secret in the wrong place */
export function readArguments(args: readonly string[]): Arguments {
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  refuseSecrets(own);
  const { values, positionals } = parseOwn(own);
  const [name, ...operands] = positionals;
  const rest = end < 0 ? undefined : args.slice(end + 1);
  const command = readCommand(name, values);
  if (command !== undefined) checkOptions(command, values);
  if (command !== "git-credential" && operands.length > 0) {
    const hint = command === "exec" ? " The command stands after --, as in: keystone-auth exec -- COMMAND." : "";
    throw usage(command ?? "command", `keystone-auth ${command ?? ""} takes no further words.${hint}`);
  }
  if (command !== "exec" && rest !== undefined) throw usage("--", "Only exec takes a command after --.");
  return { command, values, operands, rest };
}

function parseOwn(args: readonly string[]): ReturnType<typeof parse> {
  try {
    return parse(args);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    if (typeof code !== "string" || !code.startsWith("ERR_PARSE_ARGS_")) throw error;
    // The first sentence names the option; what follows is advice for positionals that begin with a dash.
    const option = /--?[a-z][a-z-]*/i.exec(String(message))?.[0];
    if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION")
      throw usage(option ?? "option", `There is no option ${option ?? ""}.`);
    throw usage(option ?? "option", `${/^[^.]*/.exec(String(message))?.[0]?.replace(/\n.*/s, "")}.`);
  }
}

/** Every user of a machine can read the command lines of its processes, and shells keep them. */
function refuseSecrets(args: readonly string[]): void {
  const secret = args.find((arg) => /^--?(client[-_]?secret|secret|password|token)(=|$)/i.test(arg));
  if (secret === undefined) return;
  throw usage(
    "--client-secret",
    "A secret is not taken from the command line, which other users of the machine can read. Set the environment variable CEGAL_KEYSTONE_CLIENT_SECRET.",
  );
}

function readCommand(name: string | undefined, values: Values): CommandName | undefined {
  if (name !== undefined && Object.hasOwn(COMMANDS, name)) return name as CommandName;
  if (name === undefined && (values.help || values.version)) return undefined;
  const known = Object.keys(COMMANDS).join(", ");
  throw usage("command", `${name === undefined ? "A command is needed" : "There is no such command"}: ${known}.`);
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
