/** `exec -- COMMAND`: the token in the environment of a command, never among its arguments, which others can read. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { EnvironmentError } from "../../errors.js";
import { type Arguments, usage } from "../arguments.js";
import { withClient } from "../command-run.js";
import { EXIT } from "../exit-codes.js";
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
    return await runChild(command, rest, { ...withoutSecrets(process.env), [variable]: token }, release);
  });
}

/** The command gets the token instead of the secret that it is had by. Windows makes no difference between small and capital letters. */
function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const secrets = SETTINGS.filter(({ isSecret }) => isSecret).map(({ variable }) => variable);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !secrets.includes(name.toUpperCase())));
}

function runChild(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  release: () => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { stdio: "inherit", env });
    const atTerminal = isTerminal.stdin();
    const forward = (name: NodeJS.Signals) => {
      if (!atTerminal || !FROM_TERMINAL.includes(name)) child.kill(name);
    };
    for (const name of SIGNALS) process.on(name, forward);
    // Only now: in between a signal would end this process and leave the command alone.
    release();
    const end = () => {
      for (const name of SIGNALS) process.off(name, forward);
    };
    child.once("error", (error: NodeJS.ErrnoException) => {
      end();
      const code = cannotStart(error);
      if (code === undefined)
        reject(new EnvironmentError("The command could not be started.", { causeCode: error.code }));
      else resolve(code);
    });
    child.once("exit", (code, signal) => {
      end();
      resolve(code ?? 128 + constants.signals[signal ?? "SIGKILL"]);
    });
  });
}

/** As shells have it. */
function cannotStart({ code }: NodeJS.ErrnoException): number | undefined {
  if (code === "ENOENT") {
    writeToPerson("keystone-auth: The command was not found.\n");
    return EXIT.notFound;
  }
  if (code !== "EACCES" && code !== "ENOEXEC" && code !== "E2BIG" && code !== "EISDIR") return undefined;
  writeToPerson(`keystone-auth: The command was found and cannot be run (${code}).\n`);
  return EXIT.cannotRun;
}
