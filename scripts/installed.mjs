/** Whether the dependencies are there, and their installation: also a program of its own, run before others by npm. */
import { existsSync, lstatSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./steps.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Whether node_modules is what the lockfile asks for, as far as can be seen without asking npm. */
export function isInstalled() {
  const folder = join(root, "node_modules");
  // A linked directory belongs to another checkout: `npm ci` would go through the link and empty it.
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) return true;
  const mark = join(folder, ".package-lock.json");
  return existsSync(mark) && statSync(mark).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs;
}

/** Gives `{ ok, output }`; never rejects. */
export const install = () => run("npm", ["ci", "--prefix", root, "--no-audit", "--no-fund"]);

if (process.argv[1] === fileURLToPath(import.meta.url) && !isInstalled()) {
  console.log("installing what package-lock.json names");
  const { ok, output } = await install();
  if (!ok) console.error(output.trimEnd());
  process.exitCode = ok ? 0 : 1;
}
