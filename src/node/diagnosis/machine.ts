/** What a login needs of this machine: a port, and the variables that decide how Node reaches the provider. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { NodeConfig } from "../../options/config.js";
import { codeOf } from "../../errors.js";
import { type Finding, ok, skipped, warning } from "../../client/diagnosis.js";
import { bindLoopback } from "../loopback/server.js";

type Env = Readonly<Record<string, string | undefined>>;

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
