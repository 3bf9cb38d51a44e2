/**
 * Makes the API reference from the docstrings: `npm run docs` writes `docs/api.md`, which is kept, and pages with a search below
 * `docs/api/index.html`. What makes it is installed in `docs/reference`, apart from the project's own tools: it needs another
 * TypeScript. Fails on a docstring with a broken link.
 */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { entrySources } from "./docs/entries.mjs";
import { markdownOf } from "./docs/markdown.mjs";
import { run } from "./steps.mjs";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));
const place = join("docs", "reference");
const { name, version } = JSON.parse(readFileSync("package.json", "utf8"));

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
// A part of public types that nobody has to name.
const unnamed = ["OidcClientCore"];
const model = join("docs", "api", "api.json");
const settings = {
  "--tsconfig": join(place, "tsconfig.json"),
  "--out": join("docs", "api"),
  "--json": model,
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
const made = await run(process.execPath, [typedoc, ...options, ...entrySources()]);
await must("typedoc", made);
writeFileSync(join("docs", "api.md"), markdownOf(JSON.parse(readFileSync(model, "utf8"))));
rmSync(model);
console.log("docs/api.md\ndocs/api/index.html");
