/** A command's work with a client, from its settings to its end: log lines, the line while it waits, Ctrl-C. */
import { constants } from "node:os";
import { OidcClientCore } from "../client/client.js";
import { AbortedError, type KeystoneAuthError } from "../errors.js";
import { nodeParts } from "../node/platform.js";
import type { GetTokenOptions } from "../options/call.js";
import type { NodeConfig } from "../options/config.js";
import type { Logger } from "../options/options.js";
import type { OpenedStore } from "../ports.js";
import type { Arguments } from "./arguments.js";
import { print, writeToPerson } from "./output.js";
import { configOf, readSettings, type Settings } from "./settings.js";
import { Waiting } from "./waiting.js";

/** The Node client, made of checked settings. */
export class CommandClient extends OidcClientCore {
  /** `key` [what the settings give] is the name of the record, `opened` [what the settings name] its store. */
  constructor(
    readonly config: NodeConfig,
    say: (text: string) => void,
    key?: string,
    opened?: OpenedStore,
  ) {
    super(config, nodeParts(config, say, key, opened));
  }
}

export interface CommandRun {
  readonly client: CommandClient;
  readonly settings: Settings;
  /** What `getAccessToken()` and its like are called with. */
  readonly call: GetTokenOptions & { readonly signal: AbortSignal };
  /** The command itself says from here on what the client warns of. */
  readonly tellsItself: () => void;
  /** Writes the result. The line of the wait goes first, as with `release()`. */
  print(text: string): Promise<void>;
  /** Signals are the caller's matter from then on. */
  release(): void;
}

/** How long what nobody waits for, such as a browser's launcher that is still watched, may keep the process. */
const LINGER_MS = 500;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs a command's work with a client, and gives its exit code: that of the signal, where one ended it. `adjust` makes the client's settings. */
export async function withClient(
  args: Arguments,
  work: (run: CommandRun) => Promise<number>,
  adjust = (config: NodeConfig): NodeConfig => config,
): Promise<number> {
  const settings = readSettings(args.values, process.env);
  for (const warning of settings.warnings) writeToPerson(`keystone-auth: ${warning}\n`);
  const json = args.values.json === true;
  const waiting = new Waiting(args.values.verbose === true, json);
  const { logger, tellsItself } = untilTold(waiting.logger);
  const config = adjust(configOf(settings, { logger }));
  const client = new CommandClient(json ? await toldAsJson(config, waiting) : config, (text) => waiting.say(text));
  const interruption = new Interruption();
  const release = () => {
    waiting.end();
    interruption.release();
  };
  const printAlone = (text: string) => {
    waiting.end();
    return print(text);
  };
  waiting.begin("Waiting for the provider");
  try {
    const call = { ...callOptions(args), signal: interruption.signal };
    return await work({ client, settings, call, tellsItself, print: printAlone, release });
  } catch (error) {
    if (interruption.exitCode === undefined) throw error;
    waiting.end();
    writeToPerson("keystone-auth: Interrupted.\n");
    return interruption.exitCode;
  } finally {
    release();
    await client.close();
    // Not after an interruption: a refresh token that was sent is then still waited for, and its answer stored.
    if (interruption.exitCode === undefined) setTimeout(() => process.exit(), LINGER_MS).unref();
  }
}

/** A logger whose warnings are details once the command tells itself what they say. */
export function untilTold(logger: Logger): { readonly logger: Logger; readonly tellsItself: () => void } {
  let isTold = false;
  const warn = (message: string) => (isTold ? logger.info : logger.warn)?.(message);
  return { logger: { ...logger, warn }, tellsItself: () => void (isTold = true) };
}

/** With a device code as JSON, where a person may read one: the option says so of itself, and a call in cron would wait for nobody. */
async function toldAsJson(config: NodeConfig, { tellDeviceCode }: Waiting): Promise<NodeConfig> {
  const { readEnvironment } = await import("../node/browser-choice.js");
  const { chooseLoginWay } = await import("../node/login-way.js");
  const isForNobody = chooseLoginWay(config, readEnvironment()).by === "nobody";
  return isForNobody ? config : { ...config, onDeviceCode: tellDeviceCode };
}

function callOptions(args: Arguments): GetTokenOptions {
  const forceRefresh = args.values["force-refresh"] === true;
  return { interaction: mayAsk(args) ? "allowed" : "never", ...(forceRefresh && { forceRefresh }) };
}

/** Whether a person may be asked. */
export function mayAsk({ values }: Arguments): boolean {
  const variable = (process.env.CEGAL_KEYSTONE_NON_INTERACTIVE ?? "").toLowerCase();
  return values["non-interactive"] !== true && ["", "0", "false"].includes(variable);
}

/** Of a command's parts that were ended: the signal of every call is that of Ctrl-C and its like. */
export function asInterrupted(error: KeystoneAuthError): KeystoneAuthError {
  return error.code === "aborted" ? new AbortedError("Interrupted.", { sessionKept: false }) : error;
}

/** Ctrl-C and its like: the first one ends the work cleanly, the second one the process at once. */
export class Interruption {
  /** 128 and the signal's number, once a signal has come. */
  exitCode: number | undefined;
  readonly #controller = new AbortController();
  readonly signal: AbortSignal = this.#controller.signal;

  constructor() {
    for (const name of SIGNALS) process.on(name, this.#onSignal);
  }

  /** Signals end the process again as they always do. */
  release(): void {
    for (const name of SIGNALS) process.off(name, this.#onSignal);
  }

  readonly #onSignal = (name: NodeJS.Signals) => {
    const code = 128 + constants.signals[name];
    if (this.exitCode !== undefined) process.exit(code);
    this.exitCode = code;
    this.#controller.abort(new AbortedError("Interrupted."));
  };
}
