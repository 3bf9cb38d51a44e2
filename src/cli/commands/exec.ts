/** `exec -- COMMAND`: the token in the environment of a command, never among its arguments, which others can read. */
import { spawn } from "node:child_process";
import { codeOf, EnvironmentError } from "../../errors.js";
import { oneLine } from "../../options/log.js";
import { type Arguments, usage } from "../arguments.js";
import { exitOf } from "../child-process.js";
import { type CommandRun, withClient } from "../command-run.js";
import { EXIT } from "../failure.js";
import { writeToPerson } from "../output.js";
import { SETTINGS } from "../settings-table.js";

const DEFAULT_VARIABLE = "KEYSTONE_ACCESS_TOKEN";

export function exec(args: Arguments): Promise<number> {
  const [command, ...rest] = args.rest ?? [];
  const variable = args.values.env ?? DEFAULT_VARIABLE;
  if (command === undefined || command === "") {
    throw usage("exec", "A command is needed after --, as in: keystone-auth exec -- COMMAND.");
  }
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) {
    throw usage("--env", "--env must be the name of a variable: letters, digits and _, with no digit first.");
  }
  // Windows makes no difference between small and capital letters.
  if (variable === "PATH" || (process.platform === "win32" && variable.toUpperCase() === "PATH")) {
    throw usage("--env", "--env cannot be PATH: the command, and what it starts, are found by PATH.");
  }
  return withClient(args, async (run) => {
    const { client, call, release } = run;
    const set = await client.getTokenSet(call);
    call.signal.throwIfAborted();
    const env = { ...withoutSecrets(process.env), [variable]: set.accessToken };
    if (!args.values["token-file"]) return await runChild(command, rest, env, release);
    const file = await beginTokenFile(run);
    try {
      await file.begin(set);
      // A signal may have come while it was written.
      call.signal.throwIfAborted();
      return await runChild(command, rest, { ...env, [`${variable}_FILE`]: file.path }, release);
    } finally {
      file.end();
    }
  });
}

async function beginTokenFile({ client }: CommandRun) {
  const { TokenFile } = await import("../token-file.js");
  return new TokenFile({
    // Nobody is asked while the command has the terminal.
    renew: (rejectedToken) => client.getTokenSet({ interaction: "never", rejectedToken }),
    say: (text) => writeToPerson(`keystone-auth: ${text}\n`),
  });
}

/** The command gets the token instead of the secret that it is had by. Windows makes no difference between small and capital letters. */
function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const secrets = SETTINGS.filter(({ isSecret }) => isSecret).map(({ variable }) => variable);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !secrets.includes(name.toUpperCase())));
}

async function runChild(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  release: () => void,
): Promise<number> {
  try {
    if (process.platform !== "win32") return await exitOf(spawn(command, args, { stdio: "inherit", env }), release);
    const { windowsProgram } = await import("../windows-program.js");
    const program = windowsProgram(command, args, env);
    if (program === undefined) return notFound(command);
    const windowsVerbatimArguments = program.verbatim;
    return await exitOf(
      spawn(program.file, program.args, { stdio: "inherit", env, windowsVerbatimArguments }),
      release,
    );
  } catch (error) {
    // As shells have it.
    const code = codeOf(error);
    if (code === "ENOENT") return notFound(command);
    if (!["EACCES", "ENOEXEC", "E2BIG", "EISDIR"].includes(code ?? "")) {
      if (error instanceof EnvironmentError) throw error;
      throw new EnvironmentError("The command could not be started.", { causeCode: code });
    }
    writeToPerson(`keystone-auth: The command was found and cannot be run (${code}).\n`);
    return EXIT.cannotRun;
  }
}

function notFound(command: string): number {
  writeToPerson(`keystone-auth: The command ${oneLine(command, 200)} was not found.\n`);
  return EXIT.notFound;
}
