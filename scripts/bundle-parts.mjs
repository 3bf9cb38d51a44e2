/**
 * Which file of `dist/` a source goes into, read from the imports of the sources.
 *
 * A page waits for every file by the network, so it has few: what its entry needs at once, ONE part for all that the
 * client loads later, and ONE for what only windows need. A Node program waits for every file that it opens and every byte
 * that it reads at its start, so it has one file for a stored token, one for the core's later parts, and one for each
 * capability of the platform.
 */
import { join, relative, resolve } from "node:path";
import { ImportGraph, readSources } from "./rooms/imports.mjs";

/**
 * Parts of a page that few pages load, each as a file of its own: the sources that an `import()` names, as
 * `client/user-info.js`. One that shares a class or a package with the online part costs every page a round: hand it what it
 * needs. `npm run size` counts the rounds.
 */
const RARE_PARTS_OF_A_PAGE = ["session/own-store.js", "protocol/user-info.js", "browser/diagnosis/page.js"];

/** The entries by their names, and the sources as the compiler leaves them: with no import of a type. */
function readCompiled(compiled, entries) {
  const sources = readSources(compiled, { prefix: "", extension: ".js" });
  const inSources = (id) => relative(resolve(compiled), id).replaceAll("\\", "/");
  const files = Object.entries(entries).map(([name, path]) => [name, join(compiled, path)]);
  return { sources, graph: new ImportGraph(sources), inSources, entries: Object.fromEntries(files) };
}

/** `session/turn-queue.js` is `session-turn-queue`, `browser/browser-room.js` is `browser-room`. */
const flatName = (path) =>
  path
    .replace(/\.js$/, "")
    .replaceAll("/", "-")
    .replace(/^(\w+)-\1-/, "$1-");

const TESTING = "testing/index.js";
const CALLBACK = "browser/callback.js";
/** A program compares errors by their classes, whichever entry it has them from. */
const COMPARED_BY_PROGRAMS = "errors.js";

/**
 * State or a class at the top of a module: of such a module there is one, or two would not know of each other. Where the
 * online part and windows share one, a page waits for one file more.
 */
const hasIdentity = (code) =>
  /^(?:export )?(?:class|let|var) |^(?:export )?const [^=\n]+= (?!.*=>).*\bnew /m.test(code);

export function pageParts(compiled) {
  const { sources, graph, inSources, entries } = readCompiled(compiled, {
    browser: "browser/index.js",
    "browser-callback": CALLBACK,
    "electron-preload": "electron/preload.js",
    "electron-renderer": "electron/renderer.js",
    "browser-testing": TESTING,
  });
  const entry = graph.staticClosure("browser/index.js");
  const parts = graph.latePartsOf("browser/index.js").filter((part) => !entry.has(part));
  const ofWindows = parts.filter((part) => graph.needs(graph.staticClosure(part), "oidc-client-ts"));
  const rare = parts.filter((part) => RARE_PARTS_OF_A_PAGE.includes(part));
  const online = graph.staticClosure(...parts.filter((part) => !ofWindows.includes(part) && !rare.includes(part)));
  /** The parts beside the online one, by their files. */
  const others = [
    ["browser-windows", graph.staticClosure(...ofWindows)],
    ...rare.map((part) => [flatName(part), graph.staticClosure(part)]),
  ];
  const beside = (path) => others.find(([, closure]) => closure.has(path))?.[0];
  const code = new Map(sources.map((each) => [each.path, each.code]));
  const page = new Set([...entry, ...online, ...others.flatMap(([, closure]) => [...closure])]);
  const preload = graph.staticClosure("electron/preload.js");
  const renderer = new Set([...graph.staticClosure("electron/renderer.js")].filter((path) => !page.has(path)));

  return {
    entries,
    /**
     * The file that has a copy of the module for this importer; undefined where there is one for all. An Electron window
     * and the callback need little of what a page does. And of what two late parts share, bundlers make a file of its own,
     * for which a page would wait once more.
     */
    copyFor(id, importer, file) {
      const [path, from] = [inSources(id), inSources(importer)];
      if (path === COMPARED_BY_PROGRAMS) return undefined;
      if (file === "electron-renderer" || renderer.has(from)) return page.has(path) ? "electron-renderer" : undefined;
      if (hasIdentity(code.get(path))) return undefined;
      if (file === "browser-callback" || from === CALLBACK) return "browser-callback";
      const owner = file ?? (entry.has(from) || online.has(from) ? undefined : beside(from));
      return online.has(path) && !entry.has(path) ? owner : undefined;
    },
    fileOf(id) {
      const path = inSources(id);
      if (path === CALLBACK) return "browser-callback";
      if (path === COMPARED_BY_PROGRAMS) return "errors";
      if (entry.has(path)) return "browser-core";
      if (online.has(path)) return "browser-online";
      if (page.has(path)) return beside(path);
      if (!renderer.has(path)) return undefined;
      return preload.has(path) ? flatName(path) : "electron-renderer";
    },
  };
}

/** The capabilities of the Node room are its folders; what shows something to a person is one of them. */
const LOGIN_FOLDERS = ["loopback"];
const DIAGNOSIS = "node-diagnosis";

export function nodeParts(compiled) {
  const { graph, inSources, entries } = readCompiled(compiled, {
    node: "node/index.js",
    cli: "cli/main.js",
    "electron-main": "electron/main.js",
    testing: TESTING,
  });
  const entry = graph.staticClosure("node/index.js");
  const command = graph.staticClosure("cli/main.js");
  const electron = graph.staticClosure("electron/main.js");
  const testing = graph.staticClosure(TESTING);
  const isOfCore = (path) => !/^(?:node|cli|electron|testing)\//.test(path);
  const online = graph.staticClosure(...graph.latePartsOf("node/index.js").filter(isOfCore));
  const commandParts = graph.latePartsOf("cli/main.js").filter((part) => part.startsWith("cli/"));

  const capabilityOf = (path) => {
    const [, folder, file] = path.split("/");
    return file === undefined || LOGIN_FOLDERS.includes(folder) ? "node-login" : `node-${folder}`;
  };
  const nodeLateParts = graph.latePartsOf("node/index.js").filter((part) => part.startsWith("node/"));
  /** What two capabilities share is in the file of the one that it belongs to, else a file of its own. */
  const fileOfNode = (path) => {
    const users = nodeLateParts.filter((part) => graph.staticClosure(part).has(path)).map(capabilityOf);
    if (users.length === 0) return fileOfCommand(path);
    const own = capabilityOf(path);
    return new Set(users).size === 1 ? users[0] : users.includes(own) ? own : flatName(path);
  };
  /** Of the core too: few programs ask for a diagnosis. */
  const isOfDiagnosisAlone = (path) => {
    const users = nodeLateParts.filter((part) => graph.staticClosure(part).has(path)).map(capabilityOf);
    return users.length > 0 && users.every((user) => user === DIAGNOSIS);
  };
  /** A command is a file; what several of them use is one more. */
  const fileOfCommand = (path) => {
    const users = commandParts.filter((part) => graph.staticClosure(part).has(path));
    return users.length === 1 ? flatName(users[0]).replace("-commands-", "-") : "cli-commands";
  };

  return {
    entries,
    copyFor: () => undefined,
    fileOf(id) {
      const path = inSources(id);
      if (entry.has(path)) return "node-core";
      // Nobody but the command itself may import the file that runs it.
      if (electron.has(path) || testing.has(path)) return undefined;
      if (online.has(path)) return "node-online";
      if (isOfCore(path)) return isOfDiagnosisAlone(path) ? DIAGNOSIS : "node-online";
      if (path.startsWith("node/")) return fileOfNode(path);
      return command.has(path) ? "cli" : fileOfCommand(path);
    },
  };
}
