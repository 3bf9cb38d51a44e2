import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { showDeviceCode } from "../../src/node/device-code.js";
import { showWaiting, stderrTerminal } from "../../src/node/terminal.js";
import { fakeTerminal } from "./fake-terminal.js";

const PROMPT = {
  verificationUri: "https://provider.example/device",
  verificationUriComplete: "https://provider.example/device?user_code=WDJB-MJHT",
  userCode: "WDJB-MJHT",
  expiresInSeconds: 900,
};

const LEAD = ["prizm asks you to sign in."];
const BLOCKS = /[█▀▄]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

describe("the device code at a terminal", () => {
  it("shows address, code, time left and a QR code", async () => {
    const terminal = fakeTerminal();
    await showDeviceCode(PROMPT, terminal, LEAD);
    expect(terminal.text).toContain("https://provider.example/device");
    expect(terminal.text).toContain("WDJB-MJHT");
    expect(terminal.text).toContain("15 minutes");
    expect(terminal.text).toMatch(BLOCKS);
    expect(terminal.text.indexOf("WDJB-MJHT")).toBeGreaterThan(terminal.text.lastIndexOf("█"));
  });

  it("makes the QR code of the address that holds the code, else of the plain one", async () => {
    const { renderUnicodeCompact } = await import("uqr");
    for (const [prompt, address] of [
      [PROMPT, PROMPT.verificationUriComplete],
      [{ verificationUri: PROMPT.verificationUri, userCode: "x", expiresInSeconds: 60 }, PROMPT.verificationUri],
    ] as const) {
      const terminal = fakeTerminal({ colour: false });
      await showDeviceCode(prompt, terminal, LEAD);
      expect(terminal.text).toContain(renderUnicodeCompact(address, { border: 2 }));
    }
  });

  it.each([
    ["a pipe", { isTTY: false }],
    ["a narrow terminal", { columns: 20 }],
  ])("shows no QR code on %s", async (_, facts) => {
    const terminal = fakeTerminal(facts);
    await showDeviceCode(PROMPT, terminal, LEAD);
    expect(terminal.text).not.toMatch(BLOCKS);
    expect(terminal.text).toContain("WDJB-MJHT");
  });

  it.each([
    ["a pipe", { isTTY: false }],
    ["a terminal without colours", { colour: false }],
  ])("writes plain lines to %s", async (_, facts) => {
    const terminal = fakeTerminal(facts);
    await showDeviceCode(PROMPT, terminal, LEAD);
    expect(terminal.text).not.toMatch(CONTROLS);
  });

  it("LG-04 takes out what would drive the terminal or turn the text around", async () => {
    const hostile = "\u001b[2J\u001b]0;title\u0007\r\nABCD\u202eEFGH\u009b31m";
    const terminal = fakeTerminal({ colour: false });
    await showDeviceCode(
      { verificationUri: `https://provider.example/${hostile}`, userCode: hostile, expiresInSeconds: 900 },
      terminal,
      LEAD,
    );
    expect(terminal.text.replace(/[█▀▄]/g, "")).not.toMatch(CONTROLS);
    expect(terminal.text).toContain("ABCD EFGH");
  });

  it("LG-04 bounds what it shows", async () => {
    const terminal = fakeTerminal({ colour: false });
    await showDeviceCode(
      {
        verificationUri: `https://provider.example/${"x".repeat(10_000)}`,
        userCode: "y".repeat(10_000),
        expiresInSeconds: 900,
      },
      terminal,
      LEAD,
    );
    expect(terminal.text.length).toBeLessThan(3000);
  });

  it("AU-06 puts no other scheme into the QR code", async () => {
    const terminal = fakeTerminal();
    await showDeviceCode({ ...PROMPT, verificationUriComplete: "javascript:alert(1)" }, terminal, LEAD);
    expect(terminal.text).not.toMatch(BLOCKS);
  });

  it.each([
    [60, "60 seconds"],
    [119, "119 seconds"],
    [120, "2 minutes"],
    [1799, "29 minutes"],
    [0.2, "1 seconds"],
  ])("says that a code of %d s expires in %s", async (expiresInSeconds, text) => {
    const terminal = fakeTerminal({ isTTY: false });
    await showDeviceCode({ ...PROMPT, expiresInSeconds }, terminal, LEAD);
    expect(terminal.text).toContain(text);
  });
});

describe("the waiting line", () => {
  it("is drawn over itself each second, fits the width, and is erased at the end, once", () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    try {
      const terminal = fakeTerminal({ columns: 30 });
      const erase = showWaiting(["Waiting for the sign-in"], 272, terminal);
      vi.advanceTimersByTime(1000);
      erase();
      erase();
      vi.advanceTimersByTime(5000);
      const lines = terminal.text.split("\r\u001b[2K");
      expect(lines).toEqual(["", "Waiting for the si… 4:32 left", "Waiting for the si… 4:31 left", ""]);
      for (const line of lines) expect(line.length).toBeLessThan(30);
      const wide = fakeTerminal();
      showWaiting(["Waiting for the sign-in"], 272, wide)();
      expect(wide.text).toContain("Waiting for the sign-in… 4:32 left");
    } finally {
      vi.useRealTimers();
    }
  });

  it("is nothing on what is not a terminal", () => {
    const terminal = fakeTerminal({ isTTY: false });
    showWaiting(["Waiting"], 60, terminal)();
    expect(terminal.text).toBe("");
  });
});

describe("stderr as a terminal", () => {
  it("wants no colour under NO_COLOR, and no drawing on a dumb terminal", () => {
    const { stderr } = process;
    const before = Object.getOwnPropertyDescriptor(stderr, "isTTY");
    Object.defineProperty(stderr, "isTTY", { value: true, configurable: true });
    try {
      expect(stderrTerminal({})).toMatchObject({ isTTY: true, colour: true });
      expect(stderrTerminal({ NO_COLOR: "1" })).toMatchObject({ isTTY: true, colour: false });
      expect(stderrTerminal({ NO_COLOR: "" }).colour).toBe(true);
      expect(stderrTerminal({ TERM: "dumb" })).toMatchObject({ isTTY: false, colour: false });
    } finally {
      if (before) Object.defineProperty(stderr, "isTTY", before);
      else delete (stderr as { isTTY?: boolean }).isTTY;
    }
  });

  it("does not keep the process alive while it counts down", async () => {
    const { compileForChildren } = await import("../support/compile.js");
    const module = `${await compileForChildren()}/src/node/terminal.js`;
    const program = `import(${JSON.stringify(module)}).then(({ showWaiting }) => showWaiting(["Waiting"], 300, { isTTY: true, columns: 80, colour: false, write() {} }))`;
    const child = spawn(process.execPath, ["-e", program], { stdio: "inherit" });
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});
