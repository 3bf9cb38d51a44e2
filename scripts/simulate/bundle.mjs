/** The sources and the simulation in one file, so that an `import()` takes no longer than a promise. */
import { readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { build } from "esbuild";

/** Puts the changes into the sources. Fails where a text is not there exactly once. */
function changing(changes) {
  const left = new Set(changes);
  return {
    name: "changes",
    setup(bundle) {
      bundle.onLoad({ filter: /[/\\]src[/\\].*\.ts$/ }, ({ path }) => {
        const file = relative(process.cwd(), path).split(sep).join("/");
        const own = changes.filter((change) => change.file === file);
        if (own.length === 0) return undefined;
        let text = readFileSync(path, "utf8");
        for (const change of own) {
          const parts = text.split(change.replace);
          if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${change.replace}`);
          text = parts.join(change.by);
          left.delete(change);
        }
        return { contents: text, loader: "ts" };
      });
      bundle.onEnd(() => {
        if (left.size > 0) throw new Error(`not bundled: ${[...left].map(({ file }) => file).join(", ")}`);
      });
    },
  };
}

/** Writes the bundle. `changes` take guards away. */
export async function bundleSimulation(outfile, changes = []) {
  await build({
    entryPoints: [join("test", "simulation", "programs", "main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "silent",
    plugins: [changing(changes)],
  });
}
