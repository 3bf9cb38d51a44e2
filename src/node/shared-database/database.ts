/**
 * The row of a client in the file that Cegal's Python tools keep. Each call opens the file and closes it again: no lock
 * outlasts a call, and a file that was replaced is seen. What is busy is told at once, and the caller waits without holding up the program.
 */
import { accessSync, chmodSync, closeSync, constants, existsSync, openSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";

import { codeOf, StorageError } from "../../errors.js";
import { createPrivateDirectory } from "../files/private-directory.js";
import { ignoringErrors } from "../files/private-file.js";
import { databaseError, foreign } from "./database-error.js";
import { linksOf, requireOwnFile, requireOwnFolders } from "./permissions.js";
import type { Connection, OpenConnection } from "./sqlite.js";

/** What a row holds. An empty or missing access token means "renew". */
export interface Row {
  readonly id_token: string | null;
  readonly access_token: string | null;
  readonly refresh_token: string | null;
}

/** SQLite itself waits no longer for a lock: it sleeps, and with it the program. In milliseconds. */
const BUSY_MS = 10;
const PRIVATE = 0o600;
const TABLE =
  "CREATE TABLE IF NOT EXISTS client_tokens (client_id TEXT PRIMARY KEY, id_token TEXT, access_token TEXT, refresh_token TEXT)";
// Whoever has stored something else than text there.
const SELECT =
  "SELECT CAST(id_token AS TEXT) AS id_token, CAST(access_token AS TEXT) AS access_token, " +
  "CAST(refresh_token AS TEXT) AS refresh_token FROM client_tokens WHERE client_id = ?";
/** Without a value for these no row can be added. */
const STRANGE =
  "SELECT count(*) AS strange FROM sqlite_master WHERE name = 'client_tokens' COLLATE NOCASE AND (type <> 'table' OR EXISTS " +
  "(SELECT 1 FROM pragma_table_info('client_tokens') AS its WHERE its.\"notnull\" AND its.dflt_value IS NULL " +
  "AND lower(its.name) NOT IN ('client_id', 'id_token', 'access_token', 'refresh_token')))";
const CLIENTS = "SELECT CAST(client_id AS TEXT) AS client_id FROM client_tokens ORDER BY client_id";
const UPDATE = "UPDATE client_tokens SET id_token = ?, access_token = ?, refresh_token = ? WHERE client_id = ?";
const INSERT = "INSERT INTO client_tokens (id_token, access_token, refresh_token, client_id) VALUES (?, ?, ?, ?)";
const DELETE = "DELETE FROM client_tokens WHERE client_id = ?";

export const sameRow = (a: Row | undefined, b: Row | undefined): boolean =>
  a === undefined || b === undefined
    ? a === b
    : a.id_token === b.id_token && a.access_token === b.access_token && a.refresh_token === b.refresh_token;

export class SharedFile {
  constructor(
    readonly path: string,
    private readonly clientId: string,
    private readonly open: OpenConnection,
  ) {}

  /** The row, `undefined` for none. @throws Busy; StorageError */
  read(): Row | undefined {
    if (this.#stat("read") === undefined) return undefined;
    return this.#with("read", (connection) => this.#row(connection));
  }

  /** The clients that have a row. @throws Busy; StorageError */
  clients(): string[] {
    if (this.#stat("read") === undefined) return [];
    return this.#with("read", (connection) => {
      const rows = this.#ofTable(connection, () => connection.prepare(CLIENTS).all()) ?? [];
      return (rows as { client_id: string | null }[]).flatMap(({ client_id: id }) => id ?? []);
    });
  }

  /**
   * Puts `next` in the place of the row, or deletes it, where it still is `expected`; gives whether it was. One transaction: whoever
   * reads, also after a crash, finds the old row or the new one. @throws Busy; StorageError. Then nothing has changed
   */
  swap(expected: Row | undefined, next: Row | undefined): boolean {
    if (this.#stat("written") === undefined) {
      // Nothing is there to be deleted: no file is made for that.
      if (next === undefined) return expected === undefined;
      this.#create();
    }
    return this.#with("written", (connection) => {
      connection.exec("BEGIN IMMEDIATE");
      const isStill = sameRow(this.#row(connection), expected);
      if (isStill && !sameRow(expected, next)) this.#put(connection, next);
      // Closing takes back what was not committed, also where this throws.
      if (isStill) connection.exec("COMMIT");
      return isStill;
    });
  }

  #put(connection: Connection, next: Row | undefined): void {
    if (next === undefined) return void connection.prepare(DELETE).run(this.clientId);
    connection.exec(TABLE);
    const values = [next.id_token, next.access_token, next.refresh_token, this.clientId];
    if (Number(connection.prepare(UPDATE).run(...values).changes) === 0) connection.prepare(INSERT).run(...values);
  }

  #row(connection: Connection): Row | undefined {
    const get = () => connection.prepare(SELECT).get(this.clientId) as Row | null | undefined;
    const row = this.#ofTable(connection, get);
    return row ? { ...row } : undefined;
  }

  /** What `read` finds in our table; `undefined` where there is none. @throws SQLite's error; StorageError (`corrupt`) where the file is another program's */
  #ofTable<T>(connection: Connection, read: () => T): T | undefined {
    const count = (sql: string) => Object.values(connection.prepare(sql).get() as Record<string, number>)[0] ?? 0;
    try {
      // Before anybody signs in for a row that could not be added.
      if (count(STRANGE) > 0) throw foreign(this.path);
      return read();
    } catch (error) {
      const { message } = error as Error;
      if (/no such column/.test(message)) throw foreign(this.path);
      if (!/no such table/.test(message)) throw error;
      // Our table has no place in somebody else's database.
      if (count("SELECT count(*) FROM sqlite_master") > 0) throw foreign(this.path);
      return undefined;
    }
  }

  #with<T>(doing: "read" | "written", work: (connection: Connection) => T): T {
    let connection: Connection | undefined;
    try {
      connection = this.open(this.path);
      connection.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
      return work(connection);
    } catch (error) {
      throw databaseError(error, doing, this.path);
    } finally {
      connection?.close();
    }
  }

  /** @throws StorageError (`permission`) where others can write there, or it is another user's */
  #stat(doing: "read" | "written"): Stats | undefined {
    const stat = statOf(this.path, doing);
    if (stat) requireOwnFile(this.path, stat);
    requireOwnFolders(this.path);
    // Nothing is in it yet: it was made a moment ago, by SQLite and with the modes of the umask.
    if (doing === "written" && stat?.size === 0) ignoringErrors(() => chmodSync(this.path, PRIVATE));
    return stat;
  }

  /** An empty file is an empty database. Its journal gets the same modes. Through a link to nothing it is made where that leads. */
  #create(): void {
    const file = linksOf(this.path).at(-1) ?? this.path;
    try {
      if (file === this.path && !existsSync(dirname(file))) createPrivateDirectory(dirname(file));
      closeSync(openSync(file, "wx", PRIVATE));
      chmodSync(file, PRIVATE);
    } catch (error) {
      // Somebody else has made it at the same moment.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw databaseError(error, "created", this.path);
    }
  }
}

function statOf(path: string, doing: "read" | "written"): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw databaseError(error, doing, path);
  }
}

/** The folder itself, or the nearest one above in which it can be made. Throws for a link to nothing: no folder is made behind it. */
function folderThere(folder: string): string {
  if (existsSync(folder) || dirname(folder) === folder) return folder;
  if (linksOf(folder).length > 1) statSync(folder);
  return folderThere(dirname(folder));
}

/** Why the file takes no write, or cannot be made: SQLite needs its folder too, for the journal. */
export function whyNotWritable(path: string): StorageError | undefined {
  const file = linksOf(path).at(-1) ?? path;
  try {
    if (existsSync(file)) accessSync(file, constants.W_OK);
    accessSync(folderThere(dirname(file)), constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const causeCode = codeOf(error);
    return new StorageError("permission", `The shared database ${path} takes no write (${causeCode}).`, { causeCode });
  }
}
