/**
 * Builds `dist/`: tsc gives JavaScript, maps and declarations of each room with its own platform's types only, rollup
 * bundles the JavaScript, for pages and for Node. The maps lead from there to the sources: they are not published, and go to `build/maps/`. All happens in a directory of its own that takes the place of `dist/` at the end: nobody sees
 * half a build, and builds that run at once do not meet.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rollup } from "rollup";
import { bundles } from "../rollup.config.mjs";
import { compile } from "./compile.mjs";
import { keepReachable, openToStandIns, writeCommonJsTypes } from "./package-types.mjs";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));

function replace(place, made) {
  if (existsSync(place)) renameSync(place, join(work, `before-${place.replace(/\W/g, "-")}`));
  renameSync(made, place);
}

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
  keepReachable(finished);
  openToStandIns(finished);
  writeCommonJsTypes(finished);
  const maps = join(work, "maps");
  mkdirSync(maps);
  for (const name of readdirSync(finished).filter((each) => each.endsWith(".map")))
    renameSync(join(finished, name), join(maps, name));
  replace("dist", finished);
  replace(join("build", "maps"), maps);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
