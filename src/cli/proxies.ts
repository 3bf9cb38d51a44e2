/** The command goes through the proxies of the environment, also where the fetch of this Node does not do so by itself. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { type Env, knowsProxies, proxyEnvironment, proxyUse, thisRuntime } from "../node/network/proxies.js";
import { optionalPackage } from "../node/optional-package.js";
import type { Arguments } from "./arguments.js";
import { CommandClient } from "./command-run.js";
import { configOf, readSettings } from "./settings.js";

/** Says that this process was started for the proxies, and by the command itself. */
const STARTED_AGAIN = "KEYSTONE_AUTH_STARTED_AGAIN";
/** They ask nobody. */
const OFFLINE: readonly string[] = ["help", "status", "list", "completion"];
/** They mostly need no more than the stored token. */
const BY_TOKEN: readonly string[] = ["token", "header", "exec", "git-credential"];

/**
 * Sees to it that requests use the proxies: starts the command again where Node does so by NODE_USE_ENV_PROXY, and gives the exit
 * code then; in an older Node by undici, where that is installed. Without it a request that fails says what to do.
 */
export async function useProxies(args: Arguments): Promise<number | undefined> {
  const { command = "help", values } = args;
  if (process.env[STARTED_AGAIN] !== undefined) return forgetStart();
  const runtime = thisRuntime();
  const env = proxyEnvironment(runtime.env);
  if (env === undefined || proxyUse(runtime) !== "unused" || runtime.env.NODE_USE_ENV_PROXY === "0") return undefined;
  if (OFFLINE.includes(command) || values.help || values.version) return undefined;
  if (BY_TOKEN.includes(command) && (await servesStored(args))) return undefined;
  if (knowsProxies(runtime.version)) return await startAgain(env);
  await useUndici(env);
  return undefined;
}

/** What `exec` runs has the environment that the person has given. */
function forgetStart(): undefined {
  delete process.env[STARTED_AGAIN];
  delete process.env.NODE_USE_ENV_PROXY;
}

/** Whether the token is had without a request: a start costs ten times as much. Never rejects. */
async function servesStored({ values }: Arguments): Promise<boolean> {
  let isAsked = false;
  const fetch = () => {
    isAsked = true;
    return Promise.reject(new TypeError("no request is made yet"));
  };
  try {
    const config = configOf(readSettings(values, process.env), { fetch, logger: {} });
    const client = new CommandClient(config, () => {});
    try {
      await client.getAccessToken({ interaction: "never", forceRefresh: values["force-refresh"] === true });
    } finally {
      await client.close();
    }
    // A token that is given although its renewal has failed is one that a proxy may have renewed.
    return !isAsked;
  } catch {
    return false;
  }
}

async function startAgain(env: Env): Promise<number> {
  const { execPath, execArgv, argv, version } = process;
  // Node 22 calls its own proxies experimental, on stderr.
  const quiet = version.startsWith("v22.") ? ["--disable-warning=UNDICI-EHPA"] : [];
  const args = [...execArgv, ...quiet, ...argv.slice(1)];
  const own = { ...env, NODE_USE_ENV_PROXY: "1", [STARTED_AGAIN]: "1" };
  const { execve } = process as { execve?: (file: string, args: readonly string[], env: Env) => never };
  // The process stays the same: signals, terminal and exit code are its own. Windows has no such call.
  if (process.platform !== "win32") execve?.(execPath, [execPath, ...args], own);
  return await runChild(execPath, args, own);
}

function runChild(file: string, args: readonly string[], env: Env): Promise<number> {
  const child = spawn(file, args, { stdio: "inherit", env });
  // A console sends Ctrl-C to both, and the child decides what becomes of it.
  process.on("SIGINT", () => {});
  for (const name of ["SIGTERM", "SIGHUP"] as const) process.on(name, () => child.kill(name));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

interface Undici {
  readonly EnvHttpProxyAgent: new (options: { httpProxy: string; httpsProxy: string }) => object;
  setGlobalDispatcher(dispatcher: object): void;
}

async function useUndici(env: Env): Promise<void> {
  try {
    const undici = (await optionalPackage("undici")) as Undici;
    const { http_proxy: http, HTTP_PROXY = "", https_proxy: https, HTTPS_PROXY = "" } = env;
    const options = { httpProxy: http ?? HTTP_PROXY, httpsProxy: https ?? HTTPS_PROXY };
    undici.setGlobalDispatcher(new undici.EnvHttpProxyAgent(options));
  } catch {
    // It is not installed, or is too new for this Node.
  }
}
