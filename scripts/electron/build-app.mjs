/**
 * The example as an application: its main process bundled to one CommonJS file, its pages, and the package beside them. With
 * it come the test's own first file, which the runtime starts, and an application for what the example does not show.
 */
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../", import.meta.url));
const own = join(root, "scripts", "electron", "app");

/** For the pages of a runtime that is older than what the package asks for. */
const OLD_CHROME = "./old-runtime.js";

export async function buildApp(directory) {
  await mkdir(join(directory, "node_modules", "keystone-auth"), { recursive: true });
  const outcome = await bundle(directory, {
    first: join(own, "first.mjs"),
    example: join(root, "examples", "electron", "main.mjs"),
    own: join(own, "own.mjs"),
    "preload-twice": join(own, "preload-twice.mjs"),
  });
  await writeFile(join(directory, "package.json"), JSON.stringify({ name: "keystone-auth-app", main: "first.cjs" }));
  await cp(join(root, "examples", "electron", "page"), join(directory, "page"), { recursive: true });
  await putPackage(join(directory, "node_modules", "keystone-auth"));
  return outcome.warnings.map(({ text }) => text);
}

/** `import.meta` is empty in CommonJS: esbuild warns where the example would use it. */
async function bundle(outdir, entryPoints) {
  return await build({
    entryPoints,
    outdir,
    bundle: true,
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    platform: "node",
    target: "node18",
    // The root package says that its files have no side effects; a first file has nothing else.
    ignoreAnnotations: true,
    external: ["electron", "@napi-rs/keyring"],
    logLevel: "silent",
  });
}

/** What would be installed, and before the window's client what its runtime may lack. */
async function putPackage(target) {
  await cp(join(root, "dist"), join(target, "dist"), { recursive: true });
  await cp(join(root, "package.json"), join(target, "package.json"));
  const client = join(target, "dist", "electron-renderer.js");
  await writeFile(client, `import "${OLD_CHROME}";\n${await readFile(client, "utf8")}`);
  await cp(join(own, "old-runtime.mjs"), join(target, "dist", OLD_CHROME));
}
