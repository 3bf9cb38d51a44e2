/** The command at a desk: a process of its own, with the Node that runs the test. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { cli } from "../../cli/command.js";
import { CLIENT, type Desk } from "./desk.js";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Its directory of sessions, below the desk's. */
export const FILES = join(".cegal-keystone", "tokens");

/** Runs it to its end. A browser signs in at once, where it is opened. */
export const runCommand = (desk: Desk, ...args: readonly string[]): Promise<Ended> => runAs(desk, undefined, args);

/** The same as another user, where the test is root. */
export function runAs(desk: Desk, user: number | undefined, args: readonly string[]): Promise<Ended> {
  const { issuer } = desk.provider;
  const env = {
    PATH: process.env["PATH"],
    HOME: desk.directory,
    PYVAR_ALLOW_NON_HTTPS: "true",
    CEGAL_KEYSTONE_URL: issuer,
    CEGAL_KEYSTONE_CLIENT_ID: CLIENT,
    CEGAL_KEYSTONE_SCOPES: "offline_access hub_connector_api",
    CEGAL_KEYSTONE_AUDIENCES: "hub_connector_api",
    CEGAL_KEYSTONE_AUTH_DB: desk.database,
    BROWSER: "true",
  };
  const child = spawn(process.execPath, [cli, ...args], {
    env,
    cwd: desk.directory,
    stdio: ["ignore", "pipe", "pipe"],
    ...(user !== undefined && { uid: user, gid: user }),
  });
  const printed = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (part: string) => (printed.stdout += part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    printed.stderr += part;
    const address = /^http\S+response_type=code\S+$/m.exec(part)?.[0];
    if (address !== undefined) void desk.provider.authorize(address);
  });
  return new Promise((resolve) => {
    // Another user may not be able to start the very program.
    child.once("error", ({ message }) => resolve({ code: null, stdout: "", stderr: message }));
    child.once("close", (code) => resolve({ code, ...printed }));
  });
}

export const SHARED = ["--storage", "shared-database"] as const;
