/** What a login needs of this machine: a browser, a port, and the variables that decide how Node reaches the provider. */
import { accessSync, constants, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { delimiter, join } from "node:path";
import type { NodeConfig } from "../../options/config.js";
import { codeOf } from "../../errors.js";
import { failed, type Finding, ok, skipped, warning } from "../../client/diagnosis.js";
import { chooseBrowser, readEnvironment } from "../browser-choice.js";
import { bindLoopback } from "../loopback/server.js";
import { openersOf } from "../system-browser.js";

type Env = Readonly<Record<string, string | undefined>>;

/** How a login goes here. */
export interface Way {
  readonly by: "loopback" | "device" | "program";
  readonly browser: Finding;
}

/** The same choice as that of a login. */
export function readWay({ flow, openBrowser }: Pick<NodeConfig, "flow" | "openBrowser">): Way {
  const byDevice = (why: string): Way => ({ by: "device", browser: skipped(why) });
  const byLoopback = (browser: Finding): Way => ({ by: "loopback", browser });
  if (flow === "client_credentials")
    return { by: "program", browser: skipped("Not needed: the program signs in as itself.") };
  if (flow === "auth_code" && process.env.CEGAL_KEYSTONE_AUTH_DEVICE_FLOW === "true")
    return byDevice("Not needed: CEGAL_KEYSTONE_AUTH_DEVICE_FLOW is true.");
  if (flow === "device_code") return byDevice("Not needed: the flow is device_code.");
  if (openBrowser !== undefined) return byLoopback(ok("The program opens the browser (option openBrowser)."));
  const { browser, reason } = chooseBrowser(readEnvironment());
  if (browser) return byLoopback(openerFinding(flow, process.env) ?? ok(`A browser can be opened: ${reason}.`));
  if (flow === "auth_code") return byDevice(`No browser can be opened, so the device flow is used: ${reason}.`);
  if (process.stdin.isTTY)
    return byLoopback(
      ok(`No browser can be opened, so the address is shown, and the answer can be pasted: ${reason}.`),
    );
  const found = `No browser can be opened, and the flow auth_code_no_fallback has no other way: ${reason}.`;
  return byLoopback(failed(found, "Use the flow device_code, or name a browser in the variable BROWSER."));
}

/** What BROWSER names must be there; `undefined` where it is, and where the system chooses. */
function openerFinding(flow: NodeConfig["flow"], env: Env, platform = process.platform): Finding | undefined {
  const names = openersOf(env.BROWSER, platform).map(({ app }) => (app && "name" in app ? app.name : undefined));
  if (names.some((name) => typeof name !== "string" || isProgram(name, env.PATH))) return undefined;
  const found = `The variable BROWSER names ${names.join(" and ")}, and no such program can be run.`;
  const todo = "Correct BROWSER, or unset it.";
  if (flow === "auth_code")
    return warning(found, `${todo} Until then a sign-in goes by the provider's device flow, where it has one.`);
  if (process.stdin.isTTY || process.stderr.isTTY)
    return warning(found, `${todo} Until then the address is shown, to be opened by hand.`);
  return failed(found, `${todo} Or use the flow device_code.`);
}

function isProgram(name: string, path = ""): boolean {
  const places = name.includes("/") ? [name] : path.split(delimiter).map((folder) => join(folder, name));
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Where the browser comes back to, with the port that was had. */
export interface LoopbackAddress {
  readonly redirectUri: string;
  /** As a person would register it. */
  readonly shown: string;
  readonly port: string;
  /** Whether a login may also use other ports, which the provider may have to know one by one. */
  readonly hasOthers: boolean;
}

/** Takes a port and gives it back. @throws EnvironmentError (`environment`) where none can be had */
export async function findLoopbackAddress({ loopback }: NodeConfig): Promise<LoopbackAddress> {
  const { host, ports, path } = loopback;
  const { servers, port } = await bindLoopback(() => createServer(), loopback);
  for (const server of servers) server.close();
  const origin = `http://${host === "::1" ? "[::1]" : host}`;
  const isAny = ports.includes(0);
  const redirectUri = `${origin}:${port}${path}`;
  return {
    redirectUri,
    shown: isAny ? `${origin}${path} (with any port)` : redirectUri,
    port: isAny ? "a free port" : `port ${port}`,
    hasOthers: !isAny && ports.length > 1,
  };
}

const PROXIES = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/** Whether this Node's fetch can be told to use them: from 22.21 and 24.0 on. */
export function knowsProxies(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  return major >= 24 || (major === 22 && minor >= 21);
}

/** By their names alone: a value may hold a password. */
export function proxyFinding(env: Env, version: string, args: readonly string[]): Finding {
  const set = PROXIES.filter((name) => env[name]);
  if (set.length === 0) return skipped("No variable names a proxy.");
  const isOne = set.length === 1;
  const [named, it] = [`${set.join(" and ")} ${isOne ? "is" : "are"} set`, isOne ? "it" : "them"];
  const isAsked = [...args, ...(env.NODE_OPTIONS ?? "").split(/\s+/)].includes("--use-env-proxy");
  const isKnown = knowsProxies(version);
  if (isKnown && (isAsked || env.NODE_USE_ENV_PROXY === "1")) return ok(`${named}, and Node uses ${it}.`);
  const todo = isKnown
    ? "set NODE_USE_ENV_PROXY=1."
    : "use Node 22.21 or later, or 24 and newer, with NODE_USE_ENV_PROXY=1; or give the option fetch.";
  return warning(`${named}, and Node does not use ${it}.`, `If the provider is reached through a proxy only, ${todo}`);
}

export function certificatesFinding(env: Env): Finding {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    const found = "NODE_TLS_REJECT_UNAUTHORIZED is 0: no certificate is checked, and anybody can read the tokens.";
    return warning(found, "Unset it, and name your organisation's CA file in NODE_EXTRA_CA_CERTS.");
  }
  const file = env.NODE_EXTRA_CA_CERTS;
  if (!file) return skipped("NODE_EXTRA_CA_CERTS is not set: the authorities that Node brings are trusted.");
  try {
    const count = readFileSync(file, "utf8").match(/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/g)?.length ?? 0;
    if (count > 0)
      return ok(`NODE_EXTRA_CA_CERTS names ${file}, with ${count} ${count === 1 ? "certificate" : "certificates"}.`);
    return warning(
      `NODE_EXTRA_CA_CERTS names ${file}, which holds no certificate in PEM form.`,
      "Name a file in PEM form.",
    );
  } catch (error) {
    const found = `NODE_EXTRA_CA_CERTS names ${file}, which cannot be read (${codeOf(error) ?? "unknown fault"})`;
    return warning(`${found}; Node goes on without it.`, "Name a file that can be read.");
  }
}
