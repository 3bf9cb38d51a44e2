/** Whether this program can show a browser to a person. The decision is a table, so that it can be read and tested. */
import { existsSync, readFileSync } from "node:fs";

export interface ProgramEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly isContainer: boolean;
  readonly isWsl: boolean;
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

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): ProgramEnvironment {
  const isContainer = existsSync("/.dockerenv") || existsSync("/run/.containerenv");
  // A container on a Windows machine runs on the same kernel, but its programs cannot reach the host's browser.
  return { env, platform: process.platform, isContainer, isWsl: !isContainer && hasWslKernel() };
}

function hasWslKernel(): boolean {
  if (process.platform !== "linux") return false;
  try {
    return /microsoft/i.test(readFileSync("/proc/version", "utf8"));
  } catch {
    return false;
  }
}

/** The first row that applies decides. A variable that is empty, `0` or `false` counts as not set. */
export function chooseBrowser({ env, platform, isContainer, isWsl }: ProgramEnvironment): BrowserChoice {
  const set = (name: string) => !["", "0", "false"].includes((env[name] ?? "").toLowerCase());
  const display = set("DISPLAY") || set("WAYLAND_DISPLAY");
  const ssh = set("SSH_CONNECTION") || set("SSH_TTY") || set("SSH_CLIENT");
  const ci = CI_VARIABLES.find(set);
  const rows: [applies: boolean, browser: boolean, reason: string][] = [
    [set("BROWSER"), true, "the variable BROWSER names one"],
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
