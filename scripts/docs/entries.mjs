/** The package's entries that have names, from its `exports`. */
import { readFileSync } from "node:fs";

const root = new URL("../../", import.meta.url);

const typesOf = (value) => (typeof value === "string" ? [] : [value.types, ...Object.values(value).flatMap(typesOf)]);

/** Their sources, below the root: `./dist/types/node/index.d.ts` is made of `src/node/index.ts`. A script has declarations of its own. */
export function entrySources() {
  const { exports } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  const sources = typesOf(exports)
    .filter((file) => file?.startsWith("./dist/types/"))
    .map((file) => file.replace("./dist/types/", "src/").replace(".d.ts", ".ts"));
  return [...new Set(sources)].filter((file) => /^export /m.test(readFileSync(new URL(file, root), "utf8")));
}
