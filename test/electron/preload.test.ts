/** The preload script, as a bundler makes it part of another and as the ready-made file. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Script, createContext } from "node:vm";
import { beforeAll, expect, test } from "vitest";
import { exposeTokens } from "../../src/electron/preload.js";
import { dist, ensureBuilt, root } from "../packaging/built-package.js";
import { acrossWorlds } from "./fake-electron.js";

beforeAll(ensureBuilt, 60_000);

interface Exposed {
  readonly version: number;
  readonly call: (...parts: unknown[]) => { answer: Promise<unknown>; cancel: () => void };
  readonly listen: (...parts: unknown[]) => () => void;
}

/** What `electron` is in a preload script; keeps what was sent. */
function fakeElectron() {
  const sent: { channel: string; message: unknown }[] = [];
  const subscribed: { channel: string; emit: (event: unknown, data: unknown) => void }[] = [];
  const exposed = new Map<string, Exposed>();
  return {
    sent,
    subscribed,
    exposed,
    contextBridge: {
      exposeInMainWorld: (key: string, api: unknown) => void exposed.set(key, acrossWorlds(api) as Exposed),
    },
    ipcRenderer: {
      invoke: async (channel: string, message: unknown) => {
        sent.push({ channel, message: structuredClone(message) });
        return { ok: true };
      },
      on: (channel: string, emit: (event: unknown, data: unknown) => void) => void subscribed.push({ channel, emit }),
    },
  };
}

test("the ready-made file runs as a sandboxed preload script: alone, with electron and nothing else to require", async () => {
  const electron = fakeElectron();
  const required: string[] = [];
  // A sandboxed preload script has a few of Node's names and those of the page.
  const context = createContext({
    require: (name: string) => {
      required.push(name);
      return electron;
    },
    crypto: globalThis.crypto,
    navigator: { userActivation: { isActive: true } },
    exports: {},
    module: {},
  });
  const file = join(dist, "electron-preload.cjs");
  new Script(readFileSync(file, "utf8"), { filename: file }).runInContext(context);
  expect(required).toEqual(["electron"]);
  expect([...electron.exposed.keys()]).toEqual(["keystoneAuthBridge"]);
  const bridge = electron.exposed.get("keystoneAuthBridge");
  expect(await bridge?.call("default", "getTokenSet", {}).answer).toEqual({ ok: true });
  expect(electron.sent).toEqual([
    {
      channel: "keystone-auth:default",
      message: {
        version: 1,
        page: expect.stringMatching(/^[0-9a-f]{32}$/),
        id: 1,
        method: "getTokenSet",
        options: {},
        userActivation: true,
      },
    },
  ]);
});

test("PK-10 who takes exposeTokens from the ready-made file finds the bridge in the page, and narrows its channels", async () => {
  const electron = fakeElectron();
  const exported: { exposeTokens?: typeof exposeTokens } = {};
  const { crypto } = globalThis;
  const context = createContext({ require: () => electron, crypto, navigator: {}, exports: exported, module: {} });
  new Script(readFileSync(join(dist, "electron-preload.cjs"), "utf8")).runInContext(context);
  const bridge = electron.exposed.get("keystoneAuthBridge") as Exposed;
  await bridge.call("two", "getTokenSet", {}).answer;
  exported.exposeTokens?.(electron, { channels: ["one"] });
  await bridge.call("one", "getTokenSet", {}).answer;
  expect(() => bridge.call("two", "getTokenSet", {})).toThrow();
  expect(electron.sent.map(({ channel }) => channel)).toEqual(["keystone-auth:two", "keystone-auth:one"]);
  expect(() => exported.exposeTokens?.(electron, { channels: ["not a name"] })).toThrow();
  expect(electron.exposed.size).toBe(1);
});

test("the file is found by its package name, from require and from import", () => {
  const require = createRequire(join(root, "package.json"));
  const file = join(dist, "electron-preload.cjs");
  expect(require.resolve("keystone-auth/electron/preload")).toBe(file);
  expect(require.resolve("keystone-auth/electron/preload.cjs")).toBe(file);
  expect(fileURLToPath(import.meta.resolve("keystone-auth/electron/preload.cjs"))).toBe(file);
});

test("a page reaches no channel but those of the library, and of these only the ones that it may use", () => {
  const electron = fakeElectron();
  exposeTokens(electron, { channels: ["one"] });
  const bridge = electron.exposed.get("keystoneAuthBridge") as Exposed;
  for (const channel of ["../app", "one:events", "ONE", "", "two", "a".repeat(33), undefined, {}, ["one"], null]) {
    expect(() => bridge.call(channel, "getTokenSet", {})).toThrow();
    expect(() => bridge.listen(channel, () => {})).toThrow();
  }
  expect(electron.sent).toEqual([]);
  expect(electron.subscribed).toEqual([]);
  expect(Object.keys(bridge).sort()).toEqual(["call", "listen", "version"]);
  expect(() => exposeTokens(fakeElectron(), { channels: ["not a name"] })).toThrow(TypeError);
});

test("a page's listener gets the event without Electron's event, and one that throws keeps it from nobody", () => {
  const electron = fakeElectron();
  exposeTokens(electron);
  const bridge = electron.exposed.get("keystoneAuthBridge") as Exposed;
  const got: unknown[][] = [];
  bridge.listen("default", () => {
    throw new Error("mine");
  });
  const stop = bridge.listen("default", (...parts: unknown[]) => void got.push(parts));
  bridge.listen("default", (...parts: unknown[]) => void got.push(parts));
  expect(electron.subscribed.map(({ channel }) => channel)).toEqual(["keystone-auth:default:events"]);
  electron.subscribed[0]?.emit({ sender: "ipcRenderer" }, { kind: "changed" });
  expect(got).toEqual([[{ kind: "changed" }], [{ kind: "changed" }]]);
  stop();
  electron.subscribed[0]?.emit({}, { kind: "changed" });
  expect(got).toHaveLength(3);
});
