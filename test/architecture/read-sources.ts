/** The sources as the rules see them: a path and what is imported, from text alone. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** The file in the project, `src/errors.ts`; undefined for a package. */
  readonly file: string | undefined;
  readonly typeOnly: boolean;
}

export interface Source {
  readonly path: string;
  readonly text: string;
  /** The text without comments. */
  readonly code: string;
  readonly imports: readonly Import[];
}

export function readSources(): Source[] {
  const paths = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".ts"),
  );
  return paths.sort().map((path) => {
    const name = posix.join("src", path.replaceAll("\\", "/"));
    return source(name, readFileSync(join(root, name), "utf8"));
  });
}

export function source(path: string, text: string): Source {
  const code = withoutComments(text);
  return { path, text, code, imports: importsOf(path, code) };
}

/** Comments show imports in examples, and strings hold what looks like a comment. */
function withoutComments(text: string): string {
  const strings = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/;
  const comments = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/;
  const either = new RegExp(`(${strings.source})|${comments.source}`, "g");
  return text.replace(either, (_, kept: string | undefined) => kept ?? "");
}

function importsOf(path: string, code: string): Import[] {
  const statements = /(?:^|[\n;}])\s*(?:import|export)\s+(?:([^"';()]*?)\bfrom\s*)?["']([^"']+)["']/g;
  const calls = /\bimport\s*\(\s*["']([^"']+)["']/g;
  return [
    ...[...code.matchAll(statements)].map(([, names = "", specifier = ""]) =>
      toImport(path, specifier, isTypeOnly(names)),
    ),
    // `import("x").Name` in a type looks like the call that loads x: the stricter reading is taken.
    ...[...code.matchAll(calls)].map(([, specifier = ""]) => toImport(path, specifier, false)),
  ];
}

function isTypeOnly(names: string): boolean {
  if (/^type\s+[\w{*]/.test(names)) return true;
  const listed = /^\{([\s\S]*)\}\s*$/
    .exec(names)?.[1]
    ?.split(",")
    .map((name) => name.trim());
  const given = listed?.filter((name) => name !== "") ?? [];
  return given.length > 0 && given.every((name) => name.startsWith("type "));
}

function toImport(path: string, specifier: string, typeOnly: boolean): Import {
  const file = specifier.startsWith(".")
    ? posix.join(posix.dirname(path), specifier).replace(/\.js$/, ".ts")
    : undefined;
  return { specifier, file, typeOnly };
}
