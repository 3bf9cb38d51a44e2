/** The options that mean something in Node only, and the environment variables that the Python package reads too. */
import type { NodeConfig } from "../config.js";
import { callable, oneOf, refuse, text } from "../option-checks.js";
import type { LoopbackOptions, OidcClientOptions } from "../options.js";
import { readOptions } from "../read-options.js";

/** Reads and checks the options. Throws ConfigurationError. */
export function readNodeOptions(options: OidcClientOptions, env: NodeJS.ProcessEnv): NodeConfig {
  const allowHttp = env.PYVAR_ALLOW_NON_HTTPS === "true";
  const common = readOptions(options, { storage: ["file", "encrypted-file", "memory"], allowHttp });
  if (common.flow === "client_credentials" && common.clientSecret === undefined) {
    refuse("clientSecret", "is needed with the flow client_credentials.");
  }
  const { storageDirectory, pageHandler } = options;
  return Object.freeze({
    ...common,
    loopback: readLoopback(options.loopback),
    openBrowser: callable("openBrowser", options.openBrowser),
    onDeviceCode: callable("onDeviceCode", options.onDeviceCode),
    pageHandler: readPageHandler(pageHandler),
    storageDirectory: storageDirectory === undefined ? undefined : readDirectory(storageDirectory),
    ...readKeychain(options, common.storage === "encrypted-file"),
  });
}

function readDirectory(value: unknown): string {
  const path = text("storageDirectory", value);
  if (path.includes("\0")) refuse("storageDirectory", "must be a path, without a NUL character.");
  return path;
}

function readPageHandler(value: OidcClientOptions["pageHandler"]): OidcClientOptions["pageHandler"] {
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null || typeof value.landingPage !== "function") {
    refuse("pageHandler", "must be an object with a method landingPage.");
  }
  return value;
}

function readKeychain(
  { keychain, withoutKeychain }: OidcClientOptions,
  isUsed: boolean,
): Pick<NodeConfig, "keychain" | "withoutKeychain"> {
  // Who gives one of these believes that the sessions are encrypted.
  const given = Object.entries({ keychain, withoutKeychain }).find(([, value]) => value !== undefined)?.[0];
  if (given !== undefined && !isUsed) refuse(given, 'has a meaning with storage: "encrypted-file" only.');
  const methods = keychain as Partial<Record<string, unknown>> | null | undefined;
  if (methods !== undefined && !["load", "save"].every((method) => typeof methods?.[method] === "function")) {
    refuse("keychain", "must be an object with the methods load and save.");
  }
  const choices = ["fail", "memory", "plain-file"] as const;
  return { keychain, withoutKeychain: oneOf("withoutKeychain", withoutKeychain, choices, "fail") };
}

function readLoopback(value: LoopbackOptions = {}): Required<LoopbackOptions> {
  if (typeof value !== "object" || value === null)
    refuse("loopback", "must be an object with host, ports and path, each optional.");
  const { ports = [0], path = "" } = value;
  const isPort = (port: unknown) => Number.isInteger(port) && (port as number) >= 0 && (port as number) <= 65_535;
  if (!Array.isArray(ports) || ports.length === 0 || !ports.every(isPort)) {
    refuse("loopback.ports", "must be a list of port numbers, 0 to 65535; 0 is any free port.");
  }
  // The path is compared to the letter with what a browser sends, so that only what no browser rewrites is allowed.
  if (
    typeof path !== "string" ||
    (path !== "" && !/^\/[A-Za-z0-9._~/-]*$/.test(path)) ||
    /\/\.{1,2}(\/|$)/.test(path)
  ) {
    refuse("loopback.path", 'must be "" or begin with "/" and hold letters, digits and - . _ ~ / only.');
  }
  return Object.freeze({
    host: oneOf("loopback.host", value.host, ["127.0.0.1", "::1", "localhost"], "127.0.0.1"),
    ports: Object.freeze([...ports]),
    path,
  });
}
