/** The sessions of a shared database, one a client, as its rows hold them: nothing is written or renewed. */
import { systemClock } from "../clock.js";
import { isKeystoneAuthError, StorageError } from "../errors.js";
import { readLiveRecord } from "../node/live-record.js";
import { readNodeOptions } from "../node/options.js";
import { type SharedClient, sharedClients } from "../node/shared-database/clients.js";
import type { SessionFile } from "./session-files.js";
import { openDatabase } from "./stored-session.js";

interface Where {
  readonly sharedDatabase: string;
  readonly storageDirectory: string;
  readonly storageTimeoutSeconds: number;
}

/** In the order of the client ids. @throws StorageError (`storage`) where the database cannot be used */
export async function readSharedSessions(where: Where): Promise<readonly SessionFile[]> {
  const patience = { clock: systemClock, timeoutMs: where.storageTimeoutSeconds * 1000 };
  const found: SessionFile[] = [];
  for (const client of await sharedClients(where.sharedDatabase, patience)) {
    const session = await readSession(client, where).catch(problemOf);
    if (session) found.push({ name: client.clientId, storage: "shared-database", ...session });
  }
  return found;
}

/** `undefined` where its row has gone, or a sign-out has ended it. */
async function readSession({ clientId, issuer }: SharedClient, where: Where) {
  if (issuer === undefined) return { problem: "Its tokens do not tell whose session it is." };
  const allowInsecureLoopback = issuer.startsWith("http:");
  const options = { ...where, issuer, clientId, allowInsecureLoopback, storage: "shared-database" } as const;
  const config = readNodeOptions(options, process.env);
  const opened = await openDatabase(config);
  if (opened instanceof StorageError) throw opened;
  const record = await readLiveRecord(opened, config);
  if (record instanceof StorageError) return { problem: record.message };
  return record === undefined || record === "ended" ? undefined : { record };
}

function problemOf(error: unknown): Pick<SessionFile, "problem"> {
  return { problem: isKeystoneAuthError(error) ? error.message : "It cannot be read." };
}
