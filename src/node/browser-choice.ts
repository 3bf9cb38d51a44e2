/** Whether this program can show a browser to a person. The decision is a table, so that it can be read and tested. */
import { existsSync, fstatSync, readFileSync } from "node:fs";
import { isatty } from "node:tty";

export interface ProgramEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly isContainer: boolean;
  readonly isWsl: boolean;
  /** `stderr`: it is a terminal. `stdin`: that is one, and stderr goes to a program that may show what it reads. */
  readonly terminal: { readonly stdin: boolean; readonly stderr: boolean };
}

export interface BrowserChoice {
  readonly browser: boolean;
  /** For one log line. */
  readonly reason: string;
}

const CI_VARIABLES = [
  "CI",
  "GITHUB_ACTIONS",
  "GITLAB_CI",
  "TF_BUILD",
  "JENKINS_URL",
  "TEAMCITY_VERSION",
  "BUILDKITE",
  "CODEBUILD_BUILD_ID",
];
const REMOTE_VARIABLES = ["CODESPACES", "REMOTE_CONTAINERS", "GITPOD_WORKSPACE_ID"];
const SSH_VARIABLES = ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"];

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): ProgramEnvironment {
  const isContainer = existsSync("/.dockerenv") || existsSync("/run/.containerenv");
  return {
    env,
    platform: process.platform,
    isContainer,
    // A container on a Windows machine runs on the same kernel, but its programs cannot reach the host's browser.
    isWsl: !isContainer && hasWslKernel(),
    // By the descriptors: to touch process.stdin makes a pipe non-blocking, for the program's children too.
    terminal: { stdin: isatty(0) && isPipe(2), stderr: isatty(2) },
  };
}

/** A file, or /dev/null, shows nobody anything. */
function isPipe(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}

function hasWslKernel(): boolean {
  if (process.platform !== "linux") return false;
  try {
    return /microsoft/i.test(readFileSync("/proc/version", "utf8"));
  } catch {
    return false;
  }
}

type Env = ProgramEnvironment["env"];

/** A variable that is empty, `0` or `false` counts as not set. */
const isSet = (env: Env, name: string) => !["", "0", "false"].includes((env[name] ?? "").toLowerCase());

/** A list of commands between colons that holds one. */
const namesBrowser = (env: Env) => isSet(env, "BROWSER") && /[^:\s]/.test(env.BROWSER ?? "");

const ciVariable = (env: Env) => CI_VARIABLES.find((name) => isSet(env, name));

/** Whether a person may read there what is written to stderr. In a CI run only a terminal for stderr says so. */
export function isWatched({ env, terminal }: Pick<ProgramEnvironment, "env" | "terminal">): boolean {
  return terminal.stderr || (terminal.stdin && ciVariable(env) === undefined);
}

/** Whether the variables speak of a CI run. */
export const isCi = (env: Env): boolean => ciVariable(env) !== undefined;

/** Whether what BROWSER names may open its page on another machine, which is the person's own. */
export function opensElsewhere({ env, isContainer }: Pick<ProgramEnvironment, "env" | "isContainer">): boolean {
  const set = (name: string) => isSet(env, name);
  if (!namesBrowser(env) || set("DISPLAY") || set("WAYLAND_DISPLAY")) return false;
  return isContainer || [...REMOTE_VARIABLES, ...SSH_VARIABLES].some(set);
}

/** The first row that applies decides. `isHeard`: whether the program shows addresses or codes itself. */
export function chooseBrowser(environment: ProgramEnvironment, isHeard = false): BrowserChoice {
  const { env, platform, isContainer, isWsl } = environment;
  const set = (name: string) => isSet(env, name);
  const display = set("DISPLAY") || set("WAYLAND_DISPLAY");
  const ssh = SSH_VARIABLES.some(set);
  const ci = isHeard || isWatched(environment) ? undefined : ciVariable(env);
  const rows: [applies: boolean, browser: boolean, reason: string][] = [
    [
      env.CEGAL_KEYSTONE_AUTH_NO_BROWSER === "true",
      false,
      "CEGAL_KEYSTONE_AUTH_NO_BROWSER is true, or --no-browser is given",
    ],
    // Windows knows no such variable: what opens there is chosen by the system.
    [namesBrowser(env) && platform !== "win32", true, "the variable BROWSER names one"],
    [ci !== undefined, false, `this is a CI run (${ci} is set), where nobody watches`],
    [
      REMOTE_VARIABLES.some(set) && !display,
      false,
      "this is a remote development container, and BROWSER does not name a way out of it",
    ],
    [ssh && !display, false, "this is an SSH session without a display"],
    [isContainer && !display, false, "this is a container without a display"],
    [isWsl, true, "this is WSL, whose Windows side has a browser"],
    [platform === "darwin" || platform === "win32", true, "this is a desktop system"],
    [!display, false, "there is no display (DISPLAY and WAYLAND_DISPLAY are not set)"],
  ];
  const row = rows.find(([applies]) => applies);
  return row ? { browser: row[1], reason: row[2] } : { browser: true, reason: "there is a display" };
}
