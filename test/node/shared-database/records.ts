/** The records of a shared database in the words of a test, and any value in a row: as a claim of its access token. */
import { join } from "node:path";
import { systemClock } from "../../../src/clock.js";
import { openFileLock } from "../../../src/node/files/lock.js";
import { createPrivateDirectory } from "../../../src/node/files/private-directory.js";
import { openFileStore } from "../../../src/node/files/store.js";
import { SharedFile } from "../../../src/node/shared-database/database.js";
import { loadSqlite, type OpenConnection } from "../../../src/node/shared-database/sqlite.js";
import { SharedRecords } from "../../../src/node/shared-database/store.js";
import { watchRow } from "../../../src/node/shared-database/watch.js";
import type { RecordStore, StoreWatch } from "../../../src/ports.js";
import { accessTokenOf, type SessionRecord } from "../../../src/token-set.js";

const sqlite = await loadSqlite();
const unexpected = (error: Error): never => {
  throw error;
};

export const WANTED = { issuer: "https://id.example", clientId: "prizm", scopes: ["openid"], audiences: [] };

export interface Opened {
  readonly file: SharedFile;
  readonly store: RecordStore;
  readonly watch: StoreWatch;
}

/** The row of a client, whose record has its name, in `auth.db` of the directory. */
export function openRow(
  directory: string,
  clientId: string,
  timeoutMs = 10_000,
  open: OpenConnection = sqlite,
): Opened {
  const file = new SharedFile(join(directory, "shared", "auth.db"), clientId, open);
  const beside = { directory: join(directory, "tokens"), clock: systemClock, onTrouble: unexpected };
  const files = openFileStore({ ...beside, timeoutMs });
  const store = new SharedRecords({
    key: clientId,
    session: "s-test",
    wanted: { ...WANTED, clientId },
    file,
    beside: files.store,
    prepare: () => createPrivateDirectory(beside.directory),
    lock: openFileLock({ ...beside, outlastsDead: true }),
    clock: systemClock,
    timeoutMs,
  });
  return { file, store, watch: watchRow(file, files.watch(clientId), systemClock) };
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token that nobody has signed: its content tells what is in the row. */
export const jwt = (claims: object) =>
  `${encoded({ alg: "RS256" })}.${encoded(claims)}.c2lnbmF0dXJl${encoded(claims).slice(-60)}`;

/** A session of `clientId`, whose access token carries the value. */
export function sessionWith(value: unknown, clientId: string, id = "an id"): SessionRecord {
  const claims = { iss: WANTED.issuer, sub: "alice", exp: 4_000_000_000, iat: 1_700_000_000, value };
  const times = { obtainedAt: 1_700_000_000_000, expiresAt: 4_000_000_000_000 };
  const token = { token: jwt(claims), tokenType: "Bearer", ...times, scopes: ["openid"], audiences: [] };
  return {
    version: 1,
    id,
    issuer: WANTED.issuer,
    clientId,
    subject: "alice",
    refreshToken: "a refresh token",
    accessTokens: { default: token },
  };
}

export function valueIn(record: unknown): unknown {
  const token = accessTokenOf(record as SessionRecord | undefined)?.token;
  if (token === undefined) return undefined;
  const { value } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { value: unknown };
  return value;
}

/** A store of any values under any names: each name is the client of a row. Marks are kept as they are. */
export function valuesIn(directory: string): RecordStore {
  const rows = new Map<string, Opened>();
  const of = (name: string) => {
    const key = name.replace(/\.out$/, "");
    const row = rows.get(key) ?? openRow(directory, key);
    rows.set(key, row);
    return { store: row.store, isMark: key !== name };
  };
  return {
    read: async (name) => {
      const { store, isMark } = of(name);
      const found = await store.read(name);
      return isMark ? found : valueIn(found);
    },
    update: async (name, change) =>
      await of(name).store.update(name, (current) => {
        const answer = change(valueIn(current));
        return answer && "value" in answer ? { value: sessionWith(answer.value, name) } : answer;
      }),
    put: async (name, value) => await of(name).store.put(name, value),
    delete: async (name) => await of(name).store.delete(name),
  };
}
