import { mkdirSync, rmdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, expect, it, vi } from "vitest";
import { tokenDirectory } from "../../src/node/token-directory.js";
import { compileForChildren } from "../support/compile.js";
import { useScratchDirectories } from "../support/scratch.js";
import { start } from "./programs/start.js";

// A limit against hanging only: starting processes takes long on a busy machine.
vi.setConfig({ testTimeout: 90_000 });
beforeAll(compileForChildren, 180_000);
const scratch = useScratchDirectories();
const home = () => "/home/someone";
const noUser = (): string => {
  throw Object.assign(new Error("no such user"), { code: "ERR_SYSTEM_ERROR" });
};

it("The option comes before CEGAL_KEYSTONE_AUTH_DIR, and that before the home", () => {
  const env = { CEGAL_KEYSTONE_AUTH_DIR: "/from/env", XDG_STATE_HOME: "/state" };
  expect(tokenDirectory("/from/option", env, home)).toBe("/from/option");
  expect(tokenDirectory(undefined, env, home)).toBe("/from/env");
  expect(tokenDirectory(undefined, { XDG_STATE_HOME: "/state" }, home)).toBe("/home/someone/.cegal-keystone/tokens");
  expect(tokenDirectory(undefined, { CEGAL_KEYSTONE_AUTH_DIR: "" }, home)).toBe("/home/someone/.cegal-keystone/tokens");
});

it("A relative path is that of the present working directory", () => {
  expect(tokenDirectory("tokens", {}, home)).toBe(resolve("tokens"));
  expect(tokenDirectory(undefined, { CEGAL_KEYSTONE_AUTH_DIR: "tokens" }, home)).toBe(resolve("tokens"));
});

it("LK-08 A path that begins with ~/ is in the home, and no other tilde means anything", () => {
  expect(tokenDirectory("~/x", {}, home)).toBe("/home/someone/x");
  expect(tokenDirectory("~", {}, home)).toBe("/home/someone");
  expect(tokenDirectory(undefined, { CEGAL_KEYSTONE_AUTH_DIR: "~/x/y" }, home)).toBe("/home/someone/x/y");
  expect(tokenDirectory("~x", {}, home)).toBe(resolve("~x"));
  expect(tokenDirectory("/a/~/x", {}, home)).toBe("/a/~/x");
  for (const homedir of [noUser, () => "", () => "/"]) expect(tokenDirectory("~/x", {}, homedir)).toBeUndefined();
});

const useless: [string, () => string][] = [
  ['HOME is "/"', () => "/"],
  ["HOME is empty", () => ""],
  ["HOME is relative", () => "home"],
  ["there is no passwd entry", noUser],
];

it.each(useless)(
  "FS-12 LK-07 Where %s, the directory is in XDG_STATE_HOME, else in XDG_DATA_HOME, else there is none",
  (_name, homedir) => {
    expect(tokenDirectory(undefined, { XDG_STATE_HOME: "/state", XDG_DATA_HOME: "/data" }, homedir)).toBe(
      "/state/cegal-keystone/tokens",
    );
    expect(tokenDirectory(undefined, { XDG_STATE_HOME: "relative", XDG_DATA_HOME: "/data" }, homedir)).toBe(
      "/data/cegal-keystone/tokens",
    );
    expect(tokenDirectory(undefined, { XDG_STATE_HOME: "", XDG_DATA_HOME: "relative" }, homedir)).toBeUndefined();
    expect(tokenDirectory(undefined, {}, homedir)).toBeUndefined();
    expect(tokenDirectory("/from/option", {}, homedir)).toBe("/from/option");
  },
);

const homeless = ["env", "-u", "HOME", "-u", "XDG_STATE_HOME", "-u", "XDG_DATA_HOME", "-u", "CEGAL_KEYSTONE_AUTH_DIR"];

it("FS-12 A program of a user without HOME and passwd entry finds no directory, and does not throw", async (context) => {
  if (process.geteuid?.() !== 0) context.skip("only root can start a program as a user that does not exist");
  const { lines } = await start("token-directory", ["54321"], homeless);
  expect((await lines.next()).value).toBe("throws undefined");
});

it("FS-12 A program with HOME=/ finds no directory", async () => {
  const { lines } = await start("token-directory", [], [...homeless, "HOME=/"]);
  expect((await lines.next()).value).toBe("/ undefined");
});

it.each(["HOME=", "HOME=."])("LK-07 A program with %s finds no directory", async (variable) => {
  const { lines } = await start("token-directory", [], [...homeless, variable]);
  expect((await lines.next()).value).toMatch(/ undefined$/);
});

it("FS-12 In a working directory that was removed, a relative path is none, and nothing throws", async () => {
  const gone = join(scratch(), "gone");
  mkdirSync(gone);
  const { lines } = await start("token-directory", ["", gone, "tokens"], [...homeless, "HOME=/"]);
  expect((await lines.next()).value).toBe("/ undefined");
  expect(() => rmdirSync(gone)).toThrow(expect.objectContaining({ code: "ENOENT" }));
});
