/**
 * ONE bundle of all entries, so that what they share exists once: an error class is the same class whichever entry a
 * program imports it from.
 *
 * Every file costs a Node program some start-up time, and every byte that is not needed at once costs a page. So:
 * - all that the Node entry needs at once of the platform-free sources is one chunk, `core.js`. Left alone, rollup cuts
 *   it wherever another set of entries shares a part, and a popup's callback page shares a little with both;
 * - each `import()` in the sources stays one: the machinery for renewals and logins loads when a call needs it;
 * - `node.js` and `browser.js` may come out as a list of re-exports beside `node-index.js` and `browser-index.js`: that
 *   happens as soon as a part that loads later uses one that the entry has, and keeps inner names out of the exports.
 * Node's static graph is thus `node.js`, `node-index.js` and `core.js`, and no package.
 */
import { readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { transform } from "esbuild";

const runtimePackages = ["oidc-client-ts", "oauth4webapi", "idb-keyval", "open", "uqr", "@napi-rs/keyring"];

/** Takes the compiler's maps in, so that the maps of the bundle lead to the TypeScript sources. */
const compilerMaps = {
  name: "compiler-maps",
  async load(id) {
    const [code, map] = await Promise.all([readFile(id, "utf8"), readFile(`${id}.map`, "utf8")]);
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
      const bound = names.startsWith("* as ") ? names.slice(5) : names.replaceAll(" as ", ": ");
      return `const ${bound} = process.getBuiltinModule("${module}");`;
    });
    return { code: taken, map: null };
  },
};

function staticClosure(entry, getModuleInfo) {
  const closure = new Set([entry]);
  for (const id of closure) for (const imported of getModuleInfo(id)?.importedIds ?? []) closure.add(imported);
  return closure;
}

/** @param {string} compiled directory of the compiler's JavaScript @param {string} directory where the bundle goes */
export function bundle(compiled, directory) {
  /** `session/token-set.js` */
  const inSources = (id) => relative(resolve(compiled), id).replaceAll("\\", "/");
  let core;
  let command;
  let machinery;
  let page;
  let renderer;

  return {
    input: {
      node: join(compiled, "node/index.js"),
      browser: join(compiled, "browser/index.js"),
      "browser-callback": join(compiled, "browser/callback.js"),
      cli: join(compiled, "cli/main.js"),
      "electron-main": join(compiled, "electron/main.js"),
      "electron-preload": join(compiled, "electron/preload.js"),
      "electron-renderer": join(compiled, "electron/renderer.js"),
    },
    external: (id) => id.startsWith("node:") || runtimePackages.includes(id),
    plugins: [compilerMaps, nodesOwnModules, withoutIdleImports, withoutComments],
    // A package that has no place here, and a name that a room does not export, are faults, not news.
    onwarn(warning) {
      throw new Error(warning.message);
    },
    output: {
      dir: directory,
      format: "es",
      sourcemap: true,
      // The map says `src/...` wherever it was built.
      sourcemapPathTransform: (path) => path.replaceAll("\\", "/").replace(/^.*?\/src\//, "../src/"),
      manualChunks(id, { getModuleInfo }) {
        core ??= staticClosure(resolve(compiled, "node/index.js"), getModuleInfo);
        page ??= staticClosure(resolve(compiled, "browser/index.js"), getModuleInfo);
        command ??= staticClosure(resolve(compiled, "cli/main.js"), getModuleInfo);
        // The command has most parts of the Node entry, which must not fall apart for it.
        if (core.has(id)) {
          if (inSources(id).startsWith("node/")) return "node-index";
          // A page has what both need at once, and loads the rest when its token does not lie ready.
          return page.has(id) ? "core" : "session";
        }
        if (command.has(id)) return "cli";
        // The doctor uses parts of it, for which a renewal must not load one more file.
        machinery ??= staticClosure(resolve(compiled, "client/machinery.js"), getModuleInfo);
        // An Electron window uses parts of it, and must not load the protocol for them.
        renderer ??= staticClosure(resolve(compiled, "electron/renderer.js"), getModuleInfo);
        if (machinery.has(id)) return renderer.has(id) ? "renewals-and-windows" : "machinery";
        return undefined;
      },
      entryFileNames: "[name].js",
      // After the source that it is loaded for, so that `sign-out.js` and `protocol/sign-out.js` do not meet.
      chunkFileNames: ({ name, facadeModuleId, moduleIds }) =>
        ["core", "session"].includes(name)
          ? `${name}.js`
          : inSources(facadeModuleId ?? moduleIds.at(-1)).replace(/^(\w+)\/(\1-)?/, "$1-"),
      // A file imports what it uses itself, not what the files that it imports use.
      hoistTransitiveImports: false,
    },
  };
}

/** The ready-made preload script: one CommonJS file that shares nothing, since a sandboxed preload script can load nothing. */
export function preloadScript(compiled, directory) {
  const { plugins, onwarn, output } = bundle(compiled, directory);
  return {
    input: join(compiled, "electron/preload-script.js"),
    plugins,
    onwarn,
    output: {
      file: join(directory, "electron-preload.cjs"),
      format: "cjs",
      sourcemap: true,
      sourcemapPathTransform: output.sourcemapPathTransform,
    },
  };
}

export default [bundle("build/src", "dist"), preloadScript("build/src", "dist")];
