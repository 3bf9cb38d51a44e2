/** Packages that a program installs beside this library where it wants what they bring. */
import { createRequire } from "node:module";

/**
 * What the package exports. Rejects where it is not installed, or not for this platform.
 *
 * Bundlers resolve a literal name, and end with an error where the package is not installed: the name is a variable here, and each
 * of them leaves such an import to the running program. Then the package is looked for beside the bundle.
 */
export async function optionalPackage(name: string): Promise<unknown> {
  try {
    return await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ name);
  } catch (error) {
    if (!isExecutable()) throw error;
    // A single executable has no folder of its own: what belongs to it lies beside it.
    return createRequire(process.execPath)(name);
  }
}

/** Whether this program is one file with its runtime in it: made by Node's `--experimental-sea-config`, or by `bun build --compile`. */
function isExecutable(): boolean {
  const sea = process.getBuiltinModule("node:sea") as { isSea?: () => boolean } | undefined;
  return sea?.isSea?.() === true || /[$]bunfs|~BUN/.test(process.argv[1] ?? "");
}
