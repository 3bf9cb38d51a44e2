/** A command's client from its settings to its end: log lines, the line while it waits, Ctrl-C. */
import type { GetTokenOptions } from "../options/call.js";
import type { Arguments } from "./arguments.js";
import { CommandClient } from "./command-client.js";
import { watchInterruption } from "./interruption.js";
import { configOf, type Env, readSettings, type Settings } from "./settings.js";
import { onResult, tell } from "./output.js";
import { Waiting } from "./waiting.js";

export interface Session {
  readonly client: CommandClient;
  readonly settings: Settings;
  /** What `getAccessToken()` and its like are called with. */
  readonly call: GetTokenOptions & { readonly signal: AbortSignal };
  /** Signals are the caller's matter from then on. */
  release(): void;
}

/** How long what nobody waits for, such as a browser's launcher that is still watched, may keep the process. */
const LINGER_MS = 500;

/** Runs a command's work with a client, and gives its exit code: that of the signal, where one ended it. */
export async function withClient(
  args: Arguments,
  work: (session: Session) => Promise<number>,
  what = "Waiting for the provider",
): Promise<number> {
  const { env } = process;
  const settings = readSettings(args.values, env);
  const waiting = new Waiting(args.values.verbose === true);
  const config = configOf(settings, env, {
    logger: waiting.logger,
    onDeviceCode: (prompt) => waiting.showDeviceCode(prompt),
  });
  const client = new CommandClient(config);
  const interruption = watchInterruption();
  const release = () => {
    waiting.end();
    interruption.stop();
  };
  onResult(() => waiting.end());
  waiting.begin(what);
  try {
    const call = { ...callOptions(args, env), signal: interruption.signal };
    return await work({ client, settings, call, release });
  } catch (error) {
    if (interruption.exitCode === undefined) throw error;
    waiting.end();
    tell("keystone-auth: Interrupted.\n");
    return interruption.exitCode;
  } finally {
    release();
    await client.close();
    // Not after an interruption: a refresh token that was sent is then still waited for, and its answer stored.
    if (interruption.exitCode === undefined) setTimeout(() => process.exit(), LINGER_MS).unref();
  }
}

function callOptions({ values }: Arguments, env: Env): GetTokenOptions {
  return {
    interaction: isNonInteractive(values["non-interactive"], env) ? "never" : "allowed",
    ...(values["force-refresh"] && { forceRefresh: true }),
  };
}

export function isNonInteractive(flag: boolean | undefined, env: Env): boolean {
  return flag === true || !["", "0", "false"].includes((env.CEGAL_KEYSTONE_NON_INTERACTIVE ?? "").toLowerCase());
}
