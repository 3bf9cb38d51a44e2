/**
 * Two bundles, one for pages and one for Node, so that neither is cut for the sake of the other. Within each a class
 * exists once: an error is of the same class whichever entry a program imports it from. An application uses one of the two,
 * and `isKeystoneAuthError()` works across them.
 *
 * `scripts/bundle-parts.mjs` says which source goes into which file.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { transform } from "esbuild";
import { nodeParts, pageParts } from "./scripts/bundle-parts.mjs";

const runtimePackages = ["oidc-client-ts", "oauth4webapi", "idb-keyval", "open", "uqr", "@napi-rs/keyring"];

/** Takes the compiler's maps in, so that the maps of the bundle lead to the TypeScript sources. */
const compilerMaps = {
  name: "compiler-maps",
  async load(id) {
    const [file] = split(id);
    const [code, map] = await Promise.all([readFile(file, "utf8"), readFile(`${file}.map`, "utf8")]);
    return { code: code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"), map: JSON.parse(map) };
  },
};

/** Takes the comments out: they are two thirds of the bytes that a program's start would read. The lines stay. */
const withoutComments = {
  name: "without-comments",
  async renderChunk(code, { fileName }, { sourcemap }) {
    const options = { target: "es2022", legalComments: "none", sourcefile: fileName };
    const result = await transform(code, { ...options, sourcemap: sourcemap ? "external" : false });
    return { code: result.code, map: result.map };
  },
};

/** Takes out imports of our own files by which nothing comes: nothing happens at import. A line stays a line. */
const withoutIdleImports = {
  name: "without-idle-imports",
  renderChunk: (code) => ({ code: code.replace(/^import ['"]\.\/[\w-]+\.js['"];$/gm, ""), map: null }),
};

/**
 * Takes Node's own modules from the process. An import statement makes a module of each first, with all that it exports,
 * which costs a program's start a millisecond or more. A line stays a line, so that the map still fits.
 */
const nodesOwnModules = {
  name: "nodes-own-modules",
  renderChunk(code) {
    const taken = code.replace(/^import (.+) from '(node:[\w/]+)';$/gm, (_line, names, module) => {
      // The whole module has a name of its own, beside those of its members.
      const bound = names
        .replace(/^\* as /, "")
        .replaceAll(" as ", ": ")
        .split(/^(\w+), /)
        .filter(Boolean);
      return `const ${bound.map((each) => `${each} = process.getBuiltinModule("${module}")`).join(", ")};`;
    });
    return { code: taken, map: null };
  },
};

/** A module that a file has a copy of is `PATH?FILE`. */
const split = (id) => id.split("?");

/** Makes the copies that `copyFor` asks for. */
const copies = (copyFor) => ({
  name: "copies",
  async resolveId(specifier, from, options) {
    if (from === undefined || !specifier.startsWith(".")) return null;
    const [importer, file] = split(from);
    const found = await this.resolve(specifier, importer, { ...options, skipSelf: true });
    const owner = found && copyFor(found.id, importer, file);
    return owner ? { ...found, id: `${found.id}?${owner}` } : found;
  },
});

/** The map says `src/...` wherever it was built. */
const sourcemapPathTransform = (path) => path.replaceAll("\\", "/").replace(/^.*?\/src\//, "../src/");

/** A package that has no place here, and a name that a room does not export, are faults, not news. */
function onwarn(warning) {
  throw new Error(warning.message);
}

function bundle(directory, parts, plugins) {
  return {
    input: parts.entries,
    logLevel: "warn",
    external: (id) => id.startsWith("node:") || runtimePackages.includes(id),
    plugins: [copies(parts.copyFor), compilerMaps, ...plugins, withoutIdleImports, withoutComments],
    onwarn,
    output: {
      dir: directory,
      format: "es",
      sourcemap: true,
      sourcemapPathTransform,
      manualChunks(id) {
        const [file, owner] = split(id);
        return owner ?? parts.fileOf(file);
      },
      entryFileNames: "[name].js",
      chunkFileNames: "[name].js",
      // A file imports what it uses itself, not what the files that it imports use.
      hoistTransitiveImports: false,
    },
  };
}

/** @param {string} compiled directory of the compiler's JavaScript @param {string} directory where the bundle goes */
const pages = (compiled, directory) => bundle(directory, pageParts(compiled), []);

const node = (compiled, directory) => bundle(directory, nodeParts(compiled), [nodesOwnModules]);

/** The ready-made preload script: one CommonJS file that shares nothing, since a sandboxed preload script can load nothing. */
function preloadScript(compiled, directory) {
  return {
    input: join(compiled, "electron/preload-script.js"),
    plugins: [compilerMaps, withoutIdleImports, withoutComments],
    onwarn,
    output: {
      file: join(directory, "electron-preload.cjs"),
      format: "cjs",
      sourcemap: true,
      sourcemapPathTransform,
    },
  };
}

/** All that lies in `dist/` beside the types. */
export const bundles = (compiled, directory) =>
  [pages, node, preloadScript].map((configure) => configure(compiled, directory));
