import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { dist, ensureBuilt, filesIn, root, runProgram } from "./built-package.js";

const browserConditions = ["--conditions=browser"];
const entries: { entry: string; nodeArgs: string[] }[] = [
  { entry: "keystone-auth", nodeArgs: [] },
  { entry: "keystone-auth", nodeArgs: browserConditions },
  { entry: "keystone-auth/node", nodeArgs: [] },
  { entry: "keystone-auth/browser", nodeArgs: [] },
  { entry: "keystone-auth/browser/callback", nodeArgs: [] },
  { entry: "keystone-auth/electron/main", nodeArgs: [] },
  { entry: "keystone-auth/electron/preload", nodeArgs: [] },
  { entry: "keystone-auth/electron/renderer", nodeArgs: [] },
  { entry: "keystone-auth/testing", nodeArgs: [] },
  { entry: "keystone-auth/testing", nodeArgs: browserConditions },
];

beforeAll(ensureBuilt, 60_000);

describe.each(entries)("Importing $entry $nodeArgs", ({ entry, nodeArgs }) => {
  const name = JSON.stringify(entry);

  it("IV-08 prints nothing, leaves the home directory alone, and the process ends by itself", async () => {
    const place = await mkdtemp(join(tmpdir(), "keystone-auth-home-"));
    try {
      const home = join(place, "home");
      const env = { ...process.env, HOME: home, USERPROFILE: home };
      expect(await runProgram(`await import(${name});`, { nodeArgs, env })).toEqual({ stdout: "", stderr: "" });
      expect(await readdir(place)).toEqual([]);
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  });

  it("opens no handle and leaves no listener or global name", async () => {
    const { stdout } = await runProgram(
      `const look = () => [process.getActiveResourcesInfo(), process.eventNames(), Object.getOwnPropertyNames(globalThis)];
      const before = look();
      await import(${name});
      // The loader itself is still closing the files that it has read.
      while (process.getActiveResourcesInfo().some((kind) => kind.includes("Req"))) await new Promise(setImmediate);
      const after = look();
      console.log(JSON.stringify([before, after]));`,
      { nodeArgs },
    );
    const [before, after] = JSON.parse(stdout) as [unknown, unknown];
    expect(after).toEqual(before);
  });

  it("reads and changes no environment variable", async () => {
    const { stdout } = await runProgram(
      `const touched = [];
      const touch = (how, name) => touched.push(how + " " + String(name));
      process.env = new Proxy(process.env, {
        get: (target, name) => (touch("get", name), target[name]),
        has: (target, name) => (touch("has", name), name in target),
        ownKeys: (target) => (touch("list", ""), Reflect.ownKeys(target)),
        set: (target, name) => (touch("set", name), true),
        deleteProperty: (target, name) => (touch("delete", name), true),
      });
      await import(${name});
      console.log(JSON.stringify(touched));`,
      { nodeArgs },
    );
    // What Node looks up for itself is not ours.
    const ours = (JSON.parse(stdout) as string[]).filter((text) => !/ (NODE_|WATCH_REPORT_)/.test(text));
    expect(ours).toEqual([]);
  });

  it("IV-08 works in a worker thread, which ends by itself", async () => {
    const inWorker = `import("node:worker_threads").then(async ({ parentPort }) => parentPort.postMessage(typeof (await import(${name}))));`;
    const { stdout, stderr } = await runProgram(
      `import { Worker } from "node:worker_threads";
      const worker = new Worker(${JSON.stringify(inWorker)}, { eval: true });
      worker.on("message", (kind) => console.log(kind === "object"));`,
      { nodeArgs },
    );
    expect({ stdout, stderr }).toEqual({ stdout: "true\n", stderr: "" });
  });
});

describe("The entries", () => {
  it.each([
    ["of pages", ["browser", "electron/renderer"]],
    ["of Node", ["node", "electron/main"]],
  ])("%s share one class of each error", async (_, names) => {
    const { stdout } = await runProgram(
      `const entries = await Promise.all(${JSON.stringify(names)}.map((name) => import("keystone-auth/" + name)));
      const errors = Object.keys(entries[0]).filter((name) => name.endsWith("Error"));
      const compared = errors.filter((name) => entries[1][name] !== undefined);
      const same = compared.every((name) => entries[0][name] === entries[1][name]);
      console.log(JSON.stringify({ found: errors.includes("KeystoneAuthError"), same }));`,
    );
    expect(JSON.parse(stdout)).toEqual({ found: true, same: true });
  });

  it("of pages and of Node know each other's errors", async () => {
    const { stdout } = await runProgram(
      `const [node, browser] = await Promise.all(["node", "browser"].map((name) => import("keystone-auth/" + name)));
      const error = new browser.ConfigurationError("An option is wrong.");
      console.log(node.isKeystoneAuthError(error), error instanceof node.ConfigurationError);`,
    );
    expect(stdout).toBe("true false\n");
  });

  it("give Node two files to load at the start, and no package", () => {
    const { files, others } = staticClosure("node.js");
    expect(files.sort()).toEqual(["node-core.js", "node.js"]);
    expect(others.filter((specifier) => !specifier.startsWith("node:"))).toEqual([]);
  });

  it("give an Electron window its own files and the errors, and no package: no protocol, no database", () => {
    const { files, others } = staticClosure("electron-renderer.js");
    expect(files.sort()).toEqual(["electron-messages.js", "electron-renderer.js", "errors.js"]);
    expect(others).toEqual([]);
  });

  it("give the page of a callback one file, and a page that waits for a token one more than the entry's", () => {
    expect(staticClosure("browser-callback.js")).toEqual({ files: ["browser-callback.js"], others: [] });
    const entry = staticClosure("browser.js");
    const beyondTheEntry = (part: string) => {
      const { files, others } = staticClosure(part);
      return [...files, ...others].filter((each) => ![...entry.files, ...entry.others].includes(each));
    };
    expect(entry.others).toEqual(["idb-keyval"]);
    expect(beyondTheEntry("browser-online.js")).toEqual(["browser-online.js", "oauth4webapi"]);
    expect(beyondTheEntry("browser-windows.js")).toEqual(["browser-windows.js", "oidc-client-ts"]);
  });
});

describe("The built files", () => {
  it("name no path of the machine that built them", () => {
    const paths = [root, `${homedir()}/`, `${tmpdir()}/`, "file:///"];
    const speaking = filesIn(dist).filter((file) => {
      const text = readFileSync(file, "utf8");
      return paths.some((path) => text.includes(path));
    });
    expect(speaking).toEqual([]);
  });

  it("have maps apart from the package that lead to the TypeScript sources and carry them", () => {
    expect(filesIn(dist).filter((file) => file.endsWith(".map"))).toEqual([]);
    const maps = filesIn(join(root, "build", "maps"));
    const code = filesIn(dist).filter((file) => /\.c?js$/.test(file) && !file.endsWith("cli-guard.js"));
    // The guard is text of the build, and has no source.
    expect(maps.map((file) => basename(file, ".map")).sort()).toEqual(code.map((file) => basename(file)).sort());
    for (const file of maps) {
      const { sources, sourcesContent } = JSON.parse(readFileSync(file, "utf8")) as {
        sources: string[];
        sourcesContent: string[];
      };
      for (const [index, name] of sources.entries()) {
        expect(name).toMatch(/^\.\.\/src\/.+\.ts$/);
        expect(sourcesContent[index]).toBe(readFileSync(join(root, name.slice("../".length)), "utf8"));
      }
    }
  });

  it("PK-04 declare types without Node's, and without names that a page's TypeScript may not know", () => {
    const foreign = /\bNodeJS\.|\bBuffer\b|reference types=|\[Symbol\.|Uint8Array</;
    const leaning = filesIn(join(dist, "types")).filter((file) => foreign.test(readFileSync(file, "utf8")));
    expect(leaning).toEqual([]);
  });
});

/** What a program waits for before its first line runs. */
function staticClosure(entry: string): { files: string[]; others: string[] } {
  const files = [entry];
  const others: string[] = [];
  for (const file of files) {
    const code = readFileSync(join(dist, file), "utf8");
    for (const [, specifier = ""] of code.matchAll(/^(?:import|export)\b[^"'();]*["']([^"']+)["'];/gm)) {
      const name = specifier.replace(/^\.\//, "");
      if (!specifier.startsWith(".")) others.push(specifier);
      else if (!files.includes(name) && existsSync(join(dist, name))) files.push(name);
    }
  }
  return { files, others };
}
