/** A folder with the package as npm installs it, the programs beside it, and an environment without the developer's own. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nativeOptions, settingsOf } from "../demo/native-client.mjs";
import { scriptedBrowser } from "../demo/scripted-browser.mjs";
import { run } from "../steps.mjs";

const programs = fileURLToPath(new URL("programs/", import.meta.url));
const SQLITE = "better-sqlite3@12";

async function npm(...args) {
  const { ok, output } = await run("npm", args);
  if (!ok) throw new Error(`npm ${args.join(" ")} failed:\n${output}`);
  return output;
}

/** The package as it would be published. Gives the path of the tarball. */
export async function packPackage(directory) {
  const output = await npm("pack", "--ignore-scripts", "--json", "--silent", "--pack-destination", directory);
  const [{ filename }] = JSON.parse(output.slice(output.indexOf("[\n")));
  return join(directory, filename);
}

const install = (directory, ...packages) =>
  npm("install", "--prefix", directory, "--no-audit", "--no-fund", "--prefer-offline", ...packages);

export async function openWorld({ directory, tarball, provider, person, key, runtime, installed, compiles }) {
  mkdirSync(directory);
  writeFileSync(
    join(directory, "package.json"),
    `${JSON.stringify({ name: "tried", private: true, type: "module" })}\n`,
  );
  await install(directory, tarball);
  cpSync(programs, directory, { recursive: true });
  const started = [];
  const options = nativeOptions(provider, join(directory, "tokens"));
  return {
    directory,
    provider,
    person,
    runtime,
    program: installed.program,
    environment: environmentOf(directory),
    options,
    settings: settingsOf({ ...options, storageDirectory: join(directory, "command-tokens") }),
    command: join(directory, "node_modules", "keystone-auth", "dist", "cli.js"),
    skips: key === "20" ? await sqliteOf(directory, installed, compiles) : {},
    started,
    endProcesses: async () => {
      for (const each of started.splice(0)) await each.kill();
    },
  };
}

/** BROWSER names the person. What a build server or an editor sets would decide otherwise. */
function environmentOf(directory) {
  const home = join(directory, "home");
  mkdirSync(home);
  return { PATH: process.env.PATH, HOME: home, TMPDIR: directory, BROWSER: scriptedBrowser(directory), NO_COLOR: "1" };
}

/** Node 20 has no SQLite of its own. The headers for compiling lie beside its program. */
async function sqliteOf(directory, { folder, program }, compiles) {
  if (!compiles) return { database: "not tried: Node 20 has no SQLite; -- --better-sqlite3 compiles that package" };
  const environment = {
    npm_config_nodedir: folder,
    npm_config_build_from_source: "true",
    PATH: `${join(program, "..")}:${process.env.PATH}`,
  };
  const args = ["install", "--prefix", directory, "--no-audit", "--no-fund", SQLITE];
  const { ok, output } = await run("npm", args, environment);
  return ok ? {} : { database: `not tried: ${SQLITE} could not be compiled: ${output.trim().split("\n").at(-1)}` };
}
