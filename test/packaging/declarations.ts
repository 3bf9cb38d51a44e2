/** The published declarations, as far as names go: what an entry exports, and which names stand in what it exports. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

interface Declarations {
  /** What each name stands for: where it is declared, and its name there. */
  readonly imported: ReadonlyMap<string, Place>;
  readonly exported: ReadonlyMap<string, Place>;
  /** The text of each declaration. */
  readonly declared: ReadonlyMap<string, string>;
}
type Place = readonly [file: string, name: string];

const LIST = /^(import|export) (?:type )?\{([^}]*)\}(?: from "(\.[^"]+)\.js")?;$/gm;
const DECLARATION = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|class|const|function) (\w+)/;
/** Their heads are read member by member: nobody has to name them. */
const HEAD = /(?:\bextends |= (?:Pick|Omit)<)(\w+)/g;
/** `await using` of a client: the compiler writes out what it comes to. */
const RESOLVED = "Disposal";

const read = new Map<string, Declarations>();

function declarationsOf(file: string): Declarations {
  const known = read.get(file);
  if (known) return known;
  const text = readFileSync(file, "utf8").replace(/\/\*[^]*?\*\//g, "");
  const lists = { import: new Map<string, Place>(), export: new Map<string, Place>() };
  for (const [, kind, names = "", path] of text.matchAll(LIST)) {
    for (const each of names.split(",").filter((name) => name.trim() !== "")) {
      const [from = "", to = from] = each
        .trim()
        .replace(/^type /, "")
        .split(" as ");
      const source = path === undefined ? file : `${join(dirname(file), path)}.d.ts`;
      lists[kind as "import" | "export"].set(to, [source, from]);
    }
  }
  const declared = new Map<string, string>();
  for (const part of text.replace(LIST, "").split(/^(?=\w)/m)) {
    const name = DECLARATION.exec(part)?.[1];
    if (name === undefined) continue;
    declared.set(name, `${declared.get(name) ?? ""}${part}`);
    if (part.startsWith("export ")) lists.export.set(name, [file, name]);
  }
  const found = { imported: lists.import, exported: lists.export, declared };
  read.set(file, found);
  return found;
}

/** Where a name of a file is declared, through whatever passes it on. */
function origin([file, name]: Place): Place {
  const { imported, exported, declared } = declarationsOf(file);
  const next = declared.has(name) ? undefined : (imported.get(name) ?? exported.get(name));
  return next === undefined ? [file, name] : origin(next);
}

/** The names that stand in what the entry exports and that it does not export itself: `name (in which)`. */
export function unexportedNames(entry: string): string[] {
  const key = (place: Place) => place.join(" ");
  const surface = [...declarationsOf(entry).exported.values()].map(origin);
  const exported = new Set(surface.map(key));
  const found = new Set<string>();
  const seen = new Set<string>(exported);
  for (const [file, name] of surface) {
    const { imported, declared } = declarationsOf(file);
    const text = declared.get(name) ?? "";
    const heads = [...text.matchAll(HEAD)].map(([, head]) => head);
    for (const [used] of text.replace(/"[^"]*"/g, "").matchAll(/\b[A-Z]\w*/g)) {
      if (used === name || used === RESOLVED || !(declared.has(used) || imported.has(used))) continue;
      const place = origin([file, used]);
      if (exported.has(key(place))) continue;
      if (!heads.includes(used)) found.add(`${used} (in ${name})`);
      else if (!seen.has(key(place))) surface.push(place);
      seen.add(key(place));
    }
  }
  return [...found].sort();
}
