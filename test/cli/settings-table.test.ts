/** One row makes a setting: flag, variable, key of the file, help, `status` and the documentation have it from there. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readArguments } from "../../src/cli/arguments.js";
import { readSettings } from "../../src/cli/settings.js";
import { type Setting, type SettingName, SETTINGS } from "../../src/cli/settings-table.js";
import type { OidcClientOptions } from "../../src/options/options.js";
import { useWorld } from "./command.js";

/** Options of the library that a command line has no use for, or says otherwise. */
type Otherwise =
  // Functions and objects of a program.
  | "fetch"
  | "logger"
  | "openBrowser"
  | "onDeviceCode"
  | "onAuthorizationUrl"
  | "pageHandler"
  | "keychain"
  // --non-interactive; storage "memory"; a process that lives as long as one call.
  | "interaction"
  | "noCache"
  | "whenUserChanges"
  // Of pages.
  | "loginMode"
  | "popupBlocked"
  | "onReturn"
  | "redirectUri"
  | "silentLogin"
  | "silentLoginTimeoutSeconds"
  | "allowFramed";
/** Every other one is a setting: else this does not compile. */
const isComplete: Exclude<keyof OidcClientOptions, SettingName | Otherwise> extends never ? true : never = true;
void isComplete;

const theWorld = useWorld();
const directory = mkdtempSync(join(tmpdir(), "keystone-auth-table-"));
afterAll(() => rmSync(directory, { recursive: true }));

interface Sample {
  /** As a flag or variable has it. */
  readonly text: string;
  /** As the file has it, and as it comes out. */
  readonly value: unknown;
}

const SAMPLES: Readonly<Record<string, Sample>> = {
  "a string that is not empty": { text: "some text", value: "some text" },
  "a list of strings": { text: "one  two", value: ["one", "two"] },
  "a number of seconds": { text: "1.5", value: 1.5 },
  "true or false": { text: "true", value: true },
  "one of auth_code, auth_code_no_fallback, device_code, client_credentials": {
    text: "device_code",
    value: "device_code",
  },
  "one of file, encrypted-file, shared-database, memory": { text: "memory", value: "memory" },
  "one of fail, memory, plain-file": { text: "", value: "plain-file" },
  "one of auto, basic, post": { text: "", value: "post" },
  "a number of bytes": { text: "", value: 4096 },
  "claims by their names, each with its value or none": { text: "edition=pro", value: { edition: "pro" } },
  "an object of strings": { text: "", value: { prompt: "login" } },
  "an object with host, ports and path, each optional": { text: "", value: { ports: [4711] } },
};

function sampleOf({ name, kind }: Setting): Sample {
  if (name === "storageDirectory" || name === "sharedDatabase") return { text: "/somewhere", value: "/somewhere" };
  const sample = SAMPLES[kind.wanted];
  if (sample === undefined) throw new Error(`No sample for a setting that is ${kind.wanted}`);
  return sample;
}

/** What the settings are beside the one that is tried. */
const OTHERS: Readonly<Record<string, string>> = {
  CEGAL_KEYSTONE_URL: "https://id.example",
  CEGAL_KEYSTONE_CLIENT_ID: "client",
};
const envWithout = ({ variable = "" }: Setting) =>
  Object.fromEntries(Object.entries(OTHERS).filter(([name]) => name !== variable));
const nothing = readArguments(["token"]).values;

/** What is the command's own stands beside the options of the library. */
function readAll(...from: Parameters<typeof readSettings>) {
  const { options, noBrowser, ...others } = readSettings(...from);
  return { ...others, options: { ...options, noBrowser } };
}

const rows = (choose: (setting: Setting) => unknown) =>
  SETTINGS.filter(choose).map((setting) => [setting.name, setting] as const);

describe("CM-06 A setting of the table", () => {
  it.each(rows(({ flag }) => flag))("is read from its flag: %s", (name, setting) => {
    const { text, value } = sampleOf(setting);
    const flag = `--${setting.flag}`;
    const { values } = readArguments(["token", flag, ...(setting.kind.isSwitch ? [] : [text])]);
    const { options, places } = readAll(values, envWithout(setting));
    expect(options[name]).toEqual(value);
    expect(places[name]).toBe(`option ${flag}`);
  });

  it.each(rows(({ variable }) => variable))(
    "is read from its variable, where that is not empty: %s",
    (name, setting) => {
      const { text, value } = sampleOf(setting);
      const variable = setting.variable as string;
      const { options, places } = readAll(nothing, { ...envWithout(setting), [variable]: text });
      expect(options[name]).toEqual(value);
      expect(places[name]).toBe(`variable ${variable}`);
      const read = () => readSettings(nothing, { ...OTHERS, [variable]: "" });
      if (variable in OTHERS) expect(read).toThrow(`is not given: use --${setting.flag}, the variable ${variable},`);
      else expect(read().places).not.toHaveProperty(name);
    },
  );

  it.each(rows(({ isSecret }) => !isSecret))(
    "is read from the file, and refused there as something else: %s",
    (name, setting) => {
      const { value } = sampleOf(setting);
      const path = join(directory, `${name}.json`);
      const read = (content: unknown) => {
        writeFileSync(path, JSON.stringify({ [name]: content }));
        return readAll({ ...nothing, config: path }, envWithout(setting));
      };
      const { options, places } = read(value);
      expect(options[name]).toEqual(value);
      expect(places[name]).toBe(`file ${path}`);
      expect(() => read([5])).toThrow(`${path}, key "${name}": must be ${setting.kind.wanted}.`);
    },
  );

  it.each(rows(({ isSecret }) => isSecret))("that is a secret is refused in the file: %s", (name) => {
    const path = join(directory, "secret.json");
    writeFileSync(path, JSON.stringify({ [name]: "CANARY" }));
    const read = () => readSettings({ ...nothing, config: path }, OTHERS);
    expect(read).toThrow(/a secret does not belong into a file/);
    expect(read).not.toThrow(/CANARY/);
  });

  it.each(rows(() => true))("has its names to itself, and they stand in the documentation: %s", (name, setting) => {
    const page = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
    const { flag, variable, isSecret } = setting;
    for (const own of [flag && `--${flag}`, variable, isSecret ? undefined : name]) {
      if (own !== undefined) expect(page).toContain(`\`${own}`);
    }
    for (const key of ["name", "flag", "variable"] as const) {
      const same = SETTINGS.filter((other) => setting[key] !== undefined && other[key] === setting[key]);
      expect(same.length).toBeLessThanOrEqual(1);
    }
  });
});

const parts = SETTINGS.flatMap(({ name, parts: own = [] }) =>
  own.map((part) => [`--${part.flag}`, name, part] as const),
);

describe("CM-06 A flag that sets a member of a setting", () => {
  it.each(parts)("counts before the file, whose other members stay: %s", (flag, name, { key, kind }) => {
    const [text, value] = kind.repeats ? ["8400 8401", [8400, 8401]] : ["some text", "some text"];
    const path = join(directory, `part-${key}.json`);
    const other = name === "loopback" ? { path: "/back", ports: [1] } : { ui_locales: "nb", [key]: "of the file" };
    writeFileSync(path, JSON.stringify({ [name]: other }));
    const { values } = readArguments(["login", flag, text, "--config", path]);
    const { options, places } = readAll(values, OTHERS);
    expect(options[name]).toEqual({ ...other, [key]: value });
    expect(places[name]).toBe(`option ${flag} and file ${path}`);
    const page = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
    expect(page).toMatch(new RegExp(`^\\| \`${flag} .* \`${key}\` in \`${name}\` \\|$`, "m"));
  });

  it.each([
    ["--port", "http"],
    ["--port", "70000"],
    ["--port", "8400,8401"],
  ])("is refused as something else: %s %s", (flag, text) => {
    const read = () => readSettings(readArguments(["login", flag, text]).values, OTHERS);
    expect(read).toThrow(`${flag} must be a port number, 0 to 65535.`);
  });
});

describe("DX-17 A value that is one of a few", () => {
  it.each([
    [["--flow", "device_cod"], {}, "--flow must be one of auth_code,", "Do you mean device_code?"],
    [["--storage", "encrypted-fil"], {}, "--storage must be one of file,", "Do you mean encrypted-file?"],
    [[], { CEGAL_KEYSTONE_FLOW: "auth-code" }, "CEGAL_KEYSTONE_FLOW must be", "Do you mean auth_code?"],
    [["--flow", "magic"], {}, "--flow must be one of auth_code,", "client_credentials. See"],
  ])("is told with the nearest one: %j %j", (args, env, what, hint) => {
    const read = () => readSettings(readArguments(["token", ...args]).values, { ...OTHERS, ...env });
    expect(read).toThrow(what);
    expect(read).toThrow(hint);
  });

  it("in the file too", () => {
    const path = join(directory, "near.json");
    writeFileSync(path, JSON.stringify({ withoutKeychain: "plainfile" }));
    const read = () => readSettings({ ...nothing, config: path }, OTHERS);
    expect(read).toThrow(
      `${path}, key "withoutKeychain": must be one of fail, memory, plain-file. Do you mean plain-file?`,
    );
  });
});

describe("CM-06 The table of settings", { timeout: 60_000 }, () => {
  it("is what the help shows", async () => {
    const { stdout } = await theWorld().run(["help"]);
    for (const { name, flag, variable, isSecret } of SETTINGS) {
      const line = stdout.split("\n").find((each) => each.includes(isSecret ? (variable as string) : name)) ?? "";
      expect(line).not.toBe("");
      if (flag !== undefined) expect(line).toMatch(new RegExp(`^ {2}--${flag} `));
      if (variable !== undefined) expect(line).toContain(variable);
    }
    for (const [flag, name, { key }] of parts) {
      expect(stdout).toMatch(new RegExp(`^ {2}${flag} .* ${name}\\.${key}$`, "m"));
    }
  });

  it("is what status shows, in its order, without a secret", async () => {
    const world = theWorld();
    const usable: Record<string, unknown> = {
      issuer: "https://id.example",
      discoveryUrl: "https://id.example/m",
      clientAuthentication: "basic",
      // What goes with withoutKeychain, and not with sharedDatabase.
      storage: "encrypted-file",
      postLogoutRedirectUri: "http://127.0.0.1",
    };
    const shown = SETTINGS.filter(({ name }) => name !== "sharedDatabase");
    const content = Object.fromEntries(
      shown
        .filter(({ isSecret }) => !isSecret)
        .map((setting) => [setting.name, usable[setting.name] ?? sampleOf(setting).value]),
    );
    const path = join(world.work, "all.json");
    writeFileSync(path, JSON.stringify(content));
    const variables = SETTINGS.flatMap(({ variable }) => (variable === undefined ? [] : [[variable, ""] as const]));
    const env = { ...Object.fromEntries(variables), CEGAL_KEYSTONE_CLIENT_SECRET: "CANARY", HOME: directory };
    const { stdout, stderr } = await world.run(["status", "--json", "--config", path], { env });
    expect(stderr).toBe("");
    const { settings } = JSON.parse(stdout) as { settings: Record<string, { value: unknown; source: string }> };
    expect(Object.keys(settings)).toEqual(shown.map(({ name }) => name));
    expect(settings.clientSecret).toEqual({ value: "(set)", source: "variable CEGAL_KEYSTONE_CLIENT_SECRET" });
    expect(settings.loopback).toEqual({ value: '{"ports":[4711]}', source: `file ${path}` });
    expect(stdout).not.toContain("CANARY");
    const text = await world.run(["status", "--config", path], { env });
    for (const { name } of shown) expect(text.stdout).toMatch(new RegExp(`^${name} `, "m"));
  });
});
