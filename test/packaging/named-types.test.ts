/** A program that writes declarations of its own has to name the types that it was given: the entry it imports exports them. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { dist, ensureBuilt, root } from "./built-package.js";
import { unexportedNames } from "./declarations.js";

beforeAll(ensureBuilt, 60_000);

const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { exports: object };
const ENTRIES = [...new Set(JSON.stringify(exports).match(/dist\/types\/[^"]+\.d\.ts/g))];

/** Compiles a library with declarations that has the package from npm: within the package's own folder its files would have paths. */
async function declare(source: string): Promise<string> {
  mkdirSync(join(root, "build"), { recursive: true });
  const directory = mkdtempSync(join(root, "build", "declare-"));
  try {
    const installed = join(directory, "node_modules", "keystone-auth");
    cpSync(join(dist, "types"), join(installed, "dist", "types"), { recursive: true });
    cpSync(join(root, "package.json"), join(installed, "package.json"));
    writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "library", type: "module" }));
    writeFileSync(join(directory, "library.ts"), source);
    const settings = {
      target: "ES2022",
      strict: true,
      declaration: true,
      module: "ESNext",
      moduleResolution: "bundler",
    };
    const compilerOptions = { ...settings, lib: ["ES2022", "DOM"], types: ["node"], outDir: "out", rootDir: "." };
    writeFileSync(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["library.ts"] }));
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const run = promisify(execFile)(process.execPath, [tsc, "-p", directory], { cwd: directory });
    return await run.then(
      () => "",
      ({ stdout }: { stdout: string }) => stdout,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const CLIENT = 'const client = new OidcClient({ clientId: "c", issuer: "https://id.example" });';
/** All that a client gives, with the types that the compiler finds by itself. */
const given = (methods = "") => `
export const { on, getAccessToken, getTokenSet, getIdTokenClaims, getUserInfo, signIn, signOut${methods} } = client;
export const { session } = client;
export const out = await client.signOut();
export const { providerSession, errors } = out;
export const [set, user] = [await client.getTokenSet(), await client.getUserInfo()];
`;
const ERRORS = "export const detailsOf = (...[, , details]: ConstructorParameters<typeof StorageError>) => details;";

describe("PK-04 A library with declaration: true", () => {
  it.each([
    [
      "keystone-auth",
      `import { OidcClient, StorageError } from "keystone-auth"; ${CLIENT}${given(", diagnose")}${ERRORS}`,
    ],
    [
      "keystone-auth/node",
      `import { OidcClient, productPage, StorageError } from "keystone-auth/node"; ${CLIENT}${given(", diagnose")}${ERRORS}
      export const pages = productPage({ product: "x" });
      export const claimsOf = ([{ requiredClaims }]: ConstructorParameters<typeof OidcClient>) => requiredClaims;`,
    ],
    [
      "keystone-auth/electron/renderer",
      `import { OidcClient, StorageError } from "keystone-auth/electron/renderer"; const client = new OidcClient();${given()}${ERRORS}`,
    ],
    [
      "keystone-auth/electron/main",
      `import type { ServedClient } from "keystone-auth/electron/main"; const client = {} as ServedClient;${given().replace("getAccessToken,", "")}`,
    ],
    [
      "keystone-auth/testing",
      `import { fakeClient, StorageError } from "keystone-auth/testing"; const client = fakeClient();${given(", diagnose")}${ERRORS}`,
    ],
  ])("can export what %s gives", async (_entry, source) => {
    expect(await declare(source)).toBe("");
  });
});

it.each(ENTRIES)("PK-04 %s exports each name that stands in what it exports", (entry) => {
  expect(unexportedNames(join(root, entry))).toEqual([]);
});
