/**
 * The proxies that the environment names, by the rules of the fetch that Node brings, and whether this process uses them. The
 * values of the variables hold passwords: what is said to people has their names alone.
 */

export type Env = Readonly<Record<string, string | undefined>>;

/** What decides whether requests go through the proxies. */
export interface Runtime {
  readonly env: Env;
  /** As `process.version`. */
  readonly version: string;
  /** The options that Node was started with. */
  readonly args: readonly string[];
  /** The class of what sends the requests of `fetch`; undefined where nothing was sent yet, and where that cannot be known. */
  readonly dispatcher?: string | undefined;
  /** Bun and Deno use the variables by themselves. */
  readonly isNode: boolean;
}

export function thisRuntime(): Runtime {
  const { env, version, execArgv, versions } = process;
  const globals = globalThis as unknown as Record<symbol, object | undefined>;
  // A program's own undici from version 8 on keeps it by the second name, and a wrapper by the first.
  const found = [2, 1].map((at) => globals[Symbol.for(`undici.globalDispatcher.${at}`)]).find(Boolean);
  const isNode = versions.bun === undefined && versions.deno === undefined;
  return { env, version, args: execArgv, dispatcher: found?.constructor.name, isNode };
}

/** Node's versions as `[major, minor]`; `since` names the first of each line, and the last of them goes for all that follow. */
export function isSince(version: string, since: readonly (readonly [major: number, minor: number])[]): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const own = since.find(([each]) => each === major);
  return own ? minor >= own[1] : major > (since.at(-1)?.[0] ?? Number.POSITIVE_INFINITY);
}

/** Since when NODE_USE_ENV_PROXY makes Node's fetch use the variables. */
export const knowsProxies = (version: string): boolean =>
  isSince(version, [
    [22, 21],
    [24, 0],
  ]);

/** Whether the options that Node was started with, also by NODE_OPTIONS, hold one. */
export const hasOption = ({ args, env }: Pick<Runtime, "args" | "env">, option: string): boolean =>
  [...args, ...(env.NODE_OPTIONS ?? "").split(/\s+/)].includes(option);

/** What becomes of the variables: `own`, where something sends the requests of which nothing is known here. */
export function proxyUse(runtime: Runtime): "used" | "unused" | "own" {
  const { dispatcher, env, isNode, version } = runtime;
  if (dispatcher === "EnvHttpProxyAgent") return "used";
  if (!isNode || (dispatcher !== undefined && dispatcher !== "Agent")) return "own";
  // With the switch Node has its dispatcher from the start; without a variable it makes none.
  const isAsked = env.NODE_USE_ENV_PROXY === "1" || hasOption(runtime, "--use-env-proxy");
  return dispatcher === undefined && isAsked && knowsProxies(version) ? "used" : "unused";
}

const KINDS = { "https:": ["https_proxy", "http_proxy", "all_proxy"], "http:": ["http_proxy", "all_proxy"] };

/** The name of the variable whose proxy is for this address: `ALL_PROXY` is that of other programs, Node does not read it. */
export function proxyVariable(url: string, env: Env): string | undefined {
  const { protocol, hostname, port } = new URL(url);
  if (isExcepted(hostname, port || (protocol === "https:" ? "443" : "80"), env)) return undefined;
  const kinds = protocol === "https:" || protocol === "http:" ? KINDS[protocol] : [];
  return kinds.map((kind) => named(kind, env)).find((name) => name !== undefined);
}

/** All that name one. */
export function proxyVariables(env: Env): string[] {
  return KINDS["https:"].map((kind) => named(kind, env)).filter((name) => name !== undefined);
}

/** The one in small letters hides the other, also where it is empty. Windows makes no difference between them. */
function named(kind: string, env: Env): string | undefined {
  const name = spelt(kind, env);
  return env[name] ? name : undefined;
}

const spelt = (kind: string, env: Env): string => (Object.keys(env).includes(kind) ? kind : kind.toUpperCase());

function isExcepted(hostname: string, port: string, env: Env): boolean {
  const entries = (env.no_proxy ?? env.NO_PROXY ?? "").toLowerCase().split(/[,\s]+/);
  return entries.some((entry) => {
    const [, host = "", only = port] = /^(\[.*\]|[^:]*|.*:.*:.*)(?::(\d+))?$/.exec(entry) ?? [];
    const bare = host.replace(/^\*?\./, "");
    return only === port && bare !== "" && (bare === "*" || hostname === bare || hostname.endsWith(`.${bare}`));
  });
}

/** The proxy's address; http where none is said, as other programs take it. `undefined` where Node cannot use it, such as socks. */
export function proxyAddress(name: string, env: Env): string | undefined {
  const value = env[name]?.trim() ?? "";
  const address = value.includes("://") ? value : `http://${value}`;
  return URL.canParse(address) && /^https?:$/.test(new URL(address).protocol) ? address : undefined;
}

/**
 * The environment with the proxies as Node can use them: with a scheme, by the names that it reads, and without those of which
 * it would end at its start. `undefined` where none is left.
 */
export function proxyEnvironment(env: Env): Record<string, string | undefined> | undefined {
  const usable: Record<string, string | undefined> = { ...env };
  // Empty, not gone: the one in small letters goes on to hide the other.
  for (const name of proxyVariables(env)) usable[name] = proxyAddress(name, env) ?? "";
  const read = ["https_proxy", "http_proxy"];
  if (read.some((kind) => named(kind, usable) !== undefined)) return usable;
  const all = named("all_proxy", usable);
  if (all === undefined) return undefined;
  for (const kind of read) usable[spelt(kind, env)] = usable[all];
  return usable;
}

/** How this Node comes to use the variable's proxy, as a sentence that goes on after "…, ". */
export function proxyAdvice(name: string, { env, version }: Pick<Runtime, "env" | "version">): string {
  if (proxyAddress(name, env) === undefined)
    return `give the option fetch one that knows it: ${name} names no http or https proxy, and Node uses no others.`;
  const other = /^all_proxy$/i.test(name) ? "name it in HTTPS_PROXY, which Node reads, and " : "";
  return knowsProxies(version)
    ? `${other}set NODE_USE_ENV_PROXY=1.`
    : `${other}use Node 22.21 or 24 and later with NODE_USE_ENV_PROXY=1. In Node ${version.replace(/^v/, "")} give the option fetch undici's ProxyAgent; the command needs the package undici 7 beside it.`;
}
