/**
 * Builds `dist/`: tsc gives JavaScript, maps and declarations of each room with its own platform's types only, rollup
 * bundles the JavaScript, for pages and for Node. All happens in a directory of its own that takes the place of `dist/` at the end: nobody sees
 * half a build, and builds that run at once do not meet.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rollup } from "rollup";
import { bundles } from "../rollup.config.mjs";
import { compile } from "./compile.mjs";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));

mkdirSync("build", { recursive: true });
const work = mkdtempSync(join("build", "bundle-"));
try {
  const compiled = join(work, "src");
  const finished = join(work, "dist");
  compile(compiled, join(finished, "types"));
  const written = new Set();
  for (const { output, ...input } of bundles(compiled, finished)) {
    const result = await rollup(input);
    const files = await result.write(output);
    await result.close();
    for (const { fileName } of files.output) {
      if (written.has(fileName)) throw new Error(`Two bundles have a file ${fileName}.`);
      written.add(fileName);
    }
  }
  // A script that exports nothing; TypeScript wants that in a file of its own name.
  writeFileSync(join(finished, "electron-preload.d.cts"), "export {};\n");
  if (existsSync("dist")) renameSync("dist", join(work, "before"));
  renameSync(finished, "dist");
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
