/** Packages that a program may install beside this one: bundlers do not ask for them, and the bundle finds them. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { rollup } from "rollup";
import { beforeAll, describe, expect, it } from "vitest";
import { useScratchDirectories } from "../support/scratch.js";
import { dist, ensureBuilt, filesIn, root } from "./built-package.js";

const { peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  peerDependencies: Record<string, string>;
};
/** Left out of Rollup's bundle. */
const outside = ["oauth4webapi", "open", "uqr"];
const optional = Object.keys(peerDependencies);

/** Names what the keychain says of itself: it fails where its package is not found. */
const PROGRAM = `
import { OidcClient } from "keystone-auth/node";
const client = new OidcClient({
  clientId: "native", issuer: "https://id.example", storage: "encrypted-file",
  storageDirectory: process.env.STORE, interaction: "never",
});
client.getAccessToken().catch((error) => console.log(error.name, error.message));
`;

const scratch = useScratchDirectories();
const run = async (file: string, store: string): Promise<string> => {
  const env = { ...process.env, STORE: store, CI: "" };
  return (await promisify(execFile)(process.execPath, [file], { env, timeout: 15_000 })).stdout;
};

beforeAll(ensureBuilt, 60_000);

it("PK-01 no file names an optional package where a bundler would resolve it", () => {
  expect(optional).toEqual(["@napi-rs/keyring", "better-sqlite3", "undici"]);
  const named = filesIn(dist).filter((file) => {
    const code = readFileSync(file, "utf8");
    return optional.some((name) => new RegExp(`(?:from|import|require)\\s*\\(?\\s*["'\`]${name}`).test(code));
  });
  expect(named).toEqual([]);
});

it("PK-01 an import by a variable says to each bundler that it is left to the program", () => {
  const imports = filesIn(dist)
    .filter((file) => file.endsWith(".js"))
    .flatMap((file) => readFileSync(file, "utf8").match(/\bimport\((?!["'])[^)]*\)/g) ?? []);
  expect(imports).toEqual([
    expect.stringMatching(
      /^import\(\/\* webpackIgnore: true \*\/ \/\* turbopackIgnore: true \*\/ \/\* @vite-ignore \*\/ \w+\)$/,
    ),
  ]);
});

/** With no option for this package. Gives the name of the bundle and what it was told. */
const BUNDLERS: Record<string, (folder: string) => Promise<readonly [string, readonly string[]]>> = {
  "esbuild, ES module": async (folder) => await byEsbuild("esm", join(folder, "program.mjs")),
  "esbuild, CommonJS": async (folder) => await byEsbuild("cjs", join(folder, "program.cjs")),
  Rollup: byRollup,
};

async function byEsbuild(format: "esm" | "cjs", outfile: string): Promise<[string, string[]]> {
  const stdin = { contents: PROGRAM, resolveDir: root };
  const result = await build({ stdin, outfile, format, bundle: true, platform: "node", logLevel: "silent" });
  return [outfile, result.warnings.map(({ text }) => text)];
}

/** It resolves what is relative to a file; the package itself is handed to it, and its dependencies stay outside. */
async function byRollup(folder: string): Promise<[string, string[]]> {
  const input = join(folder, "input.js");
  writeFileSync(input, PROGRAM.replace("keystone-auth/node", join(dist, "node.js")));
  const warnings: string[] = [];
  const external = (id: string) => id.startsWith("node:") || outside.includes(id);
  const bundle = await rollup({ input, external, onwarn: ({ message }) => warnings.push(message) });
  await bundle.write({ dir: folder, format: "es", entryFileNames: "program.mjs", chunkFileNames: "[name].mjs" });
  await bundle.close();
  return [join(folder, "program.mjs"), warnings];
}

describe.each(Object.entries(BUNDLERS))("A bundle by %s", (_name, bundle) => {
  it("PK-01 is made without an option, and finds the optional package beside it when it runs, or says to install it", async () => {
    const folder = scratch();
    for (const name of outside) {
      mkdirSync(join(folder, "node_modules"), { recursive: true });
      symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
    }
    const [file, warnings] = await bundle(folder);
    expect(warnings).toEqual([]);
    const store = join(folder, "tokens");
    expect(await run(file, store)).toMatch(/^StorageError .*The package @napi-rs\/keyring is not installed/);
    putKeyring(folder);
    expect(await run(file, store)).toMatch(/^LoginRequiredError /);
  });
});

/** A stand-in: a real keychain needs a desktop. It keeps its secret in memory. */
function putKeyring(folder: string): void {
  const target = join(folder, "node_modules", "@napi-rs", "keyring");
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "package.json"), '{"name":"@napi-rs/keyring","version":"2.1.2","main":"index.cjs"}');
  const code =
    "let kept = null; exports.AsyncEntry = class { async getSecret() { return kept; } async setSecret(value) { kept = value; } };";
  writeFileSync(join(target, "index.cjs"), code);
}
