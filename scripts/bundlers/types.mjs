/** Type checks programs against the package's types, with each TypeScript and in each way to resolve a module. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeThere, place, tool } from "./install.mjs";

export const VERSIONS = ["5.4", "5.5", "5.6", "5.7", "5.8", "5.9", "6.0", "7.0"];
const RESOLUTIONS = ["node10", "node16", "nodenext", "bundler"];

/** What each program is checked with. @types/node holds for Node programs alone. */
const PROGRAMS = [
  { file: "page.ts", lib: ["ES2022", "DOM"], types: [] },
  { file: "tool.ts", lib: ["ES2022"], types: ["node"] },
  { file: "using.ts", lib: ["ES2022", "ESNext.Disposable", "DOM"], types: [] },
  // A CommonJS file has the entries that bring a file for `require`; nodenext has the others too, from TypeScript 5.8 on.
  { file: "tool.cts", lib: ["ES2022"], types: ["node"], only: ["node16", "nodenext"] },
];

function settingsOf({ file, lib, types }, version, resolution) {
  const module = { node10: "ESNext", node16: "Node16", nodenext: "NodeNext", bundler: "ESNext" }[resolution];
  const shared = { target: "ES2022", lib, types, strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false };
  const deprecated = version === "6.0" && resolution === "node10" ? { ignoreDeprecations: "6.0" } : {};
  const compilerOptions = { ...shared, module, moduleResolution: resolution, noEmit: true, ...deprecated };
  return { compilerOptions, files: [join("..", "..", "programs", "types", file)] };
}

/** TypeScript 7 has no node10. */
const isThere = (version, resolution) => version !== "7.0" || resolution !== "node10";

export const TYPES = VERSIONS.flatMap((version) =>
  RESOLUTIONS.filter((resolution) => isThere(version, resolution)).map((resolution) => ({
    name: `TypeScript ${version}, ${resolution}`,
    version,
    resolution,
  })),
);

/** Rejects with the compiler's words. */
export async function checkTypes({ version, resolution }) {
  for (const program of PROGRAMS) {
    if (program.only && !program.only.includes(resolution)) continue;
    const folder = join(place, "build", "types");
    mkdirSync(folder, { recursive: true });
    const project = join(folder, `tsconfig.${program.file}.json`);
    writeFileSync(project, JSON.stringify(settingsOf(program, version, resolution)));
    await nodeThere([tool(`typescript-${version}`, "bin", "tsc"), "-p", project]);
  }
}
