/** The clients whose sessions are in a shared database, and the issuers of those. */
import { SharedFile } from "./database.js";
import { type Patience, patiently } from "./patience.js";
import { holderOf } from "./row-session.js";
import { loadSqlite } from "./sqlite.js";

export interface SharedClient {
  readonly clientId: string;
  /** As the row's tokens tell it; absent where they cannot be read. */
  readonly issuer: string | undefined;
}

/** In the order of their ids. Rejects with StorageError; ConfigurationError (`configuration`) where there is no SQLite. */
export async function sharedClients(path: string, patience: Patience): Promise<readonly SharedClient[]> {
  const open = await loadSqlite();
  const file = new SharedFile(path, "", open);
  const found: SharedClient[] = [];
  for (const clientId of await patiently(file, patience, () => file.clients())) {
    const row = await patiently(file, patience, () => new SharedFile(path, clientId, open).read());
    // What somebody has signed out of in between is not there any more.
    if (row) found.push({ clientId, issuer: holderOf(row)?.iss });
  }
  return found;
}
