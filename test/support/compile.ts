/** Compiles src and test to JavaScript that a plain Node process can run: Node 20 cannot strip types. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const builds = join(root, "build", "children");
const lockFile = join(builds, "lock");
const KEEP_OLD_BUILDS_MS = 30 * 60_000;

let compiled: Promise<string> | undefined;

/**
 * Gives a directory that holds the compiled tree: `src/x.ts` is `<dir>/src/x.js`, `test/y.ts` is `<dir>/test/y.js`.
 *
 * A build is a directory of its own, named after the sources it was made of, and appears by one rename: children that
 * still run from an older build keep it, and many test workers may ask at once. Type errors do not stop it.
 */
export function compileForChildren(): Promise<string> {
  compiled ??= compileOnce();
  return compiled;
}

async function compileOnce(): Promise<string> {
  mkdirSync(builds, { recursive: true });
  const directory = join(builds, nameOfSources());
  while (!existsSync(directory)) {
    if (!takeLock()) {
      await sleep(50);
      continue;
    }
    try {
      if (!existsSync(directory)) await compileInto(directory);
    } finally {
      rmSync(lockFile, { force: true });
    }
  }
  return directory;
}

/** A hash over path, size and time of every source: a file that changes while tsc runs gives the next caller a new build. */
function nameOfSources(): string {
  const hash = createHash("sha256");
  const files = ["src", "test"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
  );
  for (const file of [...files.filter((name) => name.endsWith(".ts")).sort(), "tsconfig.json"]) {
    // A file may vanish between the listing and this look, while somebody edits.
    const stat = statSync(join(root, file), { throwIfNoEntry: false });
    if (stat) hash.update(`${file}\0${stat.size}\0${stat.mtimeMs}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}

async function compileInto(directory: string): Promise<void> {
  const unfinished = `${directory}.${process.pid}`;
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const settings = ["--noEmit", "false", "--noEmitOnError", "false", "--declaration", "false", "--sourceMap", "false"];
  const output = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [tsc, "-p", "tsconfig.json", "--outDir", unfinished, "--rootDir", ".", ...settings],
      { cwd: root, maxBuffer: 64 * 1024 * 1024 },
      (_error, stdout, stderr) => resolve(stdout + stderr),
    );
  });
  if (!existsSync(join(unfinished, "src")) || !existsSync(join(unfinished, "test"))) {
    rmSync(unfinished, { recursive: true, force: true });
    throw new Error(`tsc emitted nothing:\n${output.slice(0, 2000)}`);
  }
  removeTests(unfinished);
  sweepOldBuilds();
  renameSync(unfinished, directory);
}

/** A test runner that looks through the whole project must not find every test twice. */
function removeTests(build: string): void {
  for (const file of readdirSync(build, { recursive: true, encoding: "utf8" })) {
    if (file.endsWith(".test.js")) rmSync(join(build, file));
  }
}

function sweepOldBuilds(): void {
  for (const name of readdirSync(builds)) {
    const path = join(builds, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    const inUse = path === lockFile || name.endsWith(`.${process.pid}`);
    if (stat && !inUse && Date.now() - stat.mtimeMs > KEEP_OLD_BUILDS_MS)
      rmSync(path, { recursive: true, force: true });
  }
}

/** Saves work only: two compilers at once would do no harm. Hence a lock of a dead process may simply be removed. */
function takeLock(): boolean {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    if (!isAlive(lockFile)) rmSync(lockFile, { force: true });
    return false;
  }
}

function isAlive(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    // Empty: its owner is between creating and writing.
    if (pid > 0) process.kill(pid, 0);
    return pid > 0 || Date.now() - statSync(file).mtimeMs < 5000;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
