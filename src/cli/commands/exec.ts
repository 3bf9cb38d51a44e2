/** `exec -- COMMAND`: the token in the environment of a command, never among its arguments, which others can read. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { codeOf, EnvironmentError } from "../../errors.js";
import { type Arguments, usage } from "../arguments.js";
import { withClient } from "../command-run.js";
import { EXIT } from "../failure.js";
import { writeToPerson } from "../output.js";
import { SETTINGS } from "../settings-table.js";
import { isTerminal } from "../terminal.js";

const DEFAULT_VARIABLE = "KEYSTONE_ACCESS_TOKEN";
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;
/** The terminal sends them to the command as well: once more could mean "at once, whatever is lost". */
const FROM_TERMINAL: readonly string[] = ["SIGINT", "SIGQUIT"];

export function exec(args: Arguments): Promise<number> {
  const [command, ...rest] = args.rest ?? [];
  const variable = args.values.env ?? DEFAULT_VARIABLE;
  if (command === undefined || command === "") {
    throw usage("exec", "A command is needed after --, as in: keystone-auth exec -- COMMAND.");
  }
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) {
    throw usage("--env", "--env must be the name of a variable: letters, digits and _, with no digit first.");
  }
  return withClient(args, async ({ client, call, release }) => {
    const token = await client.getAccessToken(call);
    call.signal.throwIfAborted();
    const env = { ...withoutSecrets(process.env), [variable]: token };
    return await runChild(() => spawn(command, rest, { stdio: "inherit", env }), release);
  });
}

/** The command gets the token instead of the secret that it is had by. Windows makes no difference between small and capital letters. */
function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const secrets = SETTINGS.filter(({ isSecret }) => isSecret).map(({ variable }) => variable);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !secrets.includes(name.toUpperCase())));
}

async function runChild(start: () => ChildProcess, release: () => void): Promise<number> {
  try {
    return await exitOf(start(), release);
  } catch (error) {
    // As shells have it.
    const code = codeOf(error);
    if (code === "ENOENT") {
      writeToPerson("keystone-auth: The command was not found.\n");
      return EXIT.notFound;
    }
    if (!["EACCES", "ENOEXEC", "E2BIG", "EISDIR"].includes(code ?? ""))
      throw new EnvironmentError("The command could not be started.", { causeCode: code });
    writeToPerson(`keystone-auth: The command was found and cannot be run (${code}).\n`);
    return EXIT.cannotRun;
  }
}

async function exitOf(child: ChildProcess, release: () => void): Promise<number> {
  const atTerminal = isTerminal.stdin();
  const forward = (name: NodeJS.Signals) => {
    if (!atTerminal || !FROM_TERMINAL.includes(name)) child.kill(name);
  };
  for (const name of SIGNALS) process.on(name, forward);
  // Only now: in between a signal would end this process and leave the command alone.
  release();
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + constants.signals[signal ?? "SIGKILL"];
  } finally {
    for (const name of SIGNALS) process.off(name, forward);
  }
}
