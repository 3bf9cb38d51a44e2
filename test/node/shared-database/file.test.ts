/** The file: where it is, who may read it, what is wrong with it, and who has it just now. */
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it, vi } from "vitest";
import { SharedFile } from "../../../src/node/shared-database/database.js";
import { Busy } from "../../../src/node/shared-database/database-error.js";
import { loadSqlite } from "../../../src/node/shared-database/sqlite.js";
import { CLIENT, type Desk, useDesk } from "./desk.js";

const setDesk = useDesk();
const open = await loadSqlite();
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const NEVER = { interaction: "never" } as const;
const TABLE =
  "CREATE TABLE client_tokens (client_id TEXT PRIMARY KEY, id_token TEXT, access_token TEXT, refresh_token TEXT";

function makeDatabase({ database }: Desk, sql: string): void {
  mkdirSync(dirname(database), { recursive: true });
  const connection = open(database);
  connection.exec(sql);
  connection.close();
}

it("A new file is 0600 in a folder of 0700, whatever the umask, and is made with the first login", async () => {
  const desk = await setDesk();
  await expect(desk.client(NEVER).getAccessToken()).rejects.toMatchObject({ reason: "no_session" });
  await desk.client().signOut();
  expect(desk.hasDatabase).toBe(false);
  const before = process.umask(0);
  try {
    await desk.client().getAccessToken();
  } finally {
    process.umask(before);
  }
  expect([modeOf(desk.database), modeOf(dirname(desk.database))]).toEqual(["600", "700"]);
  expect(modeOf(join(desk.directory, "tokens"))).toBe("700");
});

it("A neighbour's file keeps its modes, and diagnose() tells that others can read it", async () => {
  const desk = await setDesk();
  const neighbour = await desk.neighbour();
  chmodSync(desk.database, 0o644);
  await neighbour.write(...(await desk.tokensOf()));
  const client = desk.client();
  await client.getAccessToken({ forceRefresh: true });
  expect(modeOf(desk.database)).toBe("644");
  const told = async () => (await client.diagnose()).find(({ check }) => check === "storage");
  expect(await told()).toMatchObject({
    outcome: "warning",
    advice: expect.stringContaining(`chmod 600 ${desk.database}`),
  });
  chmodSync(desk.database, 0o600);
  expect(await told()).toMatchObject({ outcome: "ok", message: expect.stringContaining(desk.database) });
});

it("A file that others can write to is not used, since they could plant a session", async () => {
  const desk = await setDesk();
  await desk.client().getAccessToken();
  chmodSync(desk.database, 0o646);
  await expect(desk.client().getAccessToken()).rejects.toMatchObject({
    code: "storage",
    kind: "permission",
    message: expect.stringContaining("chmod 600"),
  });
  const findings = await desk.client().diagnose();
  expect(findings.find(({ check }) => check === "storage")).toMatchObject({ outcome: "failed" });
});

it.each<[string, (desk: Desk) => void]>([
  ["no database", ({ database }) => writeFileSync(database, "no database ".repeat(100), { mode: 0o600 })],
  ["a damaged database", (desk) => damage(desk)],
  ["another program's database", (desk) => makeDatabase(desk, "CREATE TABLE cookies (name TEXT)")],
  ["a table of other columns", (desk) => makeDatabase(desk, "CREATE TABLE client_tokens (client_id TEXT, value TEXT)")],
  ["a table whose further column needs a value", (desk) => makeDatabase(desk, `${TABLE}, owner TEXT NOT NULL)`)],
  [
    "a view",
    (desk) =>
      makeDatabase(desk, `${TABLE.replace("client_tokens", "rows")}); CREATE VIEW client_tokens AS SELECT * FROM rows`),
  ],
])("What is %s is a StorageError, and stays byte for byte as it is, also after a sign-out", async (_name, make) => {
  const desk = await setDesk();
  mkdirSync(dirname(desk.database), { recursive: true });
  make(desk);
  const before = readFileSync(desk.database);
  const client = desk.client();
  const corrupt = { code: "storage", kind: "corrupt", retryable: false };
  await expect(client.getAccessToken()).rejects.toMatchObject(corrupt);
  await expect(client.getAccessToken()).rejects.toThrow(desk.database);
  const { errors } = await client.signOut();
  expect(errors).toMatchObject([{ code: "storage" }]);
  expect(readFileSync(desk.database).equals(before)).toBe(true);
  expect(desk.logins).toBe(0);
});

it("A rule of another program's table that only a write finds is its table all the same: not retryable, and told", async () => {
  const desk = await setDesk();
  makeDatabase(desk, `${TABLE}, CHECK (length(client_id) > 30))`);
  const client = desk.client({ storageTimeoutSeconds: 0.5 });
  const told: unknown[] = [];
  client.on("storage", ({ error }) => told.push(error));
  await client.getAccessToken();
  const foreign = { code: "storage", kind: "corrupt", retryable: false, causeCode: "SQLITE_CONSTRAINT" };
  expect(told).toMatchObject([foreign]);
  await client.close();
});

it("A table to which the other tools have added columns that need no value is theirs still", async () => {
  const desk = await setDesk();
  makeDatabase(desk, `${TABLE}, note TEXT, version INTEGER NOT NULL DEFAULT 1)`);
  const token = await desk.client().getAccessToken();
  expect(await desk.client(NEVER).getAccessToken()).toBe(token);
  expect((await (await desk.neighbour()).read())?.[1]).toBe(token);
});

function damage(desk: Desk): void {
  makeDatabase(desk, "CREATE TABLE client_tokens (client_id TEXT PRIMARY KEY, id_token, access_token, refresh_token)");
  const bytes = readFileSync(desk.database);
  bytes.fill(0xff, 100, 4000);
  writeFileSync(desk.database, bytes);
}

it("One look at a file that a neighbour has for itself holds up the program for less than 50 ms", async () => {
  const desk = await setDesk();
  await desk.client().getAccessToken();
  const released = await (await desk.neighbour()).hold(2);
  const file = new SharedFile(desk.database, CLIENT, open);
  // A busy machine adds to a look and takes nothing away: the shortest one tells what SQLite itself waits.
  const looks = Array.from({ length: 10 }, () => {
    const began = performance.now();
    expect(() => file.read()).toThrow(Busy);
    return performance.now() - began;
  });
  await released();
  expect(Math.min(...looks)).toBeLessThan(50);
});

it("While a neighbour has the file for itself, a call waits for it, and the program is not held up", async () => {
  const desk = await setDesk();
  const token = await desk.client().getAccessToken();
  const released = await (await desk.neighbour()).hold(2);
  let longest = 0;
  let last = performance.now();
  const look = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  };
  const timer = setInterval(look, 5);
  const began = performance.now();
  expect(await desk.client(NEVER).getAccessToken()).toBe(token);
  const waited = performance.now() - began;
  look();
  clearInterval(timer);
  await released();
  expect(waited).toBeGreaterThan(1000);
  // SQLite's own wait would be the whole of it. What else is late is the busy machine's doing.
  expect(longest).toBeLessThan(waited / 2);
});

it("A file that stays busy is a StorageError after storageTimeoutSeconds, which may be repeated; a login's session is stored later", async () => {
  const desk = await setDesk();
  await desk.client().getAccessToken();
  const neighbour = await desk.neighbour();
  const released = await neighbour.hold(4);
  const busy = { code: "storage", kind: "unavailable", retryable: true, causeCode: "SQLITE_BUSY" };
  await expect(desk.client({ storageTimeoutSeconds: 0.5 }).getAccessToken()).rejects.toMatchObject(busy);
  const client = desk.client({ storageTimeoutSeconds: 0.5 });
  await client.signIn();
  const token = await client.getAccessToken();
  await released();
  await client.close();
  expect((await neighbour.read())?.[1]).toBe(token);
});

it("The environment variable names the file, and ~/ is the home directory", async () => {
  const desk = await setDesk();
  const { sharedDatabase: _path, ...options } = desk.options();
  vi.stubEnv("HOME", desk.directory);
  try {
    vi.stubEnv("CEGAL_KEYSTONE_AUTH_DB", "~/named/by-variable.db");
    await desk.clientOf(options).getAccessToken();
    expect(existsSync(join(desk.directory, "named", "by-variable.db"))).toBe(true);
    vi.stubEnv("CEGAL_KEYSTONE_AUTH_DB", "");
    await desk.clientOf(options).getAccessToken();
    expect(modeOf(join(desk.directory, ".cegal-keystone", "auth.db"))).toBe("600");
  } finally {
    vi.unstubAllEnvs();
  }
});

it("LK-09 Without a home the session is in memory, and one event says so", async () => {
  const desk = await setDesk();
  const { sharedDatabase: _path, ...options } = desk.options();
  vi.stubEnv("HOME", "/");
  try {
    const client = desk.clientOf(options);
    const told: string[] = [];
    client.on("storage", ({ error }) => told.push(error.message));
    await client.getAccessToken();
    expect(told).toEqual([expect.stringContaining("no home directory to find the shared database in")]);
  } finally {
    vi.unstubAllEnvs();
  }
});

it("No warning reaches the terminal", async () => {
  const warned: unknown[] = [];
  const listener = (warning: Error) => warned.push(warning.message);
  process.on("warning", listener);
  try {
    await loadSqlite();
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off("warning", listener);
  }
  expect(warned).toEqual([]);
});
