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
import { commandGuard, guardNode } from "./scripts/node-guard.mjs";

const runtimePackages = ["oidc-client-ts", "oauth4webapi", "idb-keyval", "open", "uqr"];

/** Takes the compiler's maps in, so that the maps of the bundle lead to the TypeScript sources. */
const compilerMaps = {
  name: "compiler-maps",
  async load(id) {
    const [file] = split(id);
    const [code, map] = await Promise.all([readFile(file, "utf8"), readFile(`${file}.map`, "utf8")]);
    return { code: code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"), map: JSON.parse(map) };
  },
};

/** A statement by itself on its line, as rollup writes them: imports stand at the top, exports at the end. */
const LINKS = /^(?:import|export) [^\n]+;$/gm;

/**
 * Takes out comments and blanks, and shortens the names within functions: three quarters of the bytes that a program's start would
 * read. What stands at the top of a module keeps its name, by which a stack and a log speak of it: for that the minifier gets
 * the statements between imports and exports, as if they were a script. Lines stay short, since Node prints the line of an
 * error that nobody has caught.
 */
const minified = {
  name: "minified",
  async renderChunk(code, { fileName }, { format }) {
    const [hashbang = ""] = /^#!.*\n/.exec(code) ?? [];
    const links = format === "es" ? [...code.matchAll(LINKS)].map(([line]) => line) : [];
    // A line stays a line.
    const body = hashbang ? code.replace("#!", "//") : code;
    const script = format === "es" ? body.replace(LINKS, "") : body;
    const options = { target: "es2022", legalComments: "none", sourcefile: fileName, minify: true, lineLimit: 160 };
    const { code: short, map } = await transform(script, { ...options, sourcemap: "external" });
    const [imports, exports] = ["import", "export"].map((word) => links.filter((line) => line.startsWith(word)));
    const moved = JSON.parse(map);
    moved.mappings = ";".repeat(imports.length + (hashbang ? 1 : 0)) + moved.mappings;
    // The minifier takes these comments for comments. Nothing but an optional package is imported by a variable.
    const left = short
      .trimEnd()
      .replace(
        /\bimport\((?!["'])/g,
        "import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ ",
      );
    return { code: hashbang + [...imports, left, ...exports, ""].join("\n"), map: moved };
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
  renderChunk(code, { fileName }) {
    // The first that runs: all others import it.
    const guard = fileName === "node-core.js" ? `(${guardNode})(globalThis);` : "";
    const taken = code.replace(/^import (.+) from '(node:[\w/]+)';$/gm, (_line, names, module) => {
      // The whole module has a name of its own, beside those of its members.
      const bound = names
        .replace(/^\* as /, "")
        .replaceAll(" as ", ": ")
        .split(/^(\w+), /)
        .filter(Boolean);
      return `const ${bound.map((each) => `${each} = process.getBuiltinModule("${module}")`).join(", ")};`;
    });
    return { code: guard + taken, map: null };
  },
};

/** Looks at the version before any other file of the command runs. A line stays a line. */
const commandGuarded = {
  name: "command-guarded",
  async generateBundle(_options, { "cli.js": command }) {
    const { code: source } = await transform(commandGuard, { minify: true, lineLimit: 160 });
    this.emitFile({ type: "asset", fileName: "cli-guard.js", source });
    command.code = command.code.replace(/^import /m, 'import "./cli-guard.js"; import ');
  },
};

/** A page is no program of Node, and does not carry what one is told of a part that is missing. */
const isNoProgram = {
  name: "is-no-program",
  transform(code, id) {
    if (!split(id)[0].endsWith("/load-part.js")) return null;
    const [whole] = /function isProgram\(\) \{[^]*?\n\}/.exec(code) ?? this.error("load-part has no isProgram()");
    // A line stays a line.
    return {
      code: code.replace(whole, `function isProgram() { return false; ${whole.replace(/[^\n]/g, "")}}`),
      map: null,
    };
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
/** Files do not name them: they are kept apart from the package. */
const maps = { sourcemap: "hidden", sourcemapPathTransform };

/** A package that has no place here, and a name that a room does not export, are faults, not news. */
function onwarn(warning) {
  throw new Error(warning.message);
}

function bundle(directory, parts, plugins) {
  return {
    input: parts.entries,
    logLevel: "warn",
    external: (id) => id.startsWith("node:") || runtimePackages.includes(id),
    plugins: [copies(parts.copyFor), compilerMaps, ...plugins, withoutIdleImports, minified],
    onwarn,
    output: {
      dir: directory,
      format: "es",
      ...maps,
      // A file keeps the meaning of its exports when others of another version are put beside it.
      minifyInternalExports: false,
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
const pages = (compiled, directory) => bundle(directory, pageParts(compiled), [isNoProgram]);

const node = (compiled, directory) => bundle(directory, nodeParts(compiled), [nodesOwnModules, commandGuarded]);

/** A CommonJS file that shares nothing with others. */
const alone = (compiled, directory, source, file) => ({
  input: join(compiled, source),
  plugins: [compilerMaps, withoutIdleImports, minified],
  onwarn,
  output: { file: join(directory, file), format: "cjs", ...maps },
});

/** The ready-made preload script, and what `require` gives of that entry: a sandboxed one can load nothing. */
const preloadScript = (compiled, directory) =>
  alone(compiled, directory, "electron/preload-script.js", "electron-preload.cjs");

/** For tests: Jest loads CommonJS alone, where it is not told otherwise. */
const testing = (compiled, directory) => alone(compiled, directory, "testing/index.js", "testing.cjs");

/** All that lies in `dist/` beside the types. */
export const bundles = (compiled, directory) =>
  [pages, node, preloadScript, testing].map((configure) => configure(compiled, directory));
