import { describe, expect, it } from "vitest";
import { clockFinding } from "../../../src/client/provider-checks.js";
import { certificatesFinding, proxyFinding } from "../../../src/node/diagnosis/machine.js";

describe("The clock", () => {
  const at = Date.parse("2026-01-01T00:00:10Z");
  const told = (date: string | null) => clockFinding({ date, asked: at, answered: at + 200 }, 120_000);
  const finding = (offsetMs: number) => told(new Date(at + offsetMs).toUTCString());

  it.each([
    [0, "ok"],
    [-2000, "ok"],
    [30_000, "ok"],
    [-90_000, "warning"],
    [120_000, "warning"],
    [-125_000, "failed"],
    [3_600_000, "failed"],
  ] as const)("that differs by %i ms is %s", (offset, outcome) => expect(finding(offset).outcome).toBe(outcome));

  it("is not judged where the provider does not say its time", () => {
    expect(told(null).outcome).toBe("skipped");
    expect(told("soon").outcome).toBe("skipped");
  });

  it("is behind where the provider's time is later", () => {
    expect(finding(90_000).message).toMatch(/^This machine's clock is 90 s behind the provider/);
    expect(finding(-90_000).message).toMatch(/^This machine's clock is 90 s ahead of the provider/);
  });
});

describe("TM-11 Proxies", () => {
  const runtime = (version: string, env: object, dispatcher?: string) =>
    ({
      version,
      env: { HTTPS_PROXY: "http://proxy.example:3128", ...env },
      args: [],
      isNode: true,
      dispatcher,
    }) as const;
  const url = "https://id.example/identity";
  const find = (...how: Parameters<typeof runtime>) => proxyFinding(url, runtime(...how));

  it.each([
    ["v20.20.2", { NODE_USE_ENV_PROXY: "1" }, "warning"],
    ["v22.21.0", { NODE_USE_ENV_PROXY: "1" }, "ok"],
    ["v26.0.0", {}, "warning"],
    ["v26.0.0", { NO_PROXY: "id.example" }, "ok"],
    ["v26.0.0", { NODE_USE_ENV_PROXY: "1", HTTPS_PROXY: "socks5://proxy.example" }, "warning"],
  ] as const)("with Node %s and %j are used or not: %s", (version, env, outcome) => {
    expect(find(version, env).outcome).toBe(outcome);
  });

  it("that are not named are no matter, and those of the program's own undici are its own", () => {
    expect(find("v26.0.0", { HTTPS_PROXY: "" }).outcome).toBe("skipped");
    expect(find("v20.20.2", {}, "ProxyAgent").message).toContain("of the program's own");
  });

  it.each([
    ["v24.6.0", { NODE_USE_SYSTEM_CA: "1" }, /and those of the system are trusted/],
    ["v22.18.0", { NODE_USE_SYSTEM_CA: "1" }, /the authorities that Node brings are trusted/],
    ["v22.15.0", { NODE_OPTIONS: "--use-system-ca" }, /and those of the system are trusted/],
    ["v20.20.2", { NODE_OPTIONS: "--use-openssl-ca" }, /of OpenSSL's store are trusted/],
    ["v26.0.0", {}, /the authorities that Node brings are trusted/],
  ])("in Node %s with %j: whose certificates are trusted", (version, env, says) => {
    expect(certificatesFinding(runtime(version, env)).message).toMatch(says);
  });
});
