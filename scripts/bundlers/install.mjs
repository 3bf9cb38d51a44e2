/** The tools are installed apart from the project's own, and the package beside them as it would be published. */
import { cpSync, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../frameworks/processes.mjs";

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const place = fileURLToPath(new URL("./place/", import.meta.url));
export const modules = join(place, "node_modules");

/** A program of a package that is installed there. */
export const tool = (...path) => join(modules, ...path);

/** Runs a program in `place`. Rejects with its output. */
export const runThere = async (command, args, options = {}) => await run(command, args, { cwd: place, ...options });
export const nodeThere = async (args, options) => await runThere(process.execPath, args, options);

export async function installTools() {
  const mark = join(modules, ".package-lock.json");
  const lock = statSync(join(place, "package-lock.json"));
  if (existsSync(mark) && statSync(mark).mtimeMs >= lock.mtimeMs) return { found: "they were there" };
  // Their binaries come as packages of their own; no install script is needed.
  await runThere("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { limitMs: 900_000 });
  return undefined;
}

/** What the bundlers have made: other tools that look for pages would find them. */
export const removeBuilds = () => rmSync(join(place, "build"), { recursive: true, force: true });

/** The files of the tarball: a link would let the tools see the repository's own packages. */
export async function putPackage() {
  const output = await run("npm", ["pack", "--dry-run", "--ignore-scripts", "--json"], { cwd: root });
  const target = join(modules, "keystone-auth");
  rmSync(target, { recursive: true, force: true });
  const [{ files }] = JSON.parse(output.slice(output.indexOf("[\n")));
  for (const { path } of files) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(root, path), join(target, path));
  }
  removeBuilds();
  return { found: `${files.length} files` };
}
