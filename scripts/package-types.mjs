/** The declarations that are published: those that a program can reach, what stands for a class there too, and a CommonJS face for two entries. */
import { readdirSync, readFileSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const ENTRIES = [
  "browser/index",
  "browser/callback",
  "electron/main",
  "electron/preload",
  "electron/renderer",
  "node/index",
  "testing/index",
];
const IMPORT = /(?:\bfrom|\bimport\(|^import)\s*"(\.[^"]+)\.js"/gm;

/** Deletes the declarations that none of the entries leads to. @param {string} dist */
export function keepReachable(dist) {
  const types = join(dist, "types");
  const kept = new Set(ENTRIES.map((entry) => join(types, `${entry}.d.ts`)));
  for (const file of kept)
    for (const [, path] of readFileSync(file, "utf8").matchAll(IMPORT)) kept.add(join(dirname(file), `${path}.d.ts`));
  for (const entry of readdirSync(types, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !kept.has(path)) rmSync(path);
  }
  removeEmpty(types);
}

/** What the compiler writes for fields of a class that nobody outside can reach. */
const PRIVATE = /^ +#private;\n/gm;

/**
 * Takes the mark of private fields out. With it TypeScript takes nothing for a client that its class has not made: neither the stand-in
 * of `keystone-auth/testing` nor a class that a test has in the place of the real one. @param {string} dist
 */
export function openToStandIns(dist) {
  const types = join(dist, "types");
  for (const entry of readdirSync(types, { recursive: true, encoding: "utf8" })) {
    if (!entry.endsWith(".d.ts")) continue;
    const text = readFileSync(join(types, entry), "utf8");
    writeFileSync(join(types, entry), text.replace(PRIVATE, ""));
  }
}

function removeEmpty(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeEmpty(join(folder, entry.name));
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

/**
 * The `require` condition has files of its own, whose types are those of the ES modules: TypeScript lets a CommonJS file take types
 * from there, and no values, so that each value is declared by its type.
 */
export function writeCommonJsTypes(dist) {
  writeFileSync(join(dist, "electron-preload.d.cts"), commonJsFace(dist, "types/electron/preload.d.ts"));
  writeFileSync(join(dist, "testing.d.cts"), commonJsFace(dist, "types/testing/index.d.ts"));
}

function commonJsFace(dist, file) {
  const { values, classes } = exportsOf(join(dist, file));
  const from = `"./${file.replace(".d.ts", ".js")}" with { "resolution-mode": "import" }`;
  const lines = [`import type * as esm from ${from};`, `export type * from ${from};`];
  for (const name of values) lines.push(`export declare const ${name}: typeof esm.${name};`);
  for (const name of classes) lines.push(`export type ${name} = esm.${name};`);
  return `${lines.join("\n")}\n`;
}

/** The names that stand for a value, and those among them that are a class and so a type too. */
function exportsOf(file) {
  const text = readFileSync(file, "utf8");
  const own = [...text.matchAll(/^export declare (?:abstract )?(?:function|class|const) (\w+)/gm)].map(
    ([, name]) => name,
  );
  const passedOn = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, names]) => names.split(","));
  const values = [...own, ...passedOn.map((name) => name.trim()).filter((name) => /^\w+$/.test(name))];
  return { values, classes: values.filter((name) => /^[A-Z]/.test(name)) };
}
