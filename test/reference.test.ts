/** docs/api.md, which `npm run docs` makes: its names are those that a program can import today. Its texts are compared by nobody. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./packaging/built-package.js";

const read = (path: string) => readFileSync(join(root, path), "utf8");
const reference = read("docs/api.md");
// Scripts are plain JavaScript, which the compiler does not look into.
const list = new URL("../scripts/docs/entries.mjs", import.meta.url).href;
const { entrySources } = (await import(list)) as { entrySources(): string[] };

/** What an entry exports, by its source: in lists, or where it is declared. */
function namesOf(source: string): string[] {
  const text = read(source);
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = ""]) => names.split(","));
  const declared = [
    ...text.matchAll(/^export (?:abstract )?(?:async )?(?:class|function|interface|type|const) (\w+)/gm),
  ];
  const listed = lists.map((name) =>
    name
      .trim()
      .replace(/^type /, "")
      .replace(/^\w+ as /, ""),
  );
  return [...new Set([...listed.filter(Boolean), ...declared.map(([, name = ""]) => name)])].sort();
}

const entryOf = (source: string) =>
  `keystone-auth/${source
    .replace(/^src\//, "")
    .replace(/\.ts$/, "")
    .replace(/\/index$/, "")}`;

/** The names in the entry's row of the table. */
function rowOf(entry: string): string[] {
  const row = reference.split("\n").find((line) => line.startsWith(`| \`${entry}\` |`)) ?? "";
  return [...row.matchAll(/\[(\w+)\]/g)].map(([, name = ""]) => name).sort();
}

const sectionOf = (name: string) => new RegExp(`^## ${name}\\n.*?(?=^## |(?![^]))`, "ms").exec(reference)?.[0] ?? "";

describe("DX-01 docs/api.md (npm run docs)", () => {
  it("knows the entries by their sources, and none that is made by the build alone", () => {
    expect(entrySources()).toEqual(expect.arrayContaining(["src/node/index.ts", "src/browser/index.ts"]));
    expect(namesOf("src/node/index.ts")).toEqual(expect.arrayContaining(["OidcClient", "OidcFlow", "productPage"]));
  });

  it.each(entrySources())("has each name of %s, and no other", (source) => {
    expect(rowOf(entryOf(source))).toEqual(namesOf(source));
    for (const name of namesOf(source)) expect(reference).toMatch(new RegExp(`^## ${name}(?: \\(|$)`, "m"));
  });

  it.each([
    ["OidcClientOptions", "src/options/options.ts"],
    ["GetTokenOptions", "src/options/call.ts"],
    ["SignInOptions", "src/options/call.ts"],
    ["SignOutOptions", "src/options/call.ts"],
  ])("has each member of %s", (name, source) => {
    const body = new RegExp(`^export interface ${name}[^{]*\\{\\n(.*?)^\\}`, "ms").exec(read(source))?.[1] ?? "";
    const members = [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, member = ""]) => member);
    const listed = [...sectionOf(name).matchAll(/^- `(\w+)\??[:(]/gm)].map(([, member = ""]) => member);
    expect(members.length).toBeGreaterThan(1);
    expect(listed.sort()).toEqual(members.sort());
  });
});
