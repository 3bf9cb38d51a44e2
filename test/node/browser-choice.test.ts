import { describe, expect, it } from "vitest";
import { chooseBrowser, readEnvironment, type ProgramEnvironment } from "../../src/node/browser-choice.js";

const NOWHERE: ProgramEnvironment = {
  env: {},
  platform: "linux",
  isContainer: false,
  isWsl: false,
  terminal: { stdin: false, stderr: false },
};
const terminal = { stdin: true, stderr: true };
const linux = { platform: "linux" } as const;
const X = { DISPLAY: ":0" };
const SSH = { SSH_CONNECTION: "10.0.0.1 50000 10.0.0.2 22" };

/** Where a browser is opened, and where the device flow takes its place. The first rule that applies decides. */
const TABLE: [environment: string, facts: Partial<ProgramEnvironment>, browser: boolean, reason: RegExp][] = [
  ["a Linux desktop with X", { ...linux, env: X }, true, /display/],
  ["a Linux desktop with Wayland", { ...linux, env: { WAYLAND_DISPLAY: "wayland-0" } }, true, /display/],
  ["Linux without a display", { ...linux }, false, /DISPLAY/],
  ["macOS", { platform: "darwin" }, true, /desktop/],
  ["Windows", { platform: "win32" }, true, /desktop/],
  ["FreeBSD without a display", { platform: "freebsd" }, false, /DISPLAY/],
  ["SSH to Linux", { ...linux, env: SSH }, false, /SSH/],
  ["SSH to Linux, known by its terminal alone", { ...linux, env: { SSH_TTY: "/dev/pts/1" } }, false, /SSH/],
  ["SSH to macOS", { platform: "darwin", env: SSH }, false, /SSH/],
  ["SSH to Windows", { platform: "win32", env: { SSH_CLIENT: "10.0.0.1 50000 22" } }, false, /SSH/],
  ["SSH with X forwarding", { ...linux, env: { ...SSH, DISPLAY: "localhost:10.0" } }, true, /display/],
  [
    "SSH from an editor that sets BROWSER",
    { ...linux, env: { ...SSH, BROWSER: "/editor/browser.sh" } },
    true,
    /BROWSER/,
  ],
  ["WSL", { ...linux, isWsl: true }, true, /WSL/],
  ["SSH to WSL", { ...linux, isWsl: true, env: SSH }, false, /SSH/],
  ["a container", { ...linux, isContainer: true }, false, /container/],
  ["a container on WSL's kernel", { ...linux, isContainer: true, isWsl: true }, false, /container/],
  ["a container with a display", { ...linux, isContainer: true, env: X }, true, /display/],
  [
    "a container whose editor sets BROWSER",
    { ...linux, isContainer: true, env: { BROWSER: "/editor/browser.sh" } },
    true,
    /BROWSER/,
  ],
  [
    "CM-06 a variable that says that none is to be opened, whatever else there is",
    { platform: "darwin", env: { CEGAL_KEYSTONE_AUTH_NO_BROWSER: "true", BROWSER: "firefox", ...X } },
    false,
    /NO_BROWSER/,
  ],
  ["that variable as false", { ...linux, env: { CEGAL_KEYSTONE_AUTH_NO_BROWSER: "false", ...X } }, true, /display/],
  ["a codespace", { ...linux, env: { CODESPACES: "true" } }, false, /remote development/],
  [
    "a codespace in an editor",
    { ...linux, env: { CODESPACES: "true", BROWSER: "/editor/browser.sh" } },
    true,
    /BROWSER/,
  ],
  [
    "a development container without BROWSER",
    { ...linux, env: { REMOTE_CONTAINERS: "true" } },
    false,
    /remote development/,
  ],
  ["a CI run", { ...linux, env: { CI: "true" } }, false, /CI is set/],
  ["a CI run with a display", { ...linux, env: { CI: "1", ...X } }, false, /CI/],
  ["a CI run on macOS", { platform: "darwin", env: { CI: "true" } }, false, /CI/],
  ["a CI run that does not set CI", { ...linux, env: { TF_BUILD: "True", ...X } }, false, /TF_BUILD/],
  ["CI=false", { ...linux, env: { CI: "false", ...X } }, true, /display/],
  ["a CI run with BROWSER", { ...linux, env: { CI: "true", BROWSER: "/bin/fake" } }, true, /BROWSER/],
  [
    "TM-06 a CI run at a terminal, where somebody watches",
    { ...linux, terminal, env: { CI: "true", ...X } },
    true,
    /display/,
  ],
  ["a CI run at a terminal without a display", { ...linux, terminal, env: { CI: "true" } }, false, /DISPLAY/],
  [
    "a CI run whose stderr is a pipe",
    { ...linux, terminal: { stdin: true, stderr: false }, env: { CI: "true", ...X } },
    false,
    /CI/,
  ],
  ["TM-09 SSH to macOS with BROWSER", { platform: "darwin", env: { ...SSH, BROWSER: "open-there" } }, true, /BROWSER/],
  ["TM-09 SSH to Windows, which knows no BROWSER", { platform: "win32", env: { ...SSH, BROWSER: "x" } }, false, /SSH/],
  ["a BROWSER that names none", { ...linux, env: { BROWSER: " : :" } }, false, /DISPLAY/],
  ["an empty BROWSER", { ...linux, env: { BROWSER: "" } }, false, /DISPLAY/],
];

describe("chooseBrowser", () => {
  it.each(TABLE)("in %s", (_, facts, browser, reason) => {
    const choice = chooseBrowser({ ...NOWHERE, ...facts });
    expect(choice.browser).toBe(browser);
    expect(choice.reason).toMatch(reason);
    expect(choice.reason).not.toMatch(/\n/);
  });

  it("never repeats what a variable says but its name", () => {
    const { reason } = chooseBrowser({
      ...NOWHERE,
      env: { CI: "secret-1", BROWSER: "" },
    });
    expect(reason).not.toContain("secret");
  });
});

describe("readEnvironment", () => {
  it("tells of this machine without touching the environment", () => {
    const env = { CI: "true" };
    expect(readEnvironment(env)).toMatchObject({ env: { CI: "true" }, platform: process.platform });
  });
});
