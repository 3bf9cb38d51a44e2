#!/usr/bin/env node
/**
 * The command, from the arguments to the exit code. The one module of this package that works when it is loaded: it is
 * started, not imported.
 */
import { loadPart } from "../load-part.js";
import { levelProblem } from "../node/stderr-log.js";
import { type Arguments, type CommandName, readArguments } from "./arguments.js";
import { header, token } from "./commands/token.js";
import { writeToPerson } from "./output.js";

type Command = (args: Arguments) => Promise<number>;

/** Each but `token` and `header` is loaded when it is asked for. */
const COMMANDS: Readonly<Record<CommandName, () => Command | Promise<Command>>> = {
  token: () => token,
  header: () => header,
  login: async () => (await import("./commands/login.js")).login,
  import: async () => (await import("./commands/import.js")).importCommand,
  logout: async () => (await import("./commands/login.js")).logout,
  status: async () => (await import("./commands/status.js")).status,
  list: async () => (await import("./commands/list.js")).list,
  whoami: async () => (await import("./commands/status.js")).whoami,
  doctor: async () => (await import("./commands/doctor.js")).doctor,
  init: async () => (await import("./commands/init.js")).init,
  completion: async () => (await import("./commands/completion.js")).completion,
  exec: async () => (await import("./commands/exec.js")).exec,
  "git-credential": async () => (await import("./commands/git-credential.js")).gitCredential,
  help: async () => (await import("./help.js")).help,
};

/** What writes no log, whatever it is asked for. */
const ONLY_TEXT: readonly CommandName[] = ["completion", "help"];

/** Few machines have one: what it takes is loaded then. */
const namesProxy = (): boolean => Object.keys(process.env).some((name) => /^(https?|all)_proxy$/i.test(name));

/** Never rejects. */
async function run(args: readonly string[]): Promise<number> {
  try {
    const read = readArguments(args);
    const { command = "help", values } = read;
    const code = namesProxy() ? await (await import("./proxies.js")).useProxies(read) : undefined;
    if (code !== undefined) return code;
    const name = values.help || values.version ? "help" : command;
    const problem = ONLY_TEXT.includes(name) ? undefined : levelProblem();
    if (problem !== undefined) writeToPerson(`keystone-auth: ${problem}\n`);
    const load = COMMANDS[name];
    const execute = await loadPart(async () => await load());
    return await execute(read);
  } catch (error) {
    const { reportFailure } = await import("./failure.js");
    return reportFailure(error, args.includes("--json"));
  }
}

// Stays where the process ends before the command has: nothing may look like success by accident.
process.exitCode = 1;
// Not awaited: the parts that load later import from the bundle of this one, and would wait for its end.
void run(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
