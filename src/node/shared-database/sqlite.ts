/** SQLite as this process has it: Node's own, else the package better-sqlite3, which is optional. */
import { ConfigurationError } from "../../errors.js";
import { optionalPackage } from "../optional-package.js";

/** What both have in common. All of it is synchronous. */
export interface Connection {
  exec(sql: string): unknown;
  prepare(sql: string): {
    get(...values: readonly (string | null)[]): unknown;
    all(): unknown[];
    run(...values: readonly (string | null)[]): { readonly changes: number | bigint };
  };
  close(): void;
}

/** Opens a file; one that is not there is made, with the modes that the umask leaves. Throws SQLite's error. */
export type OpenConnection = (path: string) => Connection;

type ConnectionClass = new (path: string) => Connection;

const PACKAGE = "better-sqlite3";
/** Node 22 and 23 say so with the first load. */
const EXPERIMENTAL = "SQLite is an experimental feature";

/** @throws ConfigurationError (`configuration`) where this process has neither */
export async function loadSqlite(): Promise<OpenConnection> {
  const Class = ofNode() ?? (await ofPackage());
  if (Class) return (path) => new Class(path);
  throw new ConfigurationError(
    "storage",
    `Option storage: "shared-database" needs SQLite. Node ${process.versions.node} has no node:sqlite (Node 22.13 and later have it), and ` +
      "the package better-sqlite3 is not installed, or not for this version: use a later Node, or install better-sqlite3 beside keystone-auth.",
  );
}

/** What is loaded prints no warning: a program's terminal is not ours. */
function ofNode(): ConnectionClass | undefined {
  const { emitWarning } = process;
  // From here to its return nobody else runs.
  process.emitWarning = ((...args: Parameters<typeof emitWarning>) => {
    if (!String(args[0]).includes(EXPERIMENTAL)) emitWarning.apply(process, args);
  }) as typeof emitWarning;
  try {
    const sqlite = process.getBuiltinModule("node:sqlite") as { DatabaseSync?: ConnectionClass } | undefined;
    return sqlite?.DatabaseSync;
  } finally {
    process.emitWarning = emitWarning;
  }
}

async function ofPackage(): Promise<ConnectionClass | undefined> {
  try {
    const found = (await optionalPackage(PACKAGE)) as ConnectionClass | { readonly default: ConnectionClass };
    const Database = "default" in found ? found.default : found;
    // Its binary part is loaded with the first connection.
    new Database(":memory:").close();
    return Database;
  } catch {
    return undefined;
  }
}
