/** Variables that decide how Node reaches the provider. */
import { readFileSync } from "node:fs";
import type { Env } from "../settings.js";
import { type Finding, none, ok, warning } from "./check.js";

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
  const used =
    env.NODE_USE_ENV_PROXY === "1" || [...args, ...(env.NODE_OPTIONS ?? "").split(/\s+/)].includes("--use-env-proxy");
  if (used && knowsProxies(version)) return ok(`${named}; Node uses it`);
  const todo = knowsProxies(version)
    ? "If the provider is reached through it only, set NODE_USE_ENV_PROXY=1."
    : "If the provider is reached through it only, use Node 22.21 or later, or 24 and newer, with NODE_USE_ENV_PROXY=1.";
  return warning(`${named}; Node does not use it`, todo);
}

/** `user:password@proxy:3128` is an address too, and must be seen as one by what removes the password. */
function withScheme(proxy: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}

export function certificatesFinding(env: Env): Finding {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    return warning(
      "NODE_TLS_REJECT_UNAUTHORIZED=0: no certificate is checked, and anybody can read the tokens",
      "Unset it, and name your organisation's CA file in NODE_EXTRA_CA_CERTS.",
    );
  }
  const file = env.NODE_EXTRA_CA_CERTS;
  if (!file) return none("NODE_EXTRA_CA_CERTS is not set: the authorities that Node brings are trusted");
  try {
    const count = readFileSync(file, "utf8").match(/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/g)?.length ?? 0;
    if (count === 0)
      return warning(`NODE_EXTRA_CA_CERTS=${file} holds no certificate in PEM form`, "Name a file in PEM form.");
    return ok(`NODE_EXTRA_CA_CERTS=${file}, with ${count} ${count === 1 ? "certificate" : "certificates"}`);
  } catch (error) {
    const { code } = error as { code?: unknown };
    return warning(
      `NODE_EXTRA_CA_CERTS=${file} cannot be read (${String(code)}), and Node goes on without it`,
      "Name a file that can be read.",
    );
  }
}
