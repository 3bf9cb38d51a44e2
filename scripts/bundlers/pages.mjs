/** A page, built by each bundler as its guide says, without a setting for this package; what needs one has it named. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { nodeThere, place, tool } from "./install.mjs";

/** As a project that has this package file and no other asks for them. */
const load = async (name) => await import(pathToFileURL(createRequire(join(place, "package.json")).resolve(name)).href);
const source = join(place, "programs", "page.js");
const output = (name) => join(place, "build", name);

async function byVite() {
  const { build } = await load("vite");
  const rollupOptions = { input: source, output: { entryFileNames: "page.js" } };
  await build({ root: place, configFile: false, logLevel: "warn", build: { outDir: output("vite"), rollupOptions } });
}

async function byWebpack() {
  const { default: webpack } = await load("webpack");
  const settings = { path: output("webpack"), filename: "page.js", publicPath: "/" };
  await bundleByWebpack(webpack, { mode: "production", context: place, entry: source, output: settings });
}

export async function bundleByWebpack(webpack, configuration) {
  const stats = await new Promise((resolve, reject) =>
    webpack(configuration, (error, result) => (error ? reject(error) : resolve(result))),
  );
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
  // Those of a size are advice.
  const faults = [...errors, ...warnings].filter(({ message }) => !/size limit|code splitting/.test(message));
  if (faults.length > 0) throw new Error(faults.map(({ message }) => message).join("\n"));
}

async function byEsbuild() {
  const { build } = await load("esbuild");
  const settings = { bundle: true, format: "esm", splitting: true, outdir: output("esbuild"), logLevel: "silent" };
  await build({ entryPoints: [source], absWorkingDir: place, ...settings });
}

export async function bundleByRollup(options, out) {
  const { rollup } = await load("rollup");
  const warnings = [];
  const bundle = await rollup({ ...options, onwarn: (warning) => warnings.push(warning.message) });
  await bundle.write(out);
  await bundle.close();
  if (warnings.length > 0) throw new Error(warnings.join("\n"));
}

async function byRollup(name, settings) {
  const { nodeResolve } = await load("@rollup/plugin-node-resolve");
  await bundleByRollup({ input: source, plugins: [nodeResolve(settings)] }, { dir: output(name), format: "es" });
}

async function byParcel(name, settings, from = "keystone-auth") {
  // Parcel reads what a project's package file says.
  const project = join(output(name), "project");
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, "page.js"), readFileSync(source, "utf8").replace('"keystone-auth"', `"${from}"`));
  writeFileSync(join(project, "index.html"), '<!doctype html><script type="module" src="./page.js"></script>');
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "page", version: "1.0.0", ...settings }));
  // By this Parcel knows that the project begins here.
  writeFileSync(join(project, "package-lock.json"), "{}");
  const parcel = tool("parcel", "lib", "bin.js");
  const args = [
    parcel,
    "build",
    join(project, "index.html"),
    "--no-cache",
    "--no-source-maps",
    "--cache-dir",
    join(output(name), "cache"),
  ];
  await nodeThere([...args, "--dist-dir", join(output(name), "out")], { environment: { CI: "1" } });
}

async function byNext(_name, _settings, issuer) {
  // Next takes its pages from a folder, and a page the program beside it.
  const next = tool("next", "dist", "bin", "next");
  await nodeThere([next, "build", "programs/next"], {
    environment: { NEXT_TELEMETRY_DISABLED: "1", NEXT_PUBLIC_ISSUER: issuer },
    limitMs: 300_000,
  });
}

/** What a route says that runs at the edge, and one that runs in Node. */
async function tryRoutes(origin) {
  const [edge, node] = await Promise.all(
    ["edge", "node"].map(async (path) => await (await fetch(`${origin}/${path}`)).text()),
  );
  if (!/^EnvironmentError: .*runtime = "nodejs"/.test(edge)) throw new Error(`the edge route says: ${edge}`);
  if (node !== "LoginRequiredError function") throw new Error(`the route in Node says: ${node}`);
}

/** `beside`: what else has to hold where it is served. `files`: what is served, beside a page that loads `page.js`; `server`: a program that serves. */
export const PAGES = [
  { name: "Vite 8", build: byVite, files: "vite" },
  { name: "webpack 5", build: byWebpack, files: "webpack" },
  { name: "esbuild", build: byEsbuild, files: "esbuild" },
  {
    name: "Rollup 4",
    setting: "nodeResolve({ browser: true })",
    build: () => byRollup("rollup", { browser: true }),
    files: "rollup",
  },
  {
    name: "Rollup 4, no option",
    setting: "the page says what to set",
    build: () => byRollup("rollup-plain", {}),
    files: "rollup-plain",
    says: /^EnvironmentError: This is keystone-auth for Node, in a page\..*browser: true/,
  },
  { name: "Parcel 2", build: () => byParcel("parcel", {}), files: "parcel/out" },
  {
    name: "Parcel 2, exports",
    setting: "packageExports: true, for entries such as keystone-auth/browser",
    build: () =>
      byParcel("parcel-exports", { "@parcel/resolver-default": { packageExports: true } }, "keystone-auth/browser"),
    files: "parcel-exports/out",
  },
  { name: "Next 16 (Turbopack)", build: byNext, server: "next", beside: tryRoutes },
  { name: "no bundler", setting: "an import map", build: async () => {}, files: "import-map" },
];
