import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ProgramEnvironment } from "../../src/node/browser-choice.js";
import {
  chooseLoginWay,
  type LoginWay,
  nobodyHere,
  type WayOptions,
  wayAfterBrowser,
} from "../../src/node/login-way.js";

type Facts = Partial<ProgramEnvironment>;
const none = {
  flow: "auth_code",
  openBrowser: undefined,
  onAuthorizationUrl: undefined,
  onDeviceCode: undefined,
} as const;
const nowhere: ProgramEnvironment = {
  env: {},
  platform: "linux",
  isContainer: false,
  isWsl: false,
  terminal: { stdin: false, stderr: false },
};
const terminal = { stdin: true, stderr: true };
const SSH = { SSH_TTY: "/dev/pts/1" };

/** The table of docs/node.md: a row, its way, and machines of that kind. */
const TABLE: [row: string, way: string, machines: Facts[], options?: Partial<WayOptions>][] = [
  [
    "`CEGAL_KEYSTONE_AUTH_DEVICE_FLOW=true`",
    "device code",
    [
      { env: { CEGAL_KEYSTONE_AUTH_DEVICE_FLOW: "true", CI: "true" } },
      { terminal, env: { CEGAL_KEYSTONE_AUTH_DEVICE_FLOW: "true", BROWSER: "x" } },
    ],
    { openBrowser: () => {} },
  ],
  [
    "the program gives `openBrowser`",
    "browser",
    [{}, { env: { CI: "true" } }, { terminal, env: SSH }],
    { openBrowser: () => {} },
  ],
  ["`BROWSER` names one", "browser", [{ env: { BROWSER: "x", CI: "1" } }, { terminal, env: { ...SSH, BROWSER: "x" } }]],
  [
    "a CI run whose stderr is no terminal",
    "nobody",
    [
      { env: { CI: "true" } },
      { env: { GITHUB_ACTIONS: "true", DISPLAY: ":0" }, terminal: { stdin: true, stderr: false } },
    ],
  ],
  [
    "a remote development container, SSH or a container, without a display, at a terminal",
    "device code, else address",
    [
      { terminal, env: { CODESPACES: "true" } },
      { terminal, env: SSH },
      { terminal, env: SSH, platform: "darwin" },
      { terminal, isContainer: true },
      { terminal: { stdin: false, stderr: true }, env: SSH },
    ],
  ],
  [
    "WSL, macOS, Windows, or a display",
    "browser",
    [
      { isWsl: true },
      { platform: "darwin" },
      { platform: "win32" },
      { env: { DISPLAY: ":0" } },
      { terminal, env: { CI: "true", WAYLAND_DISPLAY: "w" } },
    ],
  ],
  [
    "a terminal without a display",
    "device code, else address",
    [{ terminal }, { terminal: { stdin: true, stderr: false } }],
  ],
  ["neither a display nor a terminal, as in cron", "nobody", [{}, { env: SSH }, { isContainer: true }]],
  [
    "neither, and the program gives `onDeviceCode`",
    "device code, else nobody",
    [{}, { env: { CI: "true" } }],
    { onDeviceCode: () => {} },
  ],
  [
    "neither, and the program gives `onAuthorizationUrl`",
    "address",
    [{}, { env: { CI: "true" } }, { terminal }],
    { onAuthorizationUrl: () => {} },
  ],
];

const NAMES = { browser: "browser", address: "address", device: "device code", nobody: "nobody" };
const nameOf = (way: LoginWay): string =>
  way.by === "device" && way.otherwise ? `${NAMES.device}, else ${NAMES[way.otherwise.by]}` : NAMES[way.by];

describe("The way of a sign-in", () => {
  it.each(TABLE)("%s: %s", (_, way, machines, options) => {
    for (const facts of machines) {
      const environment = { ...nowhere, ...facts };
      expect(nameOf(chooseLoginWay({ ...none, ...options }, environment))).toBe(way);
      // Without the fallback it is what is left of that.
      const strict = nameOf(chooseLoginWay({ ...none, ...options, flow: "auth_code_no_fallback" }, environment));
      expect(strict).not.toMatch(/device/);
      if (way.includes("else")) expect(strict).toBe(way.replace("device code, else ", ""));
      expect(nameOf(chooseLoginWay({ ...none, ...options, flow: "device_code" }, environment))).toBe("device code");
    }
  });

  it("is told by docs/node.md in the same rows", () => {
    const text = readFileSync(join(import.meta.dirname, "../../docs/node.md"), "utf8");
    const [, rows = ""] = /\| where the program runs \| which way \|\n\| --- \| --- \|\n((?:\|.*\n)+)/.exec(text) ?? [];
    expect(rows.trim().split("\n")).toEqual(TABLE.map(([row, way]) => `| ${row} | ${way} |`));
  });

  it("TM-02 where the browser does not open, a code and an address are shown wherever somebody may see them", () => {
    const desktop = { ...nowhere, env: { DISPLAY: ":0" } };
    expect(nameOf(wayAfterBrowser(none, desktop))).toBe("device code, else address");
    expect(nameOf(wayAfterBrowser(none, desktop, false))).toBe("nobody");
    expect(nameOf(wayAfterBrowser(none, { ...desktop, terminal }, false))).toBe("device code, else address");
    expect(nameOf(wayAfterBrowser(none, { ...desktop, env: { CI: "true" } }))).toBe("nobody");
    const own = { ...none, openBrowser: () => {} };
    expect(nameOf(wayAfterBrowser(own, { ...desktop, env: { CI: "true" } }))).toBe("device code, else address");
    expect(nameOf(wayAfterBrowser({ ...none, onAuthorizationUrl: () => {} }, desktop, false))).toBe("address");
  });

  it("TM-06 that leads to nobody is an error that names the ways out", () => {
    const error = nobodyHere(none, "this is a CI run (CI is set), where nobody watches");
    expect(error).toMatchObject({ code: "environment", causeCode: "ENOTTY", retryable: false, sessionKept: true });
    for (const way of [
      "BROWSER",
      "CEGAL_KEYSTONE_AUTH_DEVICE_FLOW=true",
      "openBrowser",
      "onAuthorizationUrl",
      "onDeviceCode",
    ])
      expect(error.message).toContain(way);
    expect(nobodyHere({ ...none, flow: "auth_code_no_fallback" }, "x").message).not.toContain("DEVICE_FLOW");
  });
});
