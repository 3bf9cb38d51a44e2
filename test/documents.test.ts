/** Documents speak of files, cases, commands and numbers: all of them must be there, and be what the code says. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { FLOORS } from "../scripts/rooms/floors.mjs";
import { readNodeOptions } from "../src/node/options.js";

const root = fileURLToPath(new URL("../", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");
const documents = ["SECURITY.md", "docs/threat-model.md"];

/** "1 MiB" is 1,048,576, "15 min" is 900,000 (ms), "64" is 64. */
const UNITS: Record<string, number> = { s: 1000, min: 60_000, h: 3_600_000, MiB: 1_048_576, KiB: 1024 };

function amount(text: string): number {
  const [, number, unit] = /^([\d.]+)(?: (\w+))?$/.exec(text) ?? [];
  const factor = unit === undefined ? 1 : UNITS[unit];
  if (factor === undefined) throw new Error(`not an amount: ${text}`);
  return Number(number) * factor;
}

/** The value of `const NAME = 15 * 60_000;`. */
function constant(path: string, name: string): number {
  const [, expression] = new RegExp(`const ${name} = ([\\d_.]+(?: \\* [\\d_.]+)*);`).exec(read(path)) ?? [];
  if (expression === undefined) throw new Error(`${path} defines no ${name}`);
  const value = expression
    .replaceAll("_", "")
    .split("*")
    .reduce((product, factor) => product * Number(factor), 1);
  return name.endsWith("_SECONDS") ? value * 1000 : value;
}

/** The default of an option, durations in milliseconds. */
function defaultOf(option: string): number {
  const config = readNodeOptions({ clientId: "a", issuer: "https://a.example" }, {} as NodeJS.ProcessEnv);
  const all = config as unknown as Record<string, number | undefined>;
  const name = option.replace(/Seconds$/, "");
  const value =
    all[option] === undefined ? all[`${name}Ms`] : name === option ? all[option] : (all[option] ?? 0) * 1000;
  if (value === undefined) throw new Error(`there is no option ${option}`);
  return value;
}

describe.each(documents)("%s", (document) => {
  it("names files that are there", () => {
    const named = [...read(document).matchAll(/`((?:src|test|docs|scripts)\/[\w./-]+)`/g)].map(
      ([, path]) => path as string,
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("names cases that are in the list", () => {
    const cases = new Set(read("test/hostile/cases.txt").match(/^[A-Z]{2}-\d{2}/gm));
    const named = read(document).match(/\b(?:AU|CB|TV|DJ|DV|LB|FS|IX|MT|MP|PI|LO|LG|NF|IV)-\d{2}\b/g) ?? [];
    expect(named.filter((id) => !cases.has(id))).toEqual([]);
  });
});

describe("The limits in SECURITY.md", () => {
  const rows = [...read("SECURITY.md").matchAll(/^\| (.+?) \| (.+?) \| (.+?) \|$/gm)]
    .map(([, limit = "", value = "", where = ""]) => ({ limit, value, where }))
    .filter(({ limit }) => limit !== "limit" && limit !== "---");

  it("are many, and each says where it is set", () => {
    expect(rows.length).toBeGreaterThan(25);
    expect(rows.filter(({ where }) => !/^option `\w+`$|^`[A-Z_]+` in `src\/[\w./-]+`$/.test(where))).toEqual([]);
  });

  it.each(rows)("$limit: $value", ({ value, where }) => {
    const [, option] = /^option `(\w+)`$/.exec(where) ?? [];
    const [, name = "", path = ""] = /^`([A-Z_]+)` in `(.+)`$/.exec(where) ?? [];
    // The browser's options are read with other types; their default stands in the source.
    if (option === "silentLoginTimeoutSeconds") {
      expect(read("src/browser/options.ts")).toMatch(/silentLoginTimeoutMs: seconds\(10\)/);
    } else expect(option ? defaultOf(option) : constant(path, name)).toBe(amount(value));
  });
});

describe("docs/architecture.md", () => {
  const text = read("docs/architecture.md");

  it("names files that are there", () => {
    const named = (text.match(/[\w./-]+\.(?:ts|mjs|json|md)\b/g) ?? []).filter((path) => !path.startsWith("../"));
    expect(named.length).toBeGreaterThan(40);
    const isThere = (path: string) => [path, join("docs", path)].some((each) => existsSync(join(root, each)));
    expect(named.filter((path) => !isThere(path))).toEqual([]);
  });

  it("names every folder of src, and every file beside them", () => {
    const entries = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true });
    const rooms = entries
      .map((entry) => ({
        entry,
        path: `${join(entry.parentPath, entry.name).slice(root.length).replaceAll("\\", "/")}`,
      }))
      .filter(({ entry, path }) => entry.isDirectory() || path.split("/").length === 2)
      .map(({ entry, path }) => (entry.isDirectory() ? `${path}/` : path));
    expect(rooms).toEqual(expect.arrayContaining(["src/session/", "src/node/files/", "src/errors.ts"]));
    expect(rooms.filter((room) => !text.includes(`\`${room}\``))).toEqual([]);
  });

  it("has the floors as the rules have them, from above", () => {
    const rows = [...text.matchAll(/^\| (\d) \| ([\w, -]+) \|$/gm)].map(([, floor, rooms]) => `${floor}: ${rooms}`);
    expect(rows).toEqual(FLOORS.map((rooms, index) => `${index + 1}: ${rooms.join(", ")}`).reverse());
    const picture = /```mermaid\n(flowchart TB.*?)```/s.exec(text)?.[1] ?? "";
    const boxes = [...picture.matchAll(/subgraph \w+ \["(\d)"\]\n(.*?)\n {2}end/gs)];
    const roomsOf = (box: string) => [...box.matchAll(/\["([\w, -]+)/g)].flatMap(([, rooms = ""]) => rooms.split(", "));
    expect(boxes.map(([, floor, box = ""]) => [Number(floor), roomsOf(box).sort()])).toEqual(
      FLOORS.map((rooms, index) => [index + 1, [...rooms].sort()]).reverse(),
    );
  });
});

describe("The commands of npm", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const guide = read("CONTRIBUTING.md");

  it("stand in CONTRIBUTING.md, but for those that npm runs before another", () => {
    const names = Object.keys(scripts).filter((name) => !/^pre(?=[a-z])/.test(name) && name !== "test");
    expect(names.filter((name) => !guide.includes(`\`npm run ${name}`) && !guide.includes(`\`${name}\``))).toEqual([]);
  });

  it.each([
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "docs/README.md",
    "docs/architecture.md",
    "docs/electron.md",
  ])("that %s names are there", (document) => {
    const named = [...read(document).matchAll(/npm run ([\w:-]*\w)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

describe(".devcontainer", () => {
  const dockerfile = read(".devcontainer/Dockerfile");

  it("installs all that scripts/browsers.mjs asks for", () => {
    const lists = [...read("scripts/browsers.mjs").matchAll(/packages: \[(".*?")\]/g)];
    const packages = lists.flatMap(([, list = ""]) => list.match(/[\w-]+/g) ?? []);
    expect(packages).toEqual(expect.arrayContaining(["chromium", "firefox-esr", "gnome-keyring"]));
    expect(packages.filter((name) => !dockerfile.match(/[\w-]+/g)?.includes(name))).toEqual([]);
  });

  it("is made of the Dockerfile, and starts what is there", () => {
    const settings = read(".devcontainer/devcontainer.json").replaceAll(/^\s*\/\/.*$/gm, "");
    const { build, postStartCommand } = JSON.parse(settings) as { build: object; postStartCommand: string };
    expect(build).toEqual({ dockerfile: "Dockerfile" });
    expect(existsSync(join(root, /[^ ]+desktop/.exec(postStartCommand)?.[0] ?? "none"))).toBe(true);
    expect(dockerfile).toMatch(/^FROM .*:20-bookworm$/m);
  });
});

describe("PK-08 The runtimes that npm run runtimes tries", () => {
  it.each(["README.md", "docs/node.md"])("are those that %s names, and no others", async (document) => {
    const list = new URL("../scripts/runtimes/install.mjs", import.meta.url).href;
    const { RUNTIMES } = (await import(list)) as { RUNTIMES: Record<string, { title: string; version: string }> };
    const tried = Object.values(RUNTIMES);
    expect(tried.map(({ title }) => title.replace(/ .*/, ""))).toEqual(expect.arrayContaining(["Node", "Bun", "Deno"]));
    const text = read(document).replaceAll("\n", " ");
    const told = /(?:Tried were:|tries logins)(.*?)(?=In Bun and Deno|docs\/)/.exec(text)?.[1] ?? "";
    expect(told.match(/\d+\.\d+\.\d+/g)).toEqual(tried.map(({ version }) => version));
    for (const name of ["Node", "Bun", "Deno"]) expect(told).toContain(name);
  });

  it("begin with the lowest Node that package.json asks for", async () => {
    const list = new URL("../scripts/runtimes/install.mjs", import.meta.url).href;
    const { RUNTIMES } = (await import(list)) as { RUNTIMES: Record<string, { version: string }> };
    const { engines } = JSON.parse(read("package.json")) as { engines: { node: string } };
    expect(engines.node.split(" || ")[0]).toBe(`^${RUNTIMES[20]?.version}`);
  });
});

describe("CHANGELOG.md", () => {
  it("names found cases that have a test", async () => {
    // Scripts are plain JavaScript, which the compiler does not look into.
    const list = new URL("../scripts/cases/list.mjs", import.meta.url).href;
    const { foundIds, idsInSources } = (await import(list)) as { foundIds(): string[]; idsInSources(): Set<string> };
    const tested = idsInSources();
    const named = read("CHANGELOG.md").match(/\b[A-Z]{2}-\d{2}\b/g) ?? [];
    expect(named.length).toBeGreaterThan(40);
    expect(named.filter((id) => !foundIds().includes(id) || !tested.has(id))).toEqual([]);
  });
});
