/** The options that mean something in Node only, and the environment variables that the Python package reads too. */
import type { LoopbackAddress, NodeConfig } from "../options/config.js";
import { createLog } from "../options/log.js";
import { stderrLogger } from "./stderr-log.js";
import { callable, oneOf, optional, readAll, readOne, redirectUri, refuse, text } from "../options/checks.js";
import { mustBeKnown, mustBeNamed } from "../options/names.js";
import { type LoopbackOptions, OidcFlow, type OidcClientOptions } from "../options/options.js";
import type { PageHandler } from "../ports.js";
import { mustHoldOptions, readOptions } from "../options/read.js";

const NODE = {
  storage: ["file", "encrypted-file", "shared-database", "memory"],
  interaction: "allowed",
  whenUserChanges: "follow",
} as const;

/** Reads and checks the options. Throws ConfigurationError. */
export function readNodeOptions(options: OidcClientOptions, env: NodeJS.ProcessEnv): NodeConfig {
  const allowHttp = env.PYVAR_ALLOW_NON_HTTPS === "true";
  mustHoldOptions(options);
  mustBeKnown(options, "node");
  const kind = readAll(
    {
      flow: oneOf([...new Set(Object.values(OidcFlow))]),
      clientSecret: optional(text),
      clientAuthentication: oneOf(["auto", "basic", "post"]),
    },
    options,
  );
  const common = readOptions(options, { ...NODE, allowHttp }, kind);
  if (common.flow === "client_credentials" && common.clientSecret === undefined) {
    refuse("clientSecret", "is needed with the flow client_credentials.");
  }
  return Object.freeze({
    ...common,
    log: createLog(options.logger === undefined ? stderrLogger(env.CEGAL_KEYSTONE_AUTH_LOG) : common.logger),
    ...readAll(
      {
        loopback: readLoopback,
        openBrowser: callable<NonNullable<NodeConfig["openBrowser"]>>,
        onAuthorizationUrl: callable<NonNullable<NodeConfig["onAuthorizationUrl"]>>,
        onDeviceCode: callable<NonNullable<NodeConfig["onDeviceCode"]>>,
        pageHandler: optional(pageHandler),
        storageDirectory: optional(path),
        sharedDatabase: optional(path),
        postLogoutRedirectUri: optional(redirectUri),
      },
      options,
    ),
    ...readOne("sharedDatabase", () => mustBeUsed(options, common.storage)),
    ...readOne("keychain", () => readKeychain(options, common.storage === "encrypted-file")),
  });
}

function path(value: unknown, option: string): string {
  const given = text(value, option);
  if (given.includes("\0")) return refuse(option, "must be a path, without a NUL character.");
  // A shell's name for another user's home: here it would be a directory of that name in the working directory.
  if (/^~[^/\\]/.test(given)) return refuse(option, 'may begin with "~/" for your home; write any other home in full.');
  return given;
}

/** Who names the database believes that the session is in it. */
function mustBeUsed({ sharedDatabase }: OidcClientOptions, storage: NodeConfig["storage"]): object {
  if (sharedDatabase === undefined || storage === "shared-database") return {};
  return refuse("sharedDatabase", 'has a meaning with storage: "shared-database" only.');
}

function pageHandler(value: unknown, option: string): PageHandler {
  const fits = typeof value === "object" && value !== null && "landingPage" in value;
  if (!fits || typeof value.landingPage !== "function") refuse(option, "must be an object with a method landingPage.");
  return value as PageHandler;
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
  return { keychain, withoutKeychain: oneOf(choices)(withoutKeychain, "withoutKeychain") };
}

function readLoopback(value: unknown = {}, option: string): LoopbackAddress {
  if (typeof value !== "object" || value === null)
    refuse(option, "must be an object with host, ports and path, each optional.");
  mustBeNamed(value, ["host", "ports", "path"], "loopback.");
  const { host, ports = [0], path = "" } = value as LoopbackOptions;
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
    host: oneOf(["127.0.0.1", "::1", "localhost"])(host, "loopback.host"),
    ports: Object.freeze([...ports]),
    path,
  });
}
