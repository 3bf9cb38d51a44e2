/**
 * What the SDK costs a page: bundles it as an application would (esbuild, minified, split at each `import()`), weighs each
 * file as brotli, and counts how often a page waits for the network for code before its first request to the provider.
 * Then the package beside its peers. Fails when a budget is passed. Needs `npm run build` before. `--files` lists what is in each file.
 */
import { basename } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import { packedFiles } from "./package-files.mjs";
import { PEERS } from "./peers.mjs";

const KB = 1024;

/** The files that esbuild makes of a program, each with its brotli size, what it imports and what went into it. */
async function bundleProgram(contents) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: process.cwd(), sourcefile: "application.js" },
    outdir: "/bundle",
    write: false,
    bundle: true,
    minify: true,
    splitting: true,
    metafile: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    logLevel: "error",
  });
  const bytes = new Map(
    outputFiles.map(({ path, contents: text }) => [basename(path), brotliCompressSync(text).length]),
  );
  const entries = Object.entries(metafile.outputs).map(([path, output]) => [
    basename(path),
    { ...output, bytes: bytes.get(basename(path)) },
  ]);
  return new Map(entries);
}

function importsOf(files, name, wanted) {
  const found = files.get(name).imports.filter(({ kind, external }) => kind === wanted && !external);
  return new Set(found.map(({ path }) => basename(path)));
}
const staticImportsOf = (files, name) => importsOf(files, name, "import-statement");
const lateImportsOf = (files, name) => importsOf(files, name, "dynamic-import");

/** The files with their static imports: what is loaded when one of them is. */
function staticClosure(files, names) {
  const closure = new Set(names);
  for (const name of closure) for (const each of staticImportsOf(files, name)) closure.add(each);
  return closure;
}

const weigh = (files, names) => [...names].reduce((sum, name) => sum + files.get(name).bytes, 0);

/**
 * The rounds that a part takes to be there: its own file is one, and what that imports is known when it has come. What is
 * loaded already costs nothing; what the part has loaded is added to it.
 */
function roundsOf(files, part, loaded) {
  let rounds = 0;
  for (let wanted = [part]; wanted.length > 0; rounds += 1) {
    for (const name of wanted) loaded.add(name);
    const imported = wanted.flatMap((name) => [...staticImportsOf(files, name)]);
    wanted = imported.filter((name) => !loaded.has(name));
  }
  return rounds;
}

const client = await bundleProgram(
  `import { OidcClient } from "./dist/browser.js"; globalThis.client = new OidcClient({ clientId: "app", issuer: "https://id.example" });`,
);
const callback = await bundleProgram(`import "./dist/browser-callback.js";`);
const names = [...client.keys()];

/** Parts that load later are entry points too. */
function partOf(source) {
  const file = names.find((name) => client.get(name).entryPoint?.endsWith(source));
  if (file === undefined) throw new Error(`No file of the bundle is the part ${source}.`);
  return file;
}

const entry = names.find((name) => name.startsWith("stdin"));
const [online, windows] = [partOf("/browser-online.js"), partOf("/browser-windows.js")];
const atOnce = staticClosure(client, [entry]);

const weights = [
  { part: "to return a stored token", value: weigh(client, atOnce), budget: 6 * KB },
  {
    part: "with renewal and redirect login",
    value: weigh(client, staticClosure(client, [entry, online])),
    budget: 26 * KB,
  },
  {
    part: "popup and hidden frame too",
    value: weigh(client, staticClosure(client, [entry, online, windows])),
    budget: 45 * KB,
  },
  // A store of the program's own, user info, a diagnosis, which is mostly sentences: each is loaded by the pages that use it.
  { part: "everything, also what few pages load", value: weigh(client, names), budget: 60 * KB },
  { part: "keystone-auth/browser/callback", value: weigh(callback, [...callback.keys()]), budget: 2 * KB },
];

/** What a page waits for, one after the other, from its first call on. */
function countRounds() {
  const loaded = new Set(atOnce);
  const expired = roundsOf(client, online, loaded);
  // A part that the entry itself asks for comes beside the other.
  const beside = [...atOnce].some((name) => lateImportsOf(client, name).has(windows));
  const login = beside
    ? Math.max(expired, roundsOf(client, windows, loaded))
    : expired + roundsOf(client, windows, loaded);
  return [
    { part: "expired token", value: expired, budget: 1 },
    { part: "first login, in a popup", value: login, budget: 2 },
  ];
}

function print(title, rows, show) {
  console.log(`${title.padEnd(44)} ${"found".padStart(8)}   budget`);
  for (const { part, value, budget } of rows) {
    const numbers = [value, budget].map((each) => show(each).padStart(8)).join(" ");
    console.log(`${part.padEnd(44)} ${numbers}${value > budget ? "  over budget" : ""}`);
  }
}

/** This package for pages, Node and Electron beside others, which are for pages alone. */
function printPackages() {
  const { packed, unpacked } = packedFiles();
  const page = weigh(client, names);
  console.log(`${"the package beside its peers".padEnd(44)}   packed   unpacked  all of a page`);
  for (const row of [{ name: "keystone-auth", version: "", packed, unpacked, page }, ...PEERS]) {
    const numbers = [row.packed, row.unpacked].map((bytes) => `${Math.round(bytes / 1000)} KB`.padStart(9));
    console.log(
      `${`${row.name} ${row.version}`.padEnd(43)} ${numbers.join("  ")} ${`${(row.page / KB).toFixed(1)} KB`.padStart(14)}`,
    );
  }
}

const rounds = countRounds();
print("minified, brotli", weights, (bytes) => `${(bytes / KB).toFixed(2)} KB`);
console.log();
print("rounds for code before the first request", rounds, String);
console.log();
printPackages();
if (process.argv.includes("--files")) {
  for (const [name, { bytes, inputs }] of client)
    console.log(`\n${name} ${bytes} B\n  ${Object.keys(inputs).join("\n  ")}`);
}
// An entry of no bytes was dropped by the bundler: `sideEffects` in package.json does not name it.
const isDropped = weights.some(({ value }) => value < 50);
process.exitCode = isDropped || [...weights, ...rounds].some(({ value, budget }) => value > budget) ? 1 : 0;
