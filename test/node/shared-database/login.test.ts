/** The command's `login` into a database that takes no session: nobody signs in for nothing, and nothing looks like success. */
import { chmodSync, chownSync, existsSync, mkdirSync, rmdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { loadSqlite } from "../../../src/node/shared-database/sqlite.js";
import { ensureBuilt } from "../../packaging/built-package.js";
import { STRANGER } from "../another-user.js";
import { runAs, runCommand, SHARED } from "./command.js";
import { type Desk, useDesk } from "./desk.js";

const setDesk = useDesk();
const open = await loadSqlite();
const TABLE = "client_tokens (client_id TEXT PRIMARY KEY, id_token TEXT, access_token TEXT, refresh_token TEXT";
const logins = (desk: Desk) => desk.provider.ledger.count("authorize");
beforeAll(ensureBuilt, 60_000);

function run({ database }: Desk, sql: string): void {
  const connection = open(database);
  connection.exec(sql);
  connection.close();
}

describe("login --storage shared-database", { timeout: 60_000 }, () => {
  it.each<[string, (desk: Desk) => void, RegExp]>([
    [
      "what is no database",
      ({ database }) => writeFileSync(database, "no database ".repeat(100)),
      /is no usable SQLite/,
    ],
    ["a directory in its place", ({ database }) => mkdirSync(database), /could not be read|CANTOPEN/],
    [
      "another program's table",
      (desk) => run(desk, `CREATE TABLE ${TABLE}, owner TEXT NOT NULL)`),
      /another program's/,
    ],
    [
      "a folder behind a link to nothing",
      ({ database }) => {
        rmdirSync(dirname(database));
        symlinkSync("nowhere/x", dirname(database));
      },
      /takes no write \(ENOENT\)/,
    ],
    [
      "a folder that others can write to",
      ({ database }) => chmodSync(dirname(database), 0o777),
      /Other users can write/,
    ],
  ])("asks nobody to sign in into %s: exit code 6, and why", async (_title, spoil, why) => {
    const desk = await setDesk();
    mkdirSync(dirname(desk.database), { mode: 0o755 });
    spoil(desk);
    const { code, stdout, stderr } = await runCommand(desk, "login", ...SHARED);
    expect({ code, stdout, logins: logins(desk) }).toEqual({ code: 6, stdout: "", logins: 0 });
    expect(stderr).toMatch(why);
    expect(stderr).not.toContain("asks you to sign in");
  });

  it.for([
    ["a file without its write bit", 0o400, 0o755],
    ["a folder without its write bit, which the journal needs", 0o600, 0o500],
    ["a folder without its write bit, and no file", undefined, 0o500],
  ] as const)("asks nobody to sign in into %s", async ([, ofFile, ofFolder], context) => {
    if (process.getuid?.() !== 0) context.skip("only root can act as another user");
    const desk = await setDesk();
    mkdirSync(dirname(desk.database));
    if (ofFile !== undefined) run(desk, `CREATE TABLE ${TABLE})`);
    for (const path of [desk.database, dirname(desk.database), desk.directory])
      if (existsSync(path)) chownSync(path, STRANGER, STRANGER);
    if (ofFile !== undefined) chmodSync(desk.database, ofFile);
    chmodSync(dirname(desk.database), ofFolder);
    if ((await runAs(desk, STRANGER, ["help"])).code !== 0) context.skip("another user cannot read this repository");
    const { code, stderr } = await runAs(desk, STRANGER, ["login", ...SHARED]);
    expect([code, logins(desk)]).toEqual([6, 0]);
    expect(stderr).toContain(
      "No sign-in was begun, since the session could not be stored. The store takes no write (EACCES).",
    );
    const doctor = await runAs(desk, STRANGER, ["doctor", "--json", ...SHARED]);
    expect(doctor.stdout).toContain("takes no write (EACCES)");
  });

  it("ends with 6 where only the write finds out, with --json too", async () => {
    const desk = await setDesk();
    mkdirSync(dirname(desk.database));
    run(desk, `CREATE TABLE ${TABLE}, CHECK (length(client_id) > 30))`);
    writeFileSync(join(desk.directory, "patience.json"), JSON.stringify({ storageTimeoutSeconds: 1 }));
    const { code, stderr } = await runCommand(desk, "login", "--config", "patience.json", ...SHARED);
    expect(code).toBe(6);
    expect(stderr).toMatch(
      /! The session is not stored: it ends with this command\. .* another program's tables are in it/,
    );
    const json = await runCommand(desk, "login", "--json", "--config", "patience.json", ...SHARED);
    expect([json.code, JSON.parse(json.stdout)]).toMatchObject([6, { signedIn: true, stored: false }]);
  });
});
