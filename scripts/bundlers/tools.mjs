/** A tool, bundled by each bundler without an option for this package, and run where no package lies but an optional one. */
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "../frameworks/processes.mjs";
import { nodeThere, place, runThere, tool } from "./install.mjs";
import { bundleByRollup, bundleByWebpack } from "./pages.mjs";

const load = async (name) => await import(pathToFileURL(createRequire(join(place, "package.json")).resolve(name)).href);
const source = join(place, "programs", "tool.mjs");
const bun = tool("@oven", "bun-linux-x64", "bin", "bun");
const node24 = tool("node-24", "bin", "node");

const byEsbuild = (format, name) => async (output) => {
  const { build } = await load("esbuild");
  const settings = { bundle: true, platform: "node", format, outfile: join(output, name), logLevel: "silent" };
  const { warnings } = await build({ entryPoints: [source], absWorkingDir: place, ...settings });
  if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join("\n"));
};

async function byWebpack(output) {
  const { default: webpack } = await load("webpack");
  const settings = { path: output, filename: "tool.cjs" };
  await bundleByWebpack(webpack, {
    mode: "production",
    target: "node",
    context: place,
    entry: source,
    output: settings,
  });
}

async function byRollup(output) {
  const { nodeResolve } = await load("@rollup/plugin-node-resolve");
  const external = (id) => id.startsWith("node:");
  await bundleByRollup(
    { input: source, external, plugins: [nodeResolve()] },
    { dir: output, format: "es", entryFileNames: "tool.mjs", chunkFileNames: "[name].mjs" },
  );
}

const byNcc = async (output) =>
  void (await nodeThere([tool("@vercel", "ncc", "dist", "ncc", "cli.js"), "build", source, "-o", output, "-q"]));
const byBun = async (output) =>
  void (await runThere(bun, ["build", source, "--target=node", `--outfile=${join(output, "tool.mjs")}`]));
const byBunCompile = async (output) =>
  void (await runThere(bun, ["build", source, "--compile", `--outfile=${join(output, "tool")}`]));

/** One file with Node in it: https://nodejs.org/api/single-executable-applications.html */
async function bySea(output) {
  const work = mkdtempSync(join(tmpdir(), "keystone-auth-sea-"));
  await byEsbuild("cjs", "tool.cjs")(work);
  const [blob, program] = [join(work, "tool.blob"), join(output, "tool")];
  const settings = { main: join(work, "tool.cjs"), output: blob, disableExperimentalSEAWarning: true };
  writeFileSync(join(work, "sea.json"), JSON.stringify(settings));
  await run(node24, ["--experimental-sea-config", join(work, "sea.json")], { cwd: work });
  copyFileSync(node24, program);
  chmodSync(program, 0o755);
  const fuse = ["--sentinel-fuse", "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2"];
  await nodeThere([tool("postject", "dist", "cli.js"), program, "NODE_SEA_BLOB", blob, ...fuse]);
}

/** `start`: what runs the bundle, with the bundle's name. */
export const TOOLS = [
  { name: "esbuild, ES module", build: byEsbuild("esm", "tool.mjs"), start: [process.execPath, "tool.mjs"] },
  { name: "esbuild, CommonJS", build: byEsbuild("cjs", "tool.cjs"), start: [process.execPath, "tool.cjs"] },
  { name: "webpack 5, target node", build: byWebpack, start: [process.execPath, "tool.cjs"] },
  { name: "Rollup 4", build: byRollup, start: [process.execPath, "tool.mjs"] },
  { name: "ncc", build: byNcc, start: [process.execPath, "index.mjs"] },
  { name: "bun build", build: byBun, start: [process.execPath, "tool.mjs"] },
  { name: "bun build, run by Bun", build: byBun, start: [bun, "tool.mjs"] },
  { name: "bun build --compile", build: byBunCompile, start: ["tool"] },
  { name: "Node single executable", build: bySea, start: ["tool"] },
];

/** The sessions that the tools find. Gives their environment. */
export async function signInOnce(issuer) {
  const store = mkdtempSync(join(tmpdir(), "keystone-auth-bundlers-"));
  putKeyring(place);
  const KEYRING = join(store, "secret");
  const PERSON = new URL("../../build/demo/scripted-user.js", import.meta.url).href;
  const environment = { ISSUER: issuer, STORE: store, KEYRING, PERSON };
  await nodeThere(["programs/sign-in.mjs"], { environment });
  return { ISSUER: issuer, KEYRING, STORE: store };
}

/** The optional package, in a folder's own node_modules: a stand-in, since a real keychain needs a desktop. */
function putKeyring(folder) {
  const target = join(folder, "node_modules", "@napi-rs", "keyring");
  mkdirSync(target, { recursive: true });
  copyFileSync(join(place, "programs", "keyring.cjs"), join(target, "index.cjs"));
  writeFileSync(
    join(target, "package.json"),
    JSON.stringify({ name: "@napi-rs/keyring", version: "2.1.2", main: "index.cjs" }),
  );
}

/** Away from every other package. Rejects with what was printed instead of the stored token. */
export async function tryTool({ build, start: [command, ...args] }, environment) {
  const output = mkdtempSync(join(tmpdir(), "keystone-auth-tool-"));
  await build(output);
  const away = mkdtempSync(join(tmpdir(), "keystone-auth-away-"));
  for (const name of readdirSync(output)) cpSync(join(output, name), join(away, name), { recursive: true });
  putKeyring(away);
  for (const storage of ["file", "encrypted-file"]) {
    const program = command.includes("/") ? command : join(away, command);
    const settings = { ...environment, STORAGE: storage, STORE: join(environment.STORE, storage), CI: "" };
    const printed = await run(
      program,
      args.map((name) => join(away, name)),
      { cwd: away, environment: settings },
    );
    if (!/^ey[\w.-]+$/.test(printed.trim())) throw new Error(`with storage ${storage} it printed: ${printed.trim()}`);
  }
}
