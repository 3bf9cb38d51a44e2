/**
 * What the SDK costs a page: bundles it as an application would (esbuild, minified, split at each `import()`) and weighs
 * each file as brotli. Fails when a budget is passed. Needs `npm run build` before.
 */
import { basename } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

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

/** The files with their static imports: what is loaded when one of them is. */
function staticClosure(files, names) {
  const closure = new Set(names);
  for (const name of closure) {
    for (const { path, kind } of files.get(name).imports) if (kind === "import-statement") closure.add(basename(path));
  }
  return closure;
}

const weigh = (files, names) => [...names].reduce((sum, name) => sum + files.get(name).bytes, 0);

/** What a page loads for a renewal and for a login by redirect, beside what it has at once: each loads the part named. */
const RENEWAL_AND_REDIRECT = ["browser-session", "client-token-renewal", "client-machinery", "browser-actions"];

const client = await bundleProgram(
  `import { OidcClient } from "./dist/browser.js"; globalThis.client = new OidcClient({ clientId: "app", issuer: "https://id.example" });`,
);
const callback = await bundleProgram(`import "./dist/browser-callback.js";`);
const names = [...client.keys()];
// Parts that load later are entry points too; the program itself comes from no file.
const entry = names.find((name) => name.startsWith("stdin"));
const later = RENEWAL_AND_REDIRECT.map((part) => {
  const file = names.find((name) => client.get(name).entryPoint?.endsWith(`/${part}.js`));
  if (file === undefined) throw new Error(`No file of the bundle is the part ${part}.`);
  return file;
});

const rows = [
  { part: "to return a stored token", bytes: weigh(client, staticClosure(client, [entry])), budget: 6 * KB },
  {
    part: "the same, a renewal and a redirect login",
    bytes: weigh(client, staticClosure(client, [entry, ...later])),
    budget: 16 * KB,
  },
  { part: "everything, popup and hidden frame too", bytes: weigh(client, names), budget: 32 * KB },
  { part: "keystone-auth/browser/callback", bytes: weigh(callback, [...callback.keys()]), budget: 2 * KB },
];

console.log(`${"minified, brotli".padEnd(44)}     size   budget`);
for (const { part, bytes, budget } of rows) {
  const kilobytes = (value) => `${(value / KB).toFixed(2)} KB`.padStart(8);
  console.log(`${part.padEnd(44)} ${kilobytes(bytes)} ${kilobytes(budget)}${bytes > budget ? "  over budget" : ""}`);
}
if (process.argv.includes("--files")) {
  for (const [name, { bytes, inputs }] of client)
    console.log(`\n${name} ${bytes} B\n  ${Object.keys(inputs).join("\n  ")}`);
}
// An entry of no bytes was dropped by the bundler: `sideEffects` in package.json does not name it.
process.exitCode = rows.some(({ bytes, budget }) => bytes > budget || bytes < 50) ? 1 : 0;
