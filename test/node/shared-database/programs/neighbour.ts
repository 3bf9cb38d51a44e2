/** The neighbour of `neighbour.py` by the same statements, for machines without Python. Arguments, input and output are the same. */
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { loadSqlite } from "../../../../src/node/shared-database/sqlite.js";

type Row = readonly [idToken: string | null, accessToken: string | null, refreshToken: string | null];

const [path = "", clientId = "", tokenEndpoint = ""] = process.argv.slice(2);
const open = await loadSqlite();
const TABLE =
  "CREATE TABLE IF NOT EXISTS client_tokens (client_id TEXT PRIMARY KEY, id_token TEXT, access_token TEXT, refresh_token TEXT)";

function connected<T>(work: (connection: ReturnType<typeof open>) => T): T {
  const connection = open(path);
  try {
    connection.exec("PRAGMA busy_timeout = 5000");
    return work(connection);
  } finally {
    connection.close();
  }
}

const read = () =>
  connected((connection): Row | undefined => {
    connection.exec(TABLE);
    const row = connection.prepare("SELECT * FROM client_tokens WHERE client_id = ?").get(clientId) as
      | Record<string, string | null>
      | undefined;
    return row && [row["id_token"] ?? null, row["access_token"] ?? null, row["refresh_token"] ?? null];
  });

/** One transaction: UPDATE, then INSERT OR IGNORE. */
const write = (...row: Row) =>
  connected((connection) => {
    connection.exec("BEGIN");
    const columns = "id_token = ?, access_token = ?, refresh_token = ?";
    connection.prepare(`UPDATE client_tokens SET ${columns} WHERE client_id = ?`).run(...row, clientId);
    const insert =
      "INSERT OR IGNORE INTO client_tokens (id_token, access_token, refresh_token, client_id) VALUES (?, ?, ?, ?)";
    connection.prepare(insert).run(...row, clientId);
    connection.exec("COMMIT");
  });

const change = (sql: string) => connected((connection) => void connection.prepare(sql).run(clientId));
const empty = () => change("UPDATE client_tokens SET access_token = '' WHERE client_id = ?");
const remove = () => change("DELETE FROM client_tokens WHERE client_id = ?");

/** Nobody reads or writes meanwhile. */
async function hold(seconds: number): Promise<void> {
  const connection = open(path);
  connection.exec("BEGIN EXCLUSIVE");
  console.log("held");
  await sleep(seconds * 1000);
  connection.exec("COMMIT");
  connection.close();
}

function isGood(row: Row | undefined): row is Row {
  if (!row?.[0] || !row[1] || !row[2]) return false;
  const claims = JSON.parse(Buffer.from(row[1].split(".")[1] ?? "", "base64url").toString()) as { exp: number };
  return claims.exp > Date.now() / 1000;
}

async function renew(row: Row): Promise<Row> {
  const form = { grant_type: "refresh_token", client_id: clientId, refresh_token: row[2] ?? "" };
  const response = await fetch(tokenEndpoint, { method: "POST", body: new URLSearchParams(form) });
  if (!response.ok) throw new Error(`HTTP Error ${response.status}`);
  const answer = (await response.json()) as Record<string, string>;
  return [answer["id_token"] ?? null, answer["access_token"] ?? null, answer["refresh_token"] ?? null];
}

let known = read();

/** As the Python tools do: the row of the start, else the row of now, else a renewal without a lock; any fault deletes the row. */
async function getToken(): Promise<object> {
  if (!isGood(known)) known = read();
  if (!isGood(known)) {
    if (!known?.[0] || !known[2]) return { login: true };
    try {
      known = await renew(known);
    } catch (fault) {
      remove();
      return { fault: (fault as Error).message };
    }
    write(...known);
  }
  return { token: known[1] };
}

console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [order, ...values] = JSON.parse(line) as [string, ...unknown[]];
  const orders: Record<string, () => unknown> = {
    token: getToken,
    write: () => write(...(values as unknown as Row)),
    empty,
    delete: remove,
    hold: () => hold(values[0] as number),
    read,
  };
  console.log(JSON.stringify((await orders[order]?.()) ?? null));
}
