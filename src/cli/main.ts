#!/usr/bin/env node
/**
 * The command, from the arguments to the exit code. The one module of this package that works when it is loaded: it is
 * started, not imported. Each command but `token` and `header` is loaded when it is asked for.
 */
import { type Arguments, readArguments } from "./arguments.js";
import { header, token } from "./commands/token.js";

/** Never rejects. */
async function run(args: readonly string[]): Promise<number> {
  try {
    return await runCommand(readArguments(args));
  } catch (error) {
    const { reportFailure } = await import("./failure.js");
    return reportFailure(error, args.includes("--json"));
  }
}

async function runCommand(args: Arguments): Promise<number> {
  const { command, values } = args;
  if (command === undefined || command === "help" || values.help || values.version) {
    const { help } = await import("./help.js");
    return await help(args);
  }
  switch (command) {
    case "token":
      return await token(args);
    case "header":
      return await header(args);
    case "login":
      return await (await import("./commands/login.js")).login(args);
    case "status":
      return await (await import("./commands/status.js")).status(args);
    case "whoami":
      return await (await import("./commands/whoami.js")).whoami(args);
    case "logout":
      return await (await import("./commands/logout.js")).logout(args);
    case "doctor":
      return await (await import("./commands/doctor.js")).doctor(args);
    case "exec":
      return await (await import("./commands/exec.js")).exec(args);
    case "git-credential":
      return await (await import("./commands/git-credential.js")).gitCredential(args);
  }
}

// Stays where the process ends before the command has: nothing may look like success by accident.
process.exitCode = 1;
// Not awaited: the parts that load later import from the bundle of this one, and would wait for its end.
void run(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
