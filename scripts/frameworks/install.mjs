/** The package is built; the frameworks are installed apart from the project's own tools, and the package beside them. */
import { cpSync, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { place, run } from "./processes.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const modules = join(place, "node_modules");

const npm = async (...args) => await run("npm", args, { cwd: root, limitMs: 600_000 });

/** What package-lock.json names. */
export const install = async () => void (await npm("ci", "--no-audit", "--no-fund"));

/** With the parts of the test support. */
export async function build() {
  await npm("run", "build");
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  await run(process.execPath, [tsc, "-p", join(root, "scripts", "demo", "tsconfig.json")]);
}

export async function installFrameworks() {
  const mark = join(modules, ".package-lock.json");
  const lock = statSync(join(place, "package-lock.json"));
  if (existsSync(mark) && statSync(mark).mtimeMs >= lock.mtimeMs) return { found: "they were there" };
  // Their binaries come as packages of their own; no install script is needed.
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { limitMs: 600_000 });
  return undefined;
}

/** What would be published, as files: a link would let the apps see the repository's own packages. */
export async function putPackage() {
  const output = await run("npm", ["pack", "--dry-run", "--ignore-scripts", "--json"], { cwd: root });
  const target = join(modules, "keystone-auth");
  rmSync(target, { recursive: true, force: true });
  const [{ files }] = JSON.parse(output.slice(output.indexOf("[\n")));
  for (const { path } of files) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(root, path), join(target, path));
  }
  return { found: `${files.length} files` };
}
