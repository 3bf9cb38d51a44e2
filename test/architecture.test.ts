import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { countFloors } from "../scripts/rooms/floors.mjs";
import { readSources, source } from "../scripts/rooms/imports.mjs";
import {
  exportsAreNamed,
  filesAreShort,
  filesImportFromLowerFloors,
  nobodyImportsAnIndex,
  nothingImportsInACircle,
  packagesKeepTheirSeat,
  platformsStayApart,
  portsAreTypes,
  roomsAreListed,
  roomsHaveAConcept,
  somePackagesHaveOneImporter,
} from "./architecture/rules.js";

const sources = readSources(fileURLToPath(new URL("../src", import.meta.url)));

it("The sources are read", () => {
  const paths = sources.map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(["src/errors.ts", "src/client/client.ts", "src/token-set.ts"]));
  const imported = sources.flatMap(({ imports }) => imports.map(({ specifier }) => specifier));
  expect(imported).toEqual(expect.arrayContaining(["oauth4webapi", "./errors.js"]));
});

describe("A file imports from its own room and from lower floors", () => {
  it("in the sources", () => expect(filesImportFromLowerFloors(sources)).toEqual([]));

  it.each([
    ["src/errors.ts", `import type { X } from "./ports.js";`],
    ["src/errors.ts", `import type { X } from "./token-set.js";`],
    ["src/ports.ts", `import type { X } from "./events.js";`],
    ["src/options/a.ts", `import { x } from "../settle.js";`],
    ["src/session/a.ts", `import { x } from "../protocol/grants.js";`],
    ["src/session/a.ts", `import type { X } from "../client/platform.js";`],
    ["src/protocol/a.ts", `import type { X } from "../session/record.js";`],
    ["src/protocol/a.ts", `import {\n  type X,\n  y,\n} from "../session/record.js";`],
    ["src/client/a.ts", `const x = await import("../node/login.js");`],
    ["src/client/a.ts", `export { x } from "../browser/a.js";`],
    ["src/client/deep/a.ts", `import "../../node/a.js";`],
    ["src/node/a.ts", `import type { X } from "../browser/a.js";`],
    ["src/browser/a.ts", `type X = import("../node/a.js").X;`],
    ["src/node/a.ts", `import { x } from "../electron/main/a.js";`],
    ["src/cli/a.ts", `import { x } from "../electron/a.js";`],
    ["src/node/a.ts", `import { x } from "../nowhere/a.js";`],
    ["src/nowhere/a.ts", `import { x } from "../errors.js";`],
  ])("%s with %s is a breach", (path, text) =>
    expect(filesImportFromLowerFloors([source(path, text)])).toHaveLength(1),
  );

  it.each([
    ["src/ports.ts", `import type { X } from "./token-set.js";`],
    ["src/options/a.ts", `import { x } from "../load-part.js";`],
    ["src/session/a.ts", `// import { x } from "../protocol/grants.js";\nimport { y } from "./b.js";`],
    ["src/session/a.ts", `const accept = "*/*"; import { y } from "../errors.js"; const other = "/*";`],
    ["src/session/a.ts", `import { EventHub } from "../events.js";`],
    ["src/browser/a.ts", `import { OidcClientCore } from "../client/client.js";`],
    ["src/cli/a.ts", `import { x } from "../node/a.js";`],
    ["src/electron/main/a.ts", `import { x } from "../../node/a.js";\nimport { y } from "../channel.js";`],
  ])("%s with %s is none", (path, text) => expect(filesImportFromLowerFloors([source(path, text)])).toEqual([]));
});

describe("A command and each process of Electron load their own platform", () => {
  it("in the sources", () => expect(platformsStayApart(sources)).toEqual([]));

  it.each([
    ["src/cli/a.ts", `import { x } from "../browser/a.js";`],
    ["src/electron/renderer/a.ts", `import { x } from "../main/a.js";`],
    ["src/electron/renderer.ts", `import { x } from "../node/a.js";`],
    ["src/electron/main/a.ts", `import { x } from "../../browser/a.js";`],
    ["src/electron/main.ts", `import type { X } from "./renderer.js";`],
    ["src/electron/preload.ts", `import { x } from "../node/a.js";`],
    ["src/electron/messages.ts", `import { x } from "../browser/a.js";`],
    ["src/electron/messages.ts", `import { x } from "./main/a.js";`],
  ])("and %s with %s is a breach", (path, text) => expect(platformsStayApart([source(path, text)])).toHaveLength(1));

  it.each([
    ["src/cli/a.ts", `import { x } from "../node/a.js";`],
    ["src/electron/main/a.ts", `import { x } from "../../node/a.js";`],
    ["src/electron/main.ts", `import { x } from "./main/a.js";`],
    ["src/electron/renderer/a.ts", `import { x } from "../../browser/a.js";\nimport { y } from "../messages.js";`],
    ["src/electron/preload-script.ts", `import { x } from "./preload.js";`],
  ])("and %s with %s is none", (path, text) => expect(platformsStayApart([source(path, text)])).toEqual([]));
});

describe("Nothing imports in a circle", () => {
  it("in the sources", () => expect(nothingImportsInACircle(sources)).toEqual([]));

  const planted = (...files: [path: string, text: string][]) => files.map(([path, text]) => source(path, text));

  it("and a circle is one breach, also of types and of late imports", () => {
    const two = planted(
      ["src/client/a.ts", `import type { B } from "./b.js";`],
      ["src/client/b.ts", `const a = () => import("./a.js");`],
      ["src/client/c.ts", `import { a } from "./a.js";`],
    );
    expect(nothingImportsInACircle(two)).toEqual(["src/client/a.ts and src/client/b.ts"]);
    const three = planted(
      ["src/client/c.ts", `export { a } from "./a.js";`],
      ["src/client/a.ts", `import "./b.js";\nimport "./d.js";`],
      ["src/client/b.ts", `import { c } from "./c.js";`],
      ["src/client/d.ts", `import { b } from "./b.js";`],
    );
    expect(nothingImportsInACircle(three)).toEqual([
      "src/client/a.ts and src/client/b.ts and src/client/c.ts and src/client/d.ts",
    ]);
  });

  it("and two ways to one file are none", () => {
    const twoWays = planted(
      ["src/client/a.ts", `import { b } from "./b.js";\nimport { c } from "./c.js";`],
      ["src/client/b.ts", `import { c } from "./c.js";`],
      ["src/client/c.ts", ""],
    );
    expect(nothingImportsInACircle(twoWays)).toEqual([]);
  });
});

describe("The ports import types only", () => {
  it("in the sources", () => expect(portsAreTypes(sources)).toEqual([]));

  it("and a value is a breach", () => {
    expect(portsAreTypes([source("src/ports.ts", `import { x } from "./token-set.js";`)])).toHaveLength(1);
    expect(portsAreTypes([source("src/ports.ts", `import { type X, type Y } from "./token-set.js";`)])).toEqual([]);
  });
});

describe("Each room stands on a floor", () => {
  it("in the sources", () => expect(roomsAreListed(sources)).toEqual([]));

  it("and one that is not listed is a breach, as is a name that no file has", () => {
    expect(roomsAreListed([...sources, source("src/redis/store.ts", "")])).toEqual(["redis stands on no floor"]);
    const withoutClock = sources.filter(({ path }) => path !== "src/clock.ts");
    expect(roomsAreListed(withoutClock)).toEqual(["clock is no room"]);
  });

  it("and there are as many floors as the sources need", () => {
    const planted = [
      source("src/client/a.ts", `import "../session/a.js";`),
      source("src/session/a.ts", `import "../errors.js";`),
    ];
    expect(countFloors([...planted, source("src/errors.ts", "")])).toBe(3);
    expect(countFloors([...planted, source("src/errors.ts", `import "./client/a.js";`)])).toBe(3);
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
