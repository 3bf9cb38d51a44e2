/** What a login needs of this machine: a port, and the variables that decide how Node reaches the provider. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { NodeConfig } from "../../options/config.js";
import { codeOf } from "../../errors.js";
import { type Finding, ok, skipped, warning } from "../../client/diagnosis.js";
import { knowsSystemAuthorities } from "../network/hint.js";
import {
  hasOption,
  proxyAddress,
  proxyAdvice,
  proxyUse,
  proxyVariable,
  proxyVariables,
  type Runtime,
} from "../network/proxies.js";
import { bindLoopback } from "../loopback/server.js";

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

/** By their names alone: a value may hold a password. `url` is the provider's, where it is known. */
export function proxyFinding(url: string | undefined, runtime: Runtime): Finding {
  const { env } = runtime;
  const set = proxyVariables(env);
  const [first] = set;
  if (first === undefined) return skipped("No variable names a proxy.");
  const isOne = set.length === 1;
  const [named, it] = [`${set.join(" and ")} ${isOne ? "is" : "are"} set`, isOne ? "it" : "them"];
  const use = proxyUse(runtime);
  if (use === "own")
    return ok(`${named}, and a dispatcher or a runtime of the program's own decides what becomes of ${it}.`);
  const name = url === undefined ? first : proxyVariable(url, env);
  if (name === undefined) return ok(`${named}, and not for the issuer's address, by its scheme or by NO_PROXY.`);
  if (use === "used" && proxyAddress(name, env) !== undefined && !/^all_proxy$/i.test(name))
    return ok(`${named}, and Node uses ${it}.`);
  const todo = `If the provider is reached through a proxy only, ${proxyAdvice(name, runtime)}`;
  return warning(`${named}, and Node does not use ${it}.`, todo);
}

/** Whose certificates are trusted beside those that NODE_EXTRA_CA_CERTS names. */
function authoritiesOf(runtime: Runtime): string {
  if (hasOption(runtime, "--use-openssl-ca")) return "the authorities of OpenSSL's store";
  const isAsked = runtime.env.NODE_USE_SYSTEM_CA === "1" && knowsSystemAuthorities(runtime.version);
  const both = "the authorities that Node brings and those of the system";
  return isAsked || hasOption(runtime, "--use-system-ca") ? both : "the authorities that Node brings";
}

export function certificatesFinding(runtime: Runtime): Finding {
  const { env } = runtime;
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    const found = "NODE_TLS_REJECT_UNAUTHORIZED is 0: no certificate is checked, and anybody can read the tokens.";
    return warning(found, "Unset it, and name your organisation's CA file in NODE_EXTRA_CA_CERTS.");
  }
  const file = env.NODE_EXTRA_CA_CERTS;
  if (!file) return skipped(`NODE_EXTRA_CA_CERTS is not set: ${authoritiesOf(runtime)} are trusted.`);
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
