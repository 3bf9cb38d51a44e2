/**
 * Makes the API reference from the docstrings: `npm run docs`, then open `docs/api/index.html`. What makes it is installed in
 * `docs/reference`, apart from the project's own tools: it needs another TypeScript. Fails on a docstring with a broken link.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./steps.mjs";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));
const place = join("docs", "reference");
const { name, version, exports } = JSON.parse(readFileSync("package.json", "utf8"));

/** The source of each entry that has names: `./dist/types/node/index.d.ts` is made of `src/node/index.ts`. */
function entries() {
  const types = (value) => (typeof value === "string" ? [] : [value.types, ...Object.values(value).flatMap(types)]);
  const sources = Object.values(exports)
    .flatMap(types)
    .filter((file) => file !== undefined)
    .map((file) => file.replace("./dist/types/", "src/").replace(".d.ts", ".ts"));
  return [...new Set(sources)].filter((file) => /^export /m.test(readFileSync(file, "utf8")));
}

function isInstalled() {
  const mark = join(place, "node_modules", ".package-lock.json");
  return existsSync(mark) && statSync(mark).mtimeMs >= statSync(join(place, "package-lock.json")).mtimeMs;
}

async function must(step, { ok, output }) {
  if (ok) return;
  console.error(`${step} failed:\n${output}`);
  process.exit(1);
}

if (!isInstalled()) await must("npm ci", await run("npm", ["ci", "--prefix", place, "--no-audit", "--no-fund"]));
// Parts of public types that nobody has to name.
const unnamed = ["ErrorDetails", "Listener", "ProductPages", "ProviderSessionResult"];
const settings = {
  "--tsconfig": join(place, "tsconfig.json"),
  "--out": join("docs", "api"),
  "--name": `${name} ${version}`,
  "--readme": "none",
  "--basePath": "src",
  "--disableSources": "true",
  "--excludePrivate": "true",
  "--excludeInternal": "true",
  "--treatWarningsAsErrors": "true",
};
const typedoc = join(place, "node_modules", "typedoc", "bin", "typedoc");
const notExported = unnamed.flatMap((type) => ["--intentionallyNotExported", type]);
const options = [...Object.entries(settings).flat(), ...notExported];
const made = await run(process.execPath, [typedoc, ...options, ...entries()]);
await must("typedoc", made);
console.log(`docs/api/index.html\n${made.output}`.trimEnd());
