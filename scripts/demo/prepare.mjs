/** Gets a fresh clone ready: dependencies, the built package, a provider. Uses nothing that must be installed first. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { install as installAll, isInstalled } from "../installed.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Runs a program to its end. Rejects with its output when it fails. */
function run(command, ...args) {
  return new Promise((resolve, reject) => {
    // npm and npx are .cmd files on Windows, which only a shell starts.
    const child = spawn(command, args, {
      cwd: root,
      shell: process.platform === "win32",
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (part) => (output += part));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${[command, ...args].join(" ")} ended with exit code ${code}:\n${output.trimEnd()}`));
    });
  });
}

export { isInstalled };

/** Rejects with npm's output when it fails. */
export async function install() {
  const { ok, output } = await installAll();
  if (!ok) throw new Error(output.trimEnd());
}

export async function build() {
  await run("npm", "run", "build");
  await buildSupport();
}

/** The parts of the test support alone. */
export const buildSupport = () => run("npx", "--no-install", "tsc", "-p", join("scripts", "demo", "tsconfig.json"));

/** A part of the test support, compiled: `real-provider`, `fake-provider`, `scripted-user`. */
export const support = (name) => import(new URL(`../../build/demo/${name}.js`, import.meta.url).href);
