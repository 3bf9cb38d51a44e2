import { describe, expect, it } from "vitest";
import { knowsProxies, proxyFinding } from "../../src/cli/doctor/machine-checks.js";
import { clockFinding } from "../../src/cli/doctor/provider-checks.js";
import { redact } from "../../src/cli/doctor/report.js";

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

describe("The clock", () => {
  const at = Date.parse("2026-01-01T00:00:10Z");
  const finding = (offsetMs: number) => clockFinding(new Date(at + offsetMs).toUTCString(), at, at + 200, 120);

  it.each([
    [0, "ok"],
    [-2000, "ok"],
    [30_000, "ok"],
    [-90_000, "warning"],
    [120_000, "warning"],
    [-125_000, "failed"],
    [3_600_000, "failed"],
  ] as const)("that differs by %i ms is %s", (offset, state) => expect(finding(offset).state).toBe(state));

  it("is not judged where the provider does not say its time", () => {
    expect(clockFinding(null, at, at, 120).state).toBe("none");
    expect(clockFinding("soon", at, at, 120).state).toBe("none");
  });

  it("is behind where the provider's time is later", () => {
    expect(finding(90_000).found).toMatch(/^this machine is 90 s behind the provider/);
    expect(finding(-90_000).found).toMatch(/^this machine is 90 s ahead of the provider/);
  });
});

describe("Proxies", () => {
  const env = { HTTPS_PROXY: "http://proxy.example:3128" };
  it.each([
    ["v20.20.2", { NODE_USE_ENV_PROXY: "1" }, [], "warning"],
    ["v22.21.0", { NODE_USE_ENV_PROXY: "1" }, [], "ok"],
    ["v24.5.0", { NODE_OPTIONS: "--no-warnings --use-env-proxy" }, [], "ok"],
    ["v26.0.0", {}, ["--use-env-proxy"], "ok"],
    ["v26.0.0", {}, [], "warning"],
  ] as const)("with Node %s, %j and %j are used or not: %s", (version, more, args, state) => {
    expect(proxyFinding({ ...env, ...more }, version, args).state).toBe(state);
  });

  it("that are not named are no matter", () => {
    expect(proxyFinding({ HTTPS_PROXY: "" }, "v26.0.0", []).state).toBe("none");
    expect(knowsProxies("v23.11.0")).toBe(false);
  });
});
