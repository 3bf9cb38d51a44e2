/** Errors cross as data and are the same on the other side. */
import { expect, test } from "vitest";
import { describeError, rebuildError } from "../../src/electron/errors.js";
import * as errors from "../../src/errors.js";

const details = { retryable: true, sessionKept: false, causeCode: "ECONNRESET" };
const all: errors.KeystoneAuthError[] = [
  new errors.ConfigurationError("clientId", "m"),
  new errors.DiscoveryError("m", details),
  new errors.AuthorizationResponseError("m", details),
  new errors.ProviderError("m", { ...details, error: "invalid_client", errorDescription: "d", status: 401 }),
  new errors.ProviderError("m", { error: "unknown" }),
  new errors.TokenValidationError("aud", "m", details),
  new errors.ResponseError("m", { retryable: false }),
  // As the page that stands in the provider's place is described.
  Object.assign(new errors.ResponseError("m", details), { status: 502 }),
  new errors.NetworkError("m", { ...details, status: 503, retryAfterSeconds: 7 }),
  new errors.TimeoutError("m", { retryable: false, sessionKept: false }),
  new errors.AbortedError("m", details),
  new errors.LoginRequiredError("user_changed", "m", details),
  new errors.StorageError("version", "m"),
  new errors.StorageError("full", "m", details),
  new errors.LockTimeoutError("m"),
  new errors.PopupError("blocked", "m"),
  new errors.EnvironmentError("m", details),
];
const shape = (error: Error) => ({ ...error, name: error.name, message: error.message });

test("EL-06 each class arrives as itself, with its code and fields", () => {
  const classes = Object.entries(errors).filter(([name]) => name.endsWith("Error") && !/^(is|Keystone)/.test(name));
  expect(new Set(all.map(({ name }) => name))).toEqual(new Set(classes.map(([name]) => name)));
  for (const error of all) {
    const back = rebuildError(structuredClone(describeError(error)));
    expect(back.constructor).toBe(error.constructor);
    expect(shape(back)).toEqual(shape(error));
    expect(errors.isKeystoneAuthError(back)).toBe(true);
  }
});

test("what an error carries beside its named fields stays in the main process", () => {
  const error = Object.assign(new errors.NetworkError("m"), {
    cause: "CANARY",
    refreshToken: "CANARY",
    stack: "CANARY",
  });
  expect(JSON.stringify(describeError(error))).not.toContain("CANARY");
  for (const foreign of [new Error("CANARY"), "CANARY", { message: "CANARY", code: "network" }, null, undefined]) {
    expect(describeError(foreign)).toMatchObject({ code: "environment", sessionKept: true });
    expect(JSON.stringify(describeError(foreign))).not.toContain("CANARY");
  }
});

test("texts of any length are cut", () => {
  const long = "x".repeat(100_000);
  const data = describeError(new errors.ProviderError(long, { error: long, errorDescription: long }));
  expect(JSON.stringify(data).length).toBeLessThan(7000);
});

test("a code that this release does not know is EnvironmentError, whatever it is called", () => {
  for (const code of ["constructor", "__proto__", "quantum"]) {
    const data = { code, message: "m", retryable: true, sessionKept: false };
    expect(rebuildError(data)).toMatchObject({
      name: "EnvironmentError",
      message: "m",
      retryable: true,
      sessionKept: false,
    });
  }
});
