/** The package as it is published, and programs that use it. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const dist = join(root, "dist");

/** The files below the directory, as paths. */
export function filesIn(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return names.map((name) => join(directory, name)).filter((path) => statSync(path).isFile());
}

/** Builds `dist/` where it is missing or older than a source. */
export async function ensureBuilt(): Promise<void> {
  const settings = [
    "package.json",
    "rollup.config.mjs",
    "scripts/build.mjs",
    "scripts/bundle-parts.mjs",
    "scripts/node-guard.mjs",
    "scripts/package-types.mjs",
  ];
  const projects = ["tsconfig.json", "tsconfig.node.json", "tsconfig.browser.json"];
  const changed = [...filesIn(join(root, "src")), ...[...settings, ...projects].map((name) => join(root, name))];
  const newest = Math.max(...changed.map((path) => statSync(path).mtimeMs));
  const built = join(dist, "node.js");
  if (existsSync(built) && statSync(built).mtimeMs >= newest) return;
  await promisify(execFile)(process.execPath, ["scripts/build.mjs"], { cwd: root });
}

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a module text in a process of its own that sees the package by its name. Rejects when it fails or does not end. */
export function runProgram(
  program: string,
  options: { nodeArgs?: readonly string[]; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  const args = [...(options.nodeArgs ?? []), "--input-type=module", "--eval", program];
  return promisify(execFile)(process.execPath, args, { cwd: root, env: options.env ?? process.env, timeout: 15_000 });
}
