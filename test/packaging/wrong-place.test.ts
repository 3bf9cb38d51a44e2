/** The Node entry where it is not at home. The places are imitated: an old Node, a page and an edge runtime lack what is taken away here. */
import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, it } from "vitest";
import { guardNode } from "../../scripts/node-guard.mjs";
import { dist, ensureBuilt, root, runProgram } from "./built-package.js";

const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { engines: { node: string } };
const [, lowest, next] = /^\^(\d+\.\d+)\.0 \|\| >=(\d+\.\d+)\.0$/.exec(engines.node) ?? [];
/** What npm warns of at the installation is what the guard refuses. */
const LOWEST = `keystone-auth needs Node ${lowest}, or ${next} and later, and this is Node`;

beforeAll(ensureBuilt, 60_000);

it.each(["keystone-auth", "keystone-auth/node", "keystone-auth/electron/main", "keystone-auth/testing"])(
  "PK-08 DX-11 %s in a Node that is too old says which one it needs (imitated: getBuiltinModule is not there)",
  async (name) => {
    const { stdout } = await runProgram(
      `process.getBuiltinModule = undefined;
      const error = await import("${name}").catch((fault) => fault);
      console.log(JSON.stringify({ ...error, name: error.name, message: error.message }));`,
    );
    const told = { code: "environment", retryable: false, sessionKept: true };
    const message = `${LOWEST} ${process.versions.node}.`;
    expect(JSON.parse(stdout)).toEqual({ ...told, name: "EnvironmentError", message });
  },
);

const asNode = (version: string) =>
  `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } });`;

it.each(["keystone-auth", "keystone-auth/node", "keystone-auth/electron/main", "keystone-auth/testing"])(
  "PK-08 %s in a Node 20 that is too old by its second number says so (imitated: the number)",
  async (name) => {
    const { stdout } = await runProgram(
      `${asNode("20.18.3")} console.log((await import("${name}").catch((fault) => fault)).message);`,
    );
    expect(stdout).toBe(`${LOWEST} 20.18.3.\n`);
  },
);

it.each<[string, boolean]>([
  ["18.20.8", false],
  ["20.18.3", false],
  ["20.19.0", true],
  ["22.3.0", true],
  ["26.10.0", true],
])("PK-08 a Node %s with what is asked for is taken: %s", (node, isTaken) => {
  const guard = () => guardNode({ process: { versions: { node }, getBuiltinModule: () => ({}) } });
  if (isTaken) expect(guard()).toBeUndefined();
  else expect(guard).toThrow(`${LOWEST} ${node}.`);
});

it.each(["21.7.3", "22.2.0"])("PK-08 a Node %s without what is asked for is told the number that it needs", (node) => {
  const guard = () => guardNode({ process: { versions: { node } } });
  expect(guard).toThrow(`${LOWEST} ${node}.`);
});

it.each([
  ["getBuiltinModule", "process.getBuiltinModule = undefined;", process.versions.node],
  ["the number", asNode("18.20.8"), "18.20.8"],
])("DX-11 PK-08 the command says so on one line, and ends with 2 (imitated: %s)", async (_what, old, version) => {
  const code = `${old} await import(${JSON.stringify(`file://${join(dist, "cli.js")}`)});`;
  const failure = await runProgram(code).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 2, stdout: "", stderr: `${LOWEST} ${version}.\n` });
});

describe("The Node entry in a bundle that a page loads", () => {
  const bundle = async () => {
    const stdin = { contents: `export * from "keystone-auth/node";`, resolveDir: root };
    const settings = { bundle: true, write: false, format: "iife", globalName: "entry", platform: "node" } as const;
    return (await build({ stdin, ...settings, logLevel: "silent" })).outputFiles[0]?.text ?? "";
  };
  const faultIn = (code: string, place: object): unknown => {
    try {
      return runInNewContext(`${code};"no fault"`, place);
    } catch (error) {
      return error;
    }
  };

  it("PK-06 names the entry of pages and Rollup's option, and is an EnvironmentError to whoever asks", async () => {
    const fault = faultIn(await bundle(), { document: {} });
    expect(fault).toMatchObject({ code: "environment", retryable: false });
    expect(String(fault)).toMatch(
      /^EnvironmentError: This is keystone-auth for Node, in a page\. Import from "keystone-auth\/browser", .*browser: true/,
    );
    const { isKeystoneAuthError } = await import("../../src/errors.js");
    expect(isKeystoneAuthError(fault)).toBe(true);
  });

  it("PK-06 says in an edge route to let the route run in Node", async () => {
    const fault = faultIn(await bundle(), {});
    expect(String(fault)).toMatch(/^EnvironmentError: .*export const runtime = "nodejs"/);
  });
});
