import { describe, expect, it } from "vitest";
import type { ProgramEnvironment } from "../../../src/node/browser-choice.js";
import { readWay } from "../../../src/node/diagnosis/way.js";
import { chooseLoginWay, type WayOptions } from "../../../src/node/login-way.js";

const none = { openBrowser: undefined, onAuthorizationUrl: undefined, onDeviceCode: undefined };
const desktop: ProgramEnvironment = {
  env: { DISPLAY: ":0", PATH: process.env.PATH },
  platform: "linux",
  isContainer: false,
  isWsl: false,
  terminal: { stdin: false, stderr: false },
};
const atTerminal = { ...desktop, terminal: { stdin: true, stderr: true } };

describe("The browser that BROWSER names", () => {
  it.skipIf(process.platform === "win32").each([
    ["/no/such/browser", "auth_code", "warning"],
    ["no-such-browser -x %s:neither-this", "auth_code", "warning"],
    ["/no/such/browser", "auth_code_no_fallback", "warning"],
    ["true", "auth_code_no_fallback", "ok"],
    ["no-such-browser:/bin/true %s", "auth_code_no_fallback", "ok"],
    ["open-it %s --fast", "auth_code_no_fallback", "ok"],
  ] as const)("%s, with the flow %s: %s", (BROWSER, flow, outcome) => {
    const environment = { ...desktop, env: { ...desktop.env, BROWSER } };
    const found = readWay({ ...none, flow }, true, environment).browser;
    expect(found.outcome).toBe(outcome);
    if (outcome !== "ok") expect(found).toMatchObject({ message: expect.stringMatching(/no such program/) });
    if (outcome !== "ok") expect(found.advice).toContain("Correct BROWSER");
  });

  it("and that is not there fails a CI run, where nobody watches", () => {
    const env = { ...desktop.env, CI: "true", BROWSER: "/no/such/browser" };
    expect(readWay({ ...none, flow: "auth_code" }, true, { ...desktop, env }).browser.outcome).toBe("failed");
  });
});

describe("The way of a login", () => {
  it("is that of the flow, and a program's own openBrowser needs no browser of the system", () => {
    const own = { ...none, openBrowser: () => {} };
    expect(readWay({ ...none, flow: "client_credentials" }, true).by).toBe("program");
    expect(readWay({ ...own, flow: "device_code" }, true).by).toBe("device");
    const way = readWay({ ...own, flow: "auth_code_no_fallback" }, true, desktop);
    expect([way.by, way.browser.outcome]).toEqual(["loopback", "ok"]);
  });

  const surroundings: [name: string, ProgramEnvironment][] = [
    ["a desktop", desktop],
    ["a terminal without a display", { ...atTerminal, env: {} }],
    ["SSH", { ...atTerminal, env: { SSH_TTY: "/dev/pts/1" } }],
    ["cron", { ...desktop, env: {} }],
    ["a CI run", { ...desktop, env: { CI: "true" } }],
    ["a CI run at a terminal", { ...atTerminal, env: { CI: "true" } }],
    ["a device flow that is forced", { ...atTerminal, env: { CEGAL_KEYSTONE_AUTH_DEVICE_FLOW: "true" } }],
  ];
  const options: [string, Partial<WayOptions>][] = [
    ["no option", {}],
    ["onDeviceCode", { onDeviceCode: () => {} }],
    ["onAuthorizationUrl", { onAuthorizationUrl: () => {} }],
  ];
  const rows = surroundings.flatMap(([where, environment]) =>
    options.flatMap(([option, given]) =>
      (["auth_code", "auth_code_no_fallback"] as const).flatMap((flow) =>
        [true, false].map((has) => ({ where, environment, option, given, flow, has })),
      ),
    ),
  );

  it.each(rows)("CM-08 is the same for diagnose(): $where, $option, $flow, a device flow: $has", (row) => {
    const config = { ...none, ...row.given, flow: row.flow };
    const chosen = chooseLoginWay(config, row.environment);
    const taken = chosen.by === "device" && chosen.otherwise && !row.has ? chosen.otherwise : chosen;
    const { by, browser } = readWay(config, row.has, row.environment);
    const names = { browser: "loopback", address: "loopback", device: "device", nobody: "nobody" } as const;
    expect(by).toBe(names[taken.by]);
    expect(browser.outcome === "failed").toBe(taken.by === "nobody");
    if (row.flow === "auth_code_no_fallback") expect(by).not.toBe("device");
  });
});
