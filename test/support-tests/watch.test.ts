import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NetworkError } from "../../src/errors.js";
import { CollectLog } from "../support/collect-log.js";
import { secretsIn, startWatch, type Watch } from "../support/watch.js";
import { runProgram } from "./run-program.js";

const SECRET = "CANARY-code-4f8b2c1d9e";
const SECRETS = [SECRET, "CANARY-other-secret"];
let watch: Watch;
beforeEach(() => {
  watch = startWatch({ secrets: () => SECRETS });
});
afterEach(() => watch.stop());

class WithGetter extends Error {
  override get message(): string {
    return `got ${SECRET}`;
  }
}
class WithPrivate {
  readonly #held = SECRET;
  toString(): string {
    return this.#held;
  }
}
const stacked = (): Error => {
  const error = new Error("plain");
  error.stack = `Error: plain\n    at ${SECRET}`;
  return error;
};
const circular = (): unknown => {
  const value: Record<string, unknown> = { inner: { token: SECRET } };
  value.self = value;
  return value;
};

describe("secretsIn", () => {
  const planted: [string, () => unknown][] = [
    ["a string", () => `code=${SECRET}&x`],
    ["a message", () => new Error(SECRET)],
    ["a getter of a message", () => new WithGetter()],
    ["a stack alone", stacked],
    ["a cause of a cause", () => new Error("a", { cause: new Error("b", { cause: { body: { code: SECRET } } }) })],
    ["one of several errors", () => new AggregateError([new Error("a"), new Error(SECRET)], "all")],
    ["a property that is not enumerable", () => Object.defineProperty(new Error("a"), "hidden", { value: SECRET })],
    ["a symbol's property", () => ({ [Symbol("s")]: SECRET })],
    ["the name of a property", () => ({ [SECRET]: 1 })],
    ["what toString gives", () => new WithPrivate()],
    ["what toJSON gives", () => ({ toJSON: () => ({ a: SECRET }) })],
    ["what its inspection gives", () => ({ [inspect.custom]: () => SECRET })],
    ["a map", () => new Map([["a", { b: SECRET }]])],
    ["a URL", () => new URL(`http://127.0.0.1/?code=${SECRET}`)],
    ["headers", () => new Headers({ authorization: `Bearer ${SECRET}` })],
    ["bytes", () => Buffer.from(SECRET)],
    ["base64", () => Buffer.from(SECRET).toString("base64url")],
    ["a circle", circular],
  ];
  for (const [where, make] of planted) {
    it(`finds a secret in ${where}`, () => expect(secretsIn(make(), SECRETS)).toEqual([SECRET]));
  }

  it("finds nothing where there is nothing", () => {
    const clean = new NetworkError("no answer", { causeCode: "ECONNRESET" });
    expect(secretsIn([clean, undefined, null, 1, { throws: SECRET.slice(0, 10) }], SECRETS)).toEqual([]);
  });
});

describe("a watch", () => {
  it("is clean while nothing leaks", () => {
    watch.expectClean([new Error("fine"), "fine"]);
  });

  it("finds a secret in what it is given, and names no more than its beginning", () => {
    const check = () => watch.expectClean([new Error("a", { cause: SECRET })]);
    expect(check).toThrow('given holds the secret that begins "CANARY-code-4f8b"');
    expect(check).not.toThrow(SECRET);
  });

  for (const level of ["debug", "error", "info", "log", "warn"] as const) {
    it(`finds a secret that went to console.${level}`, () => {
      watch.stop();
      const quiet = vi.spyOn(console, level).mockImplementation(() => {});
      const inner = startWatch({ secrets: () => SECRETS });
      console[level]("token", { a: [SECRET] });
      inner.stop();
      expect(quiet).toHaveBeenCalledOnce();
      quiet.mockRestore();
      expect(() => inner.expectClean()).toThrow(`console.${level} holds`);
    });
  }

  for (const name of ["stdout", "stderr"] as const) {
    it(`finds a secret in bytes written to ${name}, and passes them on`, () => {
      watch.stop();
      const sink = vi.spyOn(process[name], "write").mockReturnValue(true);
      const inner = startWatch({ secrets: () => SECRETS });
      process[name].write(Buffer.from(`${SECRET}\n`));
      inner.stop();
      expect(sink).toHaveBeenCalledOnce();
      sink.mockRestore();
      expect(() => inner.expectClean()).toThrow(`${name} holds`);
    });
  }

  it("tells of real unhandled rejections and uncaught exceptions, and of secrets in them", async () => {
    const { output } = await runProgram(`
      const { startWatch } = await load("test/support/watch.ts");
      await vite.close();
      const watch = startWatch({ secrets: () => ["${SECRET}"] });
      Promise.reject(new Error("${SECRET}"));
      setTimeout(() => { throw new Error("thrown"); });
      await new Promise((resolve) => process.on("uncaughtException", resolve));
      watch.stop();
      try { watch.expectClean(); } catch (error) { console.log(error.message); }
    `);
    expect(output).toMatch(/unhandledRejection holds the secret that begins "CANARY-code-4f8b"/);
    expect(output).toMatch(/unhandledRejection: Error: /);
    expect(output).toMatch(/uncaughtException: Error: thrown/);
  }, 20_000);

  it("puts everything back when it stops", () => {
    const { log } = console;
    const write = process.stderr.write;
    const listeners = process.listenerCount("unhandledRejection");
    const inner = startWatch({ secrets: () => [] });
    expect(console.log).not.toBe(log);
    inner.stop();
    inner.stop();
    expect([console.log, process.stderr.write]).toEqual([log, write]);
    expect(process.listenerCount("unhandledRejection")).toBe(listeners);
  });
});

it("collects log lines with their levels", () => {
  const log = new CollectLog();
  const { debug, warn } = log;
  debug("a");
  warn("b");
  expect(log.lines).toEqual([
    { level: "debug", message: "a" },
    { level: "warn", message: "b" },
  ]);
  expect([log.messages(), log.messages("warn")]).toEqual([["a", "b"], ["b"]]);
});
