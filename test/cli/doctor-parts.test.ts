import { describe, expect, it } from "vitest";
import { exitCodeOfReport, type Line, redact, reportText } from "../../src/cli/doctor/report.js";

describe("A report's texts", () => {
  const user = { homes: ["/home/ann", "/data/homes/ann"], user: "ann" };
  it.each([
    ["/home/ann/.cegal-keystone and /data/homes/ann/x", "~/.cegal-keystone and ~/x"],
    ["/home/ann", "~"],
    ["/home/anna/x and /home/ann.old/x", "/home/anna/x and /home/ann.old/x"],
    ["/var/spool/ann/mail, C:\\Users\\Ann\\x", "/var/spool/USER/mail, C:\\Users\\USER\\x"],
    ["ann is a word, and so is annual", "ann is a word, and so is annual"],
    ["see https://id.example/a?code=1#x.", "see https://id.example/a."],
    ["http://u:p@proxy.example:3128, then", "http://proxy.example:3128, then"],
    ["(http://u:p@proxy.example:3128/)", "(http://proxy.example:3128/)"],
    ["https://id.example", "https://id.example"],
    ["http://u:p@[bad", "(an address that cannot be read)"],
    ["socks5://u:p@proxy.example:1080", "socks5://proxy.example:1080"],
  ])("%j is shown as %j", (text, shown) => expect(redact(text, user)).toBe(shown));

  it("are left alone where there is no home directory", () => {
    expect(redact("/a/b", { homes: [], user: undefined })).toBe("/a/b");
  });
});

const plain = { green: String, yellow: String, red: String, dim: String, bold: String };
const versions = { keystoneAuth: "1.0.0", node: "v24.0.0", platform: "linux x64" };
const line = (check: Line["check"], outcome: Line["outcome"], message: string, advice?: string): Line => ({
  check,
  outcome,
  message,
  ...(advice !== undefined && { advice }),
});

describe("A report in a terminal", () => {
  const lines = [
    line("metadata", "ok", "It answers."),
    line(
      "redirect_uri",
      "warning",
      "one two three four five six seven eight nine ten eleven",
      "a b c d e f g h i j k l m n o p q r",
    ),
    line("device_flow", "skipped", "https://id.example/an/address/that/is/longer/than/a/line/of/this/terminal"),
  ];

  it("breaks its lines between words, below each other, and leaves an address whole", () => {
    expect(reportText({ versions, lines }, plain, 60).split("\n")).toEqual([
      "keystone-auth 1.0.0, Node v24.0.0, linux x64",
      "",
      "✓ metadata      It answers.",
      "! redirect URI  one two three four five six seven eight",
      "                nine ten eleven",
      "                → a b c d e f g h i j k l m n o p q r",
      "– device flow   https://id.example/an/address/that/is/longer/than/a/line/of/this/terminal",
      "",
      "Nothing failed; 1 warning.",
      "",
    ]);
  });

  it("is one line a text where there is no terminal", () => {
    expect(reportText({ versions, lines }, plain, undefined)).toContain("seven eight nine ten eleven\n");
  });

  it("counts what failed", () => {
    const failures = [line("metadata", "failed", "No."), line("keys", "failed", "No."), ...lines];
    expect(reportText({ versions, lines: failures }, plain, 80)).toContain("\n2 checks failed, 1 warning.\n");
    expect(exitCodeOfReport(failures)).toBe(5);
    expect(exitCodeOfReport(lines)).toBe(0);
  });
});
