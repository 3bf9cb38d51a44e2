import { describe, expect, it } from "vitest";
import { readSources, source } from "./architecture/read-sources.js";
import {
  exportsAreNamed,
  filesAreShort,
  nobodyImportsAnIndex,
  packagesKeepTheirSeat,
  platformAndEventsAreTypesForTheRooms,
  roomsHaveAConcept,
  roomsImportOnlyWhatTheyMay,
  somePackagesHaveOneImporter,
} from "./architecture/rules.js";

const sources = readSources();

it("The sources are read", () => {
  const paths = sources.map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(["src/errors.ts", "src/client/client.ts", "src/token-set.ts"]));
  const imported = sources.flatMap(({ imports }) => imports.map(({ specifier }) => specifier));
  expect(imported).toEqual(expect.arrayContaining(["oauth4webapi", "./errors.js", "./machinery.js"]));
});

describe("A room imports only what it may", () => {
  it("in the sources", () => expect(roomsImportOnlyWhatTheyMay(sources)).toEqual([]));

  it.each([
    ["src/session/a.ts", `import { x } from "../protocol/grants.js";`],
    ["src/session/a.ts", `import type { X } from "../node/login.js";`],
    ["src/session/a.ts", `import {\n  type X,\n  y,\n} from "../protocol/jws.js";`],
    ["src/protocol/a.ts", `import type { Platform } from "../client/platform.js";`],
    ["src/client/a.ts", `const x = await import("../node/login.js");`],
    ["src/client/client.ts", `import { openFileStore } from "../node/files/store.js";`],
    ["src/client/sign-out.ts", `export { x } from "../browser/a.js";`],
    ["src/node/a.ts", `import type { X } from "../browser/a.js";`],
    ["src/browser/deep/a.ts", `import "../../node/a.js";`],
    ["src/node/a.ts", `import { x } from "../electron/main/a.js";`],
    ["src/electron/renderer/a.ts", `import { x } from "../main/a.js";`],
    ["src/electron/preload.ts", `import { x } from "../node/a.js";`],
    ["src/cli/a.ts", `import { x } from "../browser/a.js";`],
    ["src/ports.ts", `import { x } from "./token-set.js";`],
    ["src/errors.ts", `import { type X, y } from "./ports.js";`],
  ])("%s with %s is a breach", (path, text) =>
    expect(roomsImportOnlyWhatTheyMay([source(path, text)])).toHaveLength(1),
  );

  it.each([
    ["src/ports.ts", `import type { X } from "./token-set.js";`],
    ["src/ports.ts", `import { type X, type Y } from "./errors.js";`],
    ["src/session/a.ts", `// import { x } from "../protocol/grants.js";\nimport { y } from "./b.js";`],
    ["src/session/a.ts", `const accept = "*/*"; import { y } from "../errors.js"; const other = "/*";`],
    ["src/browser/a.ts", `import { OidcClientCore } from "../client/client.js";`],
    ["src/cli/a.ts", `import { x } from "../node/a.js";`],
    ["src/electron/main/a.ts", `import { x } from "../../node/a.js";\nimport { y } from "../channel.js";`],
  ])("%s with %s is none", (path, text) => expect(roomsImportOnlyWhatTheyMay([source(path, text)])).toEqual([]));
});

describe("The rooms without a platform take platform.ts and events.ts as types", () => {
  it("in the sources", () => expect(platformAndEventsAreTypesForTheRooms(sources)).toEqual([]));

  it("and a value is a breach", () => {
    const planted = source("src/session/a.ts", `import { EventHub } from "../events.js";`);
    expect(platformAndEventsAreTypesForTheRooms([planted])).toHaveLength(1);
  });
});

describe("Nobody imports an index", () => {
  it("in the sources", () => expect(nobodyImportsAnIndex(sources)).toEqual([]));

  it.each(["../node/index.js", "./index.js", "./index"])("and %s is a breach", (specifier) => {
    const planted = source("src/node/a.ts", `export { x } from "${specifier}";`);
    expect(nobodyImportsAnIndex([planted])).toHaveLength(1);
  });
});

describe("A package is imported from its seat only", () => {
  it("in the sources", () => expect(packagesKeepTheirSeat(sources)).toEqual([]));

  it.each([
    ["src/session/a.ts", "oauth4webapi"],
    ["src/node/a.ts", "oidc-client-ts"],
    ["src/browser/other-store.ts", "idb-keyval"],
    ["src/node/a.ts", "open"],
    ["src/browser/a.ts", "uqr"],
    ["src/client/client.ts", "node:crypto"],
    ["src/electron/renderer/a.ts", "node:crypto"],
    ["src/node/a.ts", "electron"],
    ["src/client/client.ts", "left-pad"],
  ])("and %s with %s is a breach", (path, name) => {
    expect(packagesKeepTheirSeat([source(path, `import * as x from "${name}";`)])).toHaveLength(1);
    expect(packagesKeepTheirSeat([source(path, `const x = await import("${name}");`)])).toHaveLength(1);
  });
});

describe("oidc-client-ts, idb-keyval and open have one importer each", () => {
  it("in the sources", () => expect(somePackagesHaveOneImporter(sources)).toEqual([]));

  it("and a second one is a breach", () => {
    const text = `import { UserManager } from "oidc-client-ts";`;
    const planted = [source("src/browser/a.ts", text), source("src/browser/b.ts", text)];
    expect(somePackagesHaveOneImporter(planted)).toEqual([
      "oidc-client-ts is imported by src/browser/a.ts and src/browser/b.ts",
    ]);
  });
});

describe("Exports are named", () => {
  it("in the sources", () => expect(exportsAreNamed(sources)).toEqual([]));

  it.each([
    `export * from "./b.js";`,
    `export * as b from "./b.js";`,
    `export type * from "./b.js";`,
    "export default 1;",
    "const a = 1;\nexport { a as default };",
  ])("and %s is a breach", (text) => expect(exportsAreNamed([source("src/a.ts", text)])).toHaveLength(1));
});

describe("A file has at most 250 lines", () => {
  it("in the sources", () => expect(filesAreShort(sources)).toEqual([]));

  it("and 251 are a breach", () => {
    expect(filesAreShort([source("src/a.ts", "x;\n".repeat(250))])).toEqual([]);
    expect(filesAreShort([source("src/a.ts", "x;\n".repeat(251))])).toEqual(["src/a.ts has 251 lines"]);
  });
});

describe("A room is named for its concept", () => {
  it("in the sources", () => expect(roomsHaveAConcept(sources)).toEqual([]));

  it.each(["src/utils/a.ts", "src/node/helpers.ts", "src/common.ts", "src/shared/a.ts", "src/browser/global/a.ts"])(
    "and %s is a breach",
    (path) => expect(roomsHaveAConcept([source(path, "")])).toHaveLength(1),
  );
});
