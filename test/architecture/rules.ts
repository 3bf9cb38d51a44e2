/** The rules of the house. Each takes sources and gives its breaches as sentences. */
import { circlesOf, FLOORS, floorOf, roomOf } from "../../scripts/rooms/floors.mjs";
import type { Source } from "../../scripts/rooms/imports.mjs";

type Rule = (sources: readonly Source[]) => string[];

const MOST_LINES = 250;

/** Electron has a process for each of these rooms of its own: none of them loads another, nor what another stands on. */
const processes: Record<string, readonly string[]> = {
  "electron/main": ["node"],
  "electron/preload": [],
  "electron/renderer": ["browser"],
};
const withNode = ["node", "cli"];
const withPages = ["browser"];

/** Who may import a package: folders end in `/`. */
const seats: Record<string, string> = {
  oauth4webapi: "src/protocol/",
  "oidc-client-ts": "src/browser/",
  "idb-keyval": "src/browser/indexeddb.ts",
  open: "src/node/system-browser.ts",
  uqr: "src/node/",
  "@napi-rs/keyring": "src/node/encrypted/system-keychain.ts",
  electron: "src/electron/",
};
const inOneFile = ["oidc-client-ts", "idb-keyval", "open"];

/** `electron/main` for `src/electron/main.ts` and what lies in the folder of that name. */
function processOf(path: string): string | undefined {
  const [, name] = /^src\/electron\/(\w+)/.exec(path) ?? [];
  const process = `electron/${name}`;
  return process in processes ? process : undefined;
}

export const filesImportFromLowerFloors: Rule = (sources) =>
  sources.flatMap(({ path, imports }) => {
    const own = floorOf(roomOf(path)) ?? 0;
    return imports.flatMap(({ file }) => {
      if (file === undefined || roomOf(file) === roomOf(path)) return [];
      return (floorOf(roomOf(file)) ?? Number.POSITIVE_INFINITY) < own ? [] : [`${path} imports ${file}`];
    });
  });

/** A command runs in Node, and each room of Electron in one process. */
export const platformsStayApart: Rule = (sources) =>
  sources.flatMap(({ path, imports }) => {
    const process = processOf(path);
    const isOfElectron = roomOf(path) === "electron";
    const platforms = process === undefined ? (isOfElectron ? [] : undefined) : processes[process];
    return imports.flatMap(({ file }) => {
      if (file === undefined) return [];
      const room = roomOf(file);
      const isForeign =
        (roomOf(path) === "cli" && withPages.includes(room)) ||
        (isOfElectron && [...withNode, ...withPages].includes(room) && !platforms?.includes(room)) ||
        (isOfElectron && processOf(file) !== undefined && processOf(file) !== process);
      return isForeign ? [`${path} imports ${file}`] : [];
    });
  });

export const nothingImportsInACircle: Rule = (sources) => circlesOf(sources).map((files) => files.join(" and "));

/** Whoever imports the ports gets nothing else with them. */
export const portsAreTypes: Rule = (sources) =>
  sources.flatMap(({ path, imports }) => {
    if (path !== "src/ports.ts") return [];
    const values = imports.filter(({ typeOnly }) => !typeOnly);
    return values.map(({ specifier }) => `${path} imports more than types from ${specifier}`);
  });

/** A room that no floor names, and a name that no file has. */
export const roomsAreListed: Rule = (sources) => {
  const rooms = new Set(sources.map(({ path }) => roomOf(path)));
  const listed = FLOORS.flat();
  return [
    ...[...rooms].filter((room) => !listed.includes(room)).map((room) => `${room} stands on no floor`),
    ...listed.filter((room) => !rooms.has(room)).map((room) => `${room} is no room`),
  ];
};

export const nobodyImportsAnIndex: Rule = (sources) =>
  sources.flatMap(({ path, imports }) =>
    imports
      .filter(({ file }) => file !== undefined && /(^|\/)index(\.ts)?$/.test(file))
      .map(({ file }) => `${path} imports ${file}`),
  );

export const packagesKeepTheirSeat: Rule = (sources) =>
  sources.flatMap(({ path, imports }) =>
    imports.flatMap(({ specifier, file }) => {
      if (file !== undefined) return [];
      if (specifier.startsWith("node:")) {
        const hasNode = withNode.includes(roomOf(path)) || processOf(path) === "electron/main";
        return hasNode ? [] : [`${path} imports ${specifier}`];
      }
      const seat = seats[specifier];
      if (seat === undefined) return [`${path} imports ${specifier}, which has no seat`];
      const inSeat = seat.endsWith("/") ? path.startsWith(seat) : path === seat;
      return inSeat ? [] : [`${path} imports ${specifier}, whose seat is ${seat}`];
    }),
  );

export const somePackagesHaveOneImporter: Rule = (sources) =>
  inOneFile.flatMap((name) => {
    const importers = sources
      .filter(({ imports }) => imports.some(({ specifier }) => specifier === name))
      .map(({ path }) => path);
    return importers.length > 1 ? [`${name} is imported by ${importers.join(" and ")}`] : [];
  });

export const exportsAreNamed: Rule = (sources) =>
  sources.flatMap(({ path, code }) => [
    ...(/\bexport\s+(?:type\s+)?\*/.test(code) ? [`${path} has an export *`] : []),
    ...(/\bexport\s+default\b|\bas\s+default\b/.test(code) ? [`${path} has a default export`] : []),
  ]);

export const filesAreShort: Rule = (sources) =>
  sources.flatMap(({ path, text }) => {
    const lines = text.replace(/\n$/, "").split("\n").length;
    return lines > MOST_LINES ? [`${path} has ${lines} lines`] : [];
  });

export const roomsHaveAConcept: Rule = (sources) =>
  sources.flatMap(({ path }) =>
    /(^|\/)(utils?|common|shared|helpers?|global)(\/|\.ts$)/.test(path) ? [`${path} is named for no concept`] : [],
  );
