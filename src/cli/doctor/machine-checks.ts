/** What a sign-in needs of this machine: a browser, a port, and the variables that decide how Node reaches the provider. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { NodeConfig } from "../../options/config.js";
import { codeOf, isKeystoneAuthError } from "../../errors.js";
import { bindLoopback } from "../../node/loopback/server.js";
import { chooseBrowser, readEnvironment } from "../../node/browser-choice.js";
import { EXIT } from "../failure.js";
import type { Env } from "../settings-table.js";
import { failed, type Finding, none, ok, warning } from "./report.js";

/** How a sign-in goes here. */
interface Way {
  readonly loopback: boolean;
  /** Whether it needs the device flow. */
  readonly device: boolean;
  readonly browser: Finding;
}

export function readWay(flow: NodeConfig["flow"]): Way {
  const byLoopback = (browser: Finding): Way => ({ loopback: true, device: false, browser });
  const byDevice = (why: string): Way => ({ loopback: false, device: true, browser: none(why) });
  const isForced = flow === "auth_code" && process.env.CEGAL_KEYSTONE_AUTH_DEVICE_FLOW === "true";
  if (flow === "client_credentials") {
    return { loopback: false, device: false, browser: none("not needed: the program signs in as itself") };
  }
  if (isForced) return byDevice("not needed: CEGAL_KEYSTONE_AUTH_DEVICE_FLOW is true");
  if (flow === "device_code") return byDevice("not needed: the flow is device_code");
  const { browser, reason } = chooseBrowser(readEnvironment());
  if (browser) return byLoopback(ok(`one can be opened: ${reason}`));
  if (flow === "auth_code") return byDevice(`none, so the device flow is used: ${reason}`);
  if (process.stdin.isTTY)
    return byLoopback(ok(`none, so the address is shown, and the answer can be pasted: ${reason}`));
  const found = `none, and the flow auth_code_no_fallback has no other way: ${reason}`;
  const todo = "Use the flow device_code, or name a browser in the variable BROWSER.";
  return byLoopback(failed(EXIT.other, found, todo));
}

export async function redirectFinding({ loopback }: NodeConfig, isUsed: boolean): Promise<Finding> {
  if (!isUsed) return none("not needed: no browser comes back here");
  try {
    const { servers } = await bindLoopback(() => createServer(), loopback);
    for (const server of servers) server.close();
    const host = loopback.host === "::1" ? "[::1]" : loopback.host;
    const port = loopback.ports.includes(0) ? "a free port" : `port ${loopback.ports.join(" or ")}`;
    return ok(`${port} of http://${host}${loopback.path} can be had`);
  } catch (error) {
    return failed(EXIT.other, isKeystoneAuthError(error) ? error.message : "no port can be had");
  }
}

const PROXIES = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/** Whether this Node's fetch can be told to use them: from 22.21 and 24.0 on. */
export function knowsProxies(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  return major >= 24 || (major === 22 && minor >= 21);
}

export function proxyFinding(env: Env, version: string, args: readonly string[]): Finding {
  const set = PROXIES.filter((name) => env[name]);
  if (set.length === 0) return none("no variable names a proxy");
  const named = set.map((name) => `${name}=${withScheme(env[name] ?? "")}`).join(", ");
  const isAsked = [...args, ...(env.NODE_OPTIONS ?? "").split(/\s+/)].includes("--use-env-proxy");
  const isKnown = knowsProxies(version);
  if (isKnown && (isAsked || env.NODE_USE_ENV_PROXY === "1")) return ok(`${named}; Node uses it`);
  const todo = isKnown
    ? "set NODE_USE_ENV_PROXY=1."
    : "use Node 22.21 or later, or 24 and newer, with NODE_USE_ENV_PROXY=1.";
  return warning(`${named}; Node does not use it`, `If the provider is reached through it only, ${todo}`);
}

/** `user:password@proxy:3128` is an address too, and must be seen as one by what removes the password. */
function withScheme(proxy: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}

export function certificatesFinding(env: Env): Finding {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    const found = "NODE_TLS_REJECT_UNAUTHORIZED=0: no certificate is checked, and anybody can read the tokens";
    return warning(found, "Unset it, and name your organisation's CA file in NODE_EXTRA_CA_CERTS.");
  }
  const file = env.NODE_EXTRA_CA_CERTS;
  if (!file) return none("NODE_EXTRA_CA_CERTS is not set: the authorities that Node brings are trusted");
  try {
    const count = readFileSync(file, "utf8").match(/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/g)?.length ?? 0;
    if (count > 0)
      return ok(`NODE_EXTRA_CA_CERTS=${file}, with ${count} ${count === 1 ? "certificate" : "certificates"}`);
    return warning(`NODE_EXTRA_CA_CERTS=${file} holds no certificate in PEM form`, "Name a file in PEM form.");
  } catch (error) {
    const found = `NODE_EXTRA_CA_CERTS=${file} cannot be read (${codeOf(error) ?? "unknown fault"})`;
    return warning(`${found}, and Node goes on without it`, "Name a file that can be read.");
  }
}
