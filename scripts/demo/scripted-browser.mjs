/** A program for the variable BROWSER, in which a scripted person signs in and out. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const person = fileURLToPath(new URL("person.mjs", import.meta.url));

/** Writes it into the directory, and gives its path. It runs by this Node, whatever runs the program that opens it. */
export function scriptedBrowser(directory) {
  const path = join(directory, "browser");
  const [node, script] = [process.execPath, person].map((each) => `'${each.replaceAll("'", "'\\''")}'`);
  writeFileSync(path, `#!/bin/sh\nexec ${node} ${script} "$1"\n`, { mode: 0o755 });
  return path;
}
