/** The compiler's JavaScript, maps and declarations, of each room with its own platform's types only. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const tsc = join("node_modules", "typescript", "bin", "tsc");

/** @param {string} directory for the JavaScript @param {string} types for the declarations */
export function compile(directory, types) {
  for (const project of ["tsconfig.node.json", "tsconfig.browser.json"]) {
    const output = ["--outDir", directory, "--declarationDir", types];
    execFileSync(process.execPath, [tsc, "-p", project, ...output], { stdio: "inherit" });
  }
}
