/** The rules of the house. Each takes sources and gives its breaches as sentences. */
import type { Source } from "./read-sources.js";

type Rule = (sources: readonly Source[]) => string[];

/** What a room may import beside itself. A room that is not named here (the core files) may import any but the platforms. */
const ground = ["errors", "token-set", "ports", "events", "load-part", "options", "settle", "clock"];
const mayImport: Record<string, readonly string[]> = {
  errors: [],
  "token-set": [],
  ports: ["errors", "token-set"],
  events: ["errors"],
  "load-part": ["errors"],
  options: ["errors", "token-set", "ports"],
  settle: ["errors", "ports"],
  clock: ["ports"],
  session: [...ground, "client"],
  protocol: ground,
  client: [...ground, "session", "protocol"],
};
/** The rooms of platforms, which nobody else imports, and the other platforms that each may use. */
const platforms: Record<string, readonly string[]> = {
  node: [],
  browser: [],
  cli: ["node"],
  electron: [],
  "electron/main": ["electron", "node"],
  "electron/preload": ["electron"],
  "electron/renderer": ["electron", "browser"],
};
const withNode = ["node", "cli", "electron/main"];
/** Rooms that may take only types from others: whoever imports them gets nothing else with it. */
const typesOnly = ["errors", "ports"];

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

/** `src/token-set.ts` is in the room session, `src/client/client.ts` in the room client; Electron has a room a process. */
function roomOf(path: string): string {
  const [room = "", second = ""] = path
    .replace(/^src\//, "")
    .replace(/\.ts$/, "")
    .split("/");
  const process = `${room}/${second.split("-")[0]}`;
  return process in platforms ? process : room;
}

export const roomsImportOnlyWhatTheyMay: Rule = (sources) =>
  sources.flatMap(({ path, imports }) => {
    const room = roomOf(path);
    return imports.flatMap(({ file, typeOnly }) => {
      if (file === undefined || roomOf(file) === room) return [];
      if (typesOnly.includes(room)) return typeOnly ? [] : [`${path} imports more than types from ${file}`];
      const target = roomOf(file);
      const allowed =
        target in platforms ? platforms[room]?.includes(target) : (mayImport[room]?.includes(target) ?? true);
      return allowed ? [] : [`${path} imports ${file}`];
    });
  });

/** The rooms without a platform see `platform.ts` and `events.ts` as types: they are what the client hands in. */
export const platformAndEventsAreTypesForTheRooms: Rule = (sources) =>
  sources.flatMap(({ path, imports }) => {
    if (!["session", "protocol"].includes(roomOf(path))) return [];
    const values = imports.filter(
      ({ file, typeOnly }) =>
        !typeOnly && file !== undefined && (file.endsWith("/platform.ts") || roomOf(file) === "events"),
    );
    return values.map(({ file }) => `${path} imports more than types from ${file}`);
  });

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
      if (specifier.startsWith("node:")) return withNode.includes(roomOf(path)) ? [] : [`${path} imports ${specifier}`];
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
    return lines > 250 ? [`${path} has ${lines} lines`] : [];
  });

export const roomsHaveAConcept: Rule = (sources) =>
  sources.flatMap(({ path }) =>
    /(^|\/)(utils?|common|shared|helpers?|global)(\/|\.ts$)/.test(path) ? [`${path} is named for no concept`] : [],
  );
