/** Whether this program can show a browser to a person. The decision is a table, so that it can be read and tested. */
import { existsSync, readFileSync } from "node:fs";

export interface Surroundings {
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

const CI_VARIABLES = ["CI", "GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "JENKINS_URL", "TEAMCITY_VERSION", "BUILDKITE"];

export function readSurroundings(env: NodeJS.ProcessEnv = process.env): Surroundings {
  return { env, platform: process.platform, isContainer: isContainer(), isWsl: isWsl() };
}

function isContainer(): boolean {
  return existsSync("/.dockerenv") || existsSync("/run/.containerenv");
}

function isWsl(): boolean {
  if (process.platform !== "linux") return false;
  try {
    return /microsoft/i.test(readFileSync("/proc/version", "utf8"));
  } catch {
    return false;
  }
}

/** The first row that applies decides. */
export function chooseBrowser({ env, platform, isContainer, isWsl }: Surroundings): BrowserChoice {
  const set = (name: string) => env[name] !== undefined && env[name] !== "" && env[name] !== "false" && env[name] !== "0";
  const display = set("DISPLAY") || set("WAYLAND_DISPLAY");
  const ssh = set("SSH_CONNECTION") || set("SSH_TTY") || set("SSH_CLIENT");
  const rows: [boolean, boolean, string][] = [
    [set("BROWSER"), true, "BROWSER names a browser, as editors set it in containers"],
    [CI_VARIABLES.some(set), false, "this is a CI run, where nobody watches"],
    [set("CODESPACES"), false, "this is a codespace without a forwarded browser"],
    [ssh && !display, false, "this is an SSH session without a display"],
    [isWsl, true, "this is WSL, whose host has a browser"],
    [isContainer && !display, false, "this is a container without a display"],
    [platform === "darwin" || platform === "win32", true, "this is a desktop system"],
    [!display, false, "there is no display (DISPLAY and WAYLAND_DISPLAY are not set)"],
  ];
  const row = rows.find(([applies]) => applies);
  return row ? { browser: row[1], reason: row[2] } : { browser: true, reason: "there is a display" };
}
