import { describe, expect, it } from "vitest";
import { clockFinding } from "../../../src/client/provider-checks.js";
import { knowsProxies, proxyFinding } from "../../../src/node/diagnosis/machine.js";

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

describe("Proxies", () => {
  const env = { HTTPS_PROXY: "http://proxy.example:3128" };
  it.each([
    ["v20.20.2", { NODE_USE_ENV_PROXY: "1" }, [], "warning"],
    ["v22.21.0", { NODE_USE_ENV_PROXY: "1" }, [], "ok"],
    ["v24.5.0", { NODE_OPTIONS: "--no-warnings --use-env-proxy" }, [], "ok"],
    ["v26.0.0", {}, ["--use-env-proxy"], "ok"],
    ["v26.0.0", {}, [], "warning"],
  ] as const)("with Node %s, %j and %j are used or not: %s", (version, more, args, outcome) => {
    expect(proxyFinding({ ...env, ...more }, version, args).outcome).toBe(outcome);
  });

  it("that are not named are no matter", () => {
    expect(proxyFinding({ HTTPS_PROXY: "" }, "v26.0.0", []).outcome).toBe("skipped");
    expect(knowsProxies("v23.11.0")).toBe(false);
  });
});
