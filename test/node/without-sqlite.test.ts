/** `storage: "shared-database"` where there is no SQLite, and what is wrong in its options. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { ConfigurationError } from "../../src/errors.js";
import { OidcClient } from "../../src/node/index.js";
import { loadSqlite } from "../../src/node/shared-database/sqlite.js";
import { useScratchDirectories } from "../support/scratch.js";

const scratch = useScratchDirectories();
afterEach(() => vi.restoreAllMocks());

/** As in Node 20, whatever Node this is; the package better-sqlite3 is not among the development tools. */
function withoutSqlite(): void {
  const load = process.getBuiltinModule.bind(process) as (name: string) => object | undefined;
  const hidden = (name: string) => (name === "node:sqlite" ? undefined : load(name));
  vi.spyOn(process, "getBuiltinModule").mockImplementation(hidden as typeof process.getBuiltinModule);
}

const options = (directory: string) => ({
  clientId: "prizm",
  issuer: "https://id.example",
  storage: "shared-database" as const,
  sharedDatabase: join(directory, "auth.db"),
  storageDirectory: join(directory, "tokens"),
});

it("Without SQLite each call is a ConfigurationError of the option storage that names both ways, and asks nobody to sign in", async () => {
  withoutSqlite();
  const directory = scratch();
  const client = new OidcClient({ ...options(directory), openBrowser: () => expect.unreachable() });
  for (const call of [() => client.getAccessToken(), () => client.getIdTokenClaims(), () => client.signIn()]) {
    const error: unknown = await call().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option: "storage" });
    expect((error as Error).message).toMatch(/node:sqlite.*22\.13.*better-sqlite3/);
  }
  expect(existsSync(join(directory, "auth.db"))).toBe(false);
  await client.close();
});

it("Only the warning that SQLite is an experiment is kept from the terminal", async () => {
  const told: unknown[] = [];
  vi.spyOn(process, "emitWarning").mockImplementation((warning: unknown) => void told.push(warning));
  vi.spyOn(process, "getBuiltinModule").mockImplementation(((_name: string) => {
    // What Node 22 does when it loads its SQLite.
    process.emitWarning("SQLite is an experimental feature and might change at any time", "ExperimentalWarning");
    process.emitWarning("another");
    return { DatabaseSync: class {} };
  }) as typeof process.getBuiltinModule);
  const { emitWarning } = process;
  await loadSqlite();
  expect(told).toEqual(["another"]);
  expect(process.emitWarning).toBe(emitWarning);
});

it.each([
  [{ storage: "file" as const }, /storage: "shared-database" only/],
  [{ sharedDatabase: "a\0b" }, /NUL/],
  [{ sharedDatabase: "" }, /sharedDatabase/],
  [{ sharedDatabase: 1 as unknown as string }, /sharedDatabase/],
])("The option sharedDatabase is refused: %o", (wrong, message) => {
  expect(() => new OidcClient({ ...options("/nowhere"), ...wrong })).toThrow(message);
  expect(() => new OidcClient({ ...options("/nowhere"), ...wrong })).toThrow(ConfigurationError);
});

it.each(["dpop", "apis"])("What the row has no place for is refused with it: %s", (name) => {
  expect(() => new OidcClient({ ...options("/nowhere"), [name]: {} })).toThrow(ConfigurationError);
});
