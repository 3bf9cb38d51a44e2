/**
 * Who imports whom, from text alone: TypeScript sources or the JavaScript of the compiler. Read by the architecture test,
 * by `npm run rooms` and by the bundle's configuration.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** The files of `directory` as `{ path, text, code, imports }`, whose paths begin with `prefix`. */
export function readSources(directory, { prefix = "src", extension = ".ts" } = {}) {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(extension),
  );
  return names
    .map((name) => name.replaceAll("\\", "/"))
    .sort()
    .map((name) => source(posix.join(prefix, name), readFileSync(join(directory, name), "utf8")));
}

export function source(path, text) {
  const code = withoutComments(text);
  return { path, text, code, imports: importsOf(path, code) };
}

/** Comments show imports in examples, and strings hold what looks like a comment. */
function withoutComments(text) {
  const strings = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/;
  const comments = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/;
  const either = new RegExp(`(${strings.source})|${comments.source}`, "g");
  return text.replace(either, (_, kept) => kept ?? "");
}

function importsOf(path, code) {
  const statements = /(?:^|[\n;}])\s*(?:import|export)\s+(?:([^"';()]*?)\bfrom\s*)?["']([^"']+)["']/g;
  const calls = /\bimport\s*\(\s*["']([^"']+)["']/g;
  return [
    ...[...code.matchAll(statements)].map(([, names = "", specifier]) => {
      return toImport(path, specifier, isTypeOnly(names), false);
    }),
    // `import("x").Name` in a type looks like the call that loads x: the stricter reading is taken.
    ...[...code.matchAll(calls)].map(([, specifier]) => toImport(path, specifier, false, true)),
  ];
}

function isTypeOnly(names) {
  if (/^type\s+[\w{*]/.test(names)) return true;
  const listed = /^\{([\s\S]*)\}\s*$/.exec(names)?.[1]?.split(",");
  const named = (listed ?? []).map((name) => name.trim()).filter((name) => name !== "");
  return named.length > 0 && named.every((name) => name.startsWith("type "));
}

/** `file` is the file in the project, or undefined for a package; `late` says that it is loaded by a call. */
function toImport(path, specifier, typeOnly, late) {
  const extension = posix.extname(path);
  const file = specifier.startsWith(".")
    ? posix.join(posix.dirname(path), specifier).replace(/\.js$/, extension)
    : undefined;
  return { specifier, file, typeOnly, late };
}

/** The imports of a list of sources as a graph that answers by path. */
export class ImportGraph {
  #sources;

  constructor(sources) {
    this.#sources = new Map(sources.map((each) => [each.path, each]));
  }

  importsOf(path) {
    return this.#sources.get(path)?.imports ?? [];
  }

  /** The files that are there as soon as the roots are. */
  staticClosure(...roots) {
    const closure = new Set(roots);
    for (const path of closure) {
      for (const { file, typeOnly, late } of this.importsOf(path)) {
        if (file !== undefined && !typeOnly && !late) closure.add(file);
      }
    }
    return closure;
  }

  /** The files that the roots load by a call, at once or in a later part, in the order in which they are found. */
  latePartsOf(...roots) {
    const parts = new Set();
    const reached = this.staticClosure(...roots);
    for (const path of reached) {
      for (const { file, late } of this.importsOf(path)) {
        if (file === undefined || !late) continue;
        parts.add(file);
        for (const each of this.staticClosure(file)) reached.add(each);
      }
    }
    return [...parts];
  }

  /** Whether one of the files imports the package. */
  needs(paths, name) {
    return [...paths].some((path) => this.importsOf(path).some(({ specifier, late }) => specifier === name && !late));
  }
}
