/** The command's sign-out of a session whose row, or file, could not be written: what is said of it then, and what the other commands see. */
import { chmodSync, chownSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it, type TestContext } from "vitest";
import { loadSqlite } from "../../../src/node/shared-database/sqlite.js";
import { ensureBuilt } from "../../packaging/built-package.js";
import { STRANGER } from "../another-user.js";
import { FILES, runAs, runCommand, SHARED } from "./command.js";
import { CLIENT, type Desk, useDesk } from "./desk.js";

const setDesk = useDesk();
const KEPT = "A stored session is kept.";
beforeAll(ensureBuilt, 60_000);

/** A desk of a stranger, whose command begins the session, or a neighbour. */
async function strangersDesk(context: TestContext): Promise<Desk> {
  if (process.getuid?.() !== 0) context.skip("only root can act as another user");
  const desk = await setDesk();
  chownSync(desk.directory, STRANGER, STRANGER);
  const { code, stderr } = await runAs(desk, STRANGER, ["help"]);
  if (code !== 0) context.skip(`another user cannot read this repository: ${stderr.slice(0, 100)}`);
  writeFileSync(join(desk.directory, "patience.json"), JSON.stringify({ storageTimeoutSeconds: 1 }));
  return desk;
}

const run = (desk: Desk, ...args: string[]) => runAs(desk, STRANGER, [...args, "--config", "patience.json"]);

async function readOnlyRow(context: TestContext, begunBy: "login" | "a neighbour"): Promise<Desk> {
  const desk = await strangersDesk(context);
  if (begunBy === "login") expect((await run(desk, "login", ...SHARED)).code).toBe(0);
  else await (await desk.neighbour()).write(...(await desk.tokensOf()));
  for (const path of [desk.database, dirname(desk.database)]) chownSync(path, STRANGER, STRANGER);
  chmodSync(desk.database, 0o400);
  return desk;
}

describe("logout of a row that takes no write", { timeout: 60_000 }, () => {
  it.for(["login", "a neighbour"] as const)(
    "begun by %s: it is said that the row is left and the tokens are revoked, and nobody is signed in by it",
    async (begunBy, context) => {
      const desk = await readOnlyRow(context, begunBy);
      const { code, stderr } = await run(desk, "logout", ...SHARED);
      expect([code, desk.provider.sessionAlive()]).toEqual([6, false]);
      expect(stderr).toContain("(SQLITE_READONLY)");
      expect(stderr).toContain("The row is left there, marked as ended");
      expect(stderr).toContain("The provider has revoked the tokens.");
      expect(stderr).not.toContain(KEPT);
      const status = await run(desk, "status", "--json", ...SHARED);
      expect([status.code, JSON.parse(status.stdout)]).toMatchObject([
        3,
        { session: { usable: false, subject: null } },
      ]);
      expect((await run(desk, "whoami", ...SHARED)).code).toBe(3);
      expect((await run(desk, "token", "--non-interactive", ...SHARED)).code).toBe(3);
      expect(JSON.parse((await run(desk, "list", "--json", ...SHARED)).stdout)).toMatchObject({ sessions: [] });
      expect((await run(desk, "doctor", ...SHARED)).stdout).toContain("Nobody is signed in.");
    },
  );

  it("logout --json and logout --all say the same", async (context) => {
    const desk = await readOnlyRow(context, "login");
    const { stdout } = await run(desk, "logout", "--all", "--json", ...SHARED);
    const error = { code: "storage", causeCode: "SQLITE_READONLY", sessionKept: false };
    expect(JSON.parse(stdout)).toMatchObject({ sessions: [{ ended: true, revocation: "done", errors: [error] }] });
    expect(JSON.parse((await run(desk, "logout", "--json", ...SHARED)).stdout)).toMatchObject({ errors: [error] });
  });
});

it("logout of a file that cannot be deleted: its mark counts in status and doctor", async (context) => {
  const desk = await strangersDesk(context);
  expect((await run(desk, "login")).code).toBe(0);
  const place = join(desk.directory, FILES);
  const [name = ""] = readdirSync(place).filter((file) => /^s-[0-9a-f]{64}\.json$/.test(file));
  const before = join(place, name);
  // As another program's late write brings it back.
  const content = readFileSync(before);
  expect((await run(desk, "logout")).code).toBe(0);
  writeFileSync(before, content, { mode: 0o600 });
  chownSync(before, STRANGER, STRANGER);
  expect((await run(desk, "status")).code).toBe(3);
  expect((await run(desk, "whoami")).code).toBe(3);
  expect((await run(desk, "doctor")).stdout).toContain("Nobody is signed in.");
});

it("logout in a directory that takes no write says that the session stays, and that its tokens are revoked", async (context) => {
  const desk = await strangersDesk(context);
  expect((await run(desk, "login")).code).toBe(0);
  const place = join(desk.directory, FILES);
  chmodSync(place, 0o500);
  const { code, stderr } = await run(desk, "logout");
  chmodSync(place, 0o700);
  expect([code, desk.provider.sessionAlive()]).toEqual([6, false]);
  expect(stderr).toContain("could neither be deleted nor marked as ended, and stays as it was.");
  expect(stderr).toContain("The provider has revoked the tokens.");
});

describe("logout while another program writes to the database", { timeout: 60_000 }, () => {
  async function held(lock: "IMMEDIATE" | "EXCLUSIVE") {
    const desk = await setDesk();
    expect((await runCommand(desk, "login", ...SHARED)).code).toBe(0);
    writeFileSync(join(desk.directory, "patience.json"), JSON.stringify({ storageTimeoutSeconds: 1 }));
    const other = (await loadSqlite())(desk.database);
    other.exec(`BEGIN ${lock}`);
    const logout = () => runCommand(desk, "logout", "--config", "patience.json", ...SHARED);
    return { desk, other, logout };
  }

  it("is done where the row is freed before it ends: exit code 0, and not a word of a session that is kept", async () => {
    const { desk, other, logout } = await held("IMMEDIATE");
    // The client has given up by then, and tries once more before it closes.
    desk.provider.once("revocation", async (exchange) => {
      other.close();
      return await exchange.next();
    });
    const { code, stderr } = await logout();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "✓ Signed out here. The provider has revoked the tokens.\n" });
    expect(await (await desk.neighbour()).read()).toBeNull();
  });

  it("says that the row is left where it is not freed: exit code 6", async () => {
    const { other, logout } = await held("IMMEDIATE");
    const { code, stderr } = await logout();
    other.close();
    expect(code).toBe(6);
    expect(stderr).toMatch(/another program held it all the time.* The row is left there, marked as ended/);
  });

  it("says that nothing is known of a row that cannot be read, and that no tokens were revoked", async () => {
    const { desk, other, logout } = await held("EXCLUSIVE");
    const { code, stderr } = await logout();
    other.close();
    expect([code, desk.provider.sessionAlive()]).toEqual([6, true]);
    expect(stderr).toContain(
      "Whether the row has gone is not known. Its tokens could not be read, so that they were not revoked.",
    );
    expect(stderr).not.toContain(KEPT);
  });
});

it("logout --all counts what it has left apart from what it has ended", { timeout: 60_000 }, async () => {
  const desk = await setDesk();
  const neighbour = await desk.neighbour();
  await neighbour.write("odd", "odd", "odd");
  expect((await runCommand(desk, "login")).code).toBe(0);
  const { code, stderr } = await runCommand(desk, "logout", "--all", ...SHARED);
  expect(code).toBe(6);
  expect(stderr).toMatch(/! prizm: The row of the client prizm was left as it is\. Its tokens do not tell [^\n]*\n/);
  expect(stderr).toMatch(/\n1 session ended here; 1 left as before\.\n$/);
  const { stdout } = await runCommand(desk, "logout", "--all", "--json", ...SHARED);
  expect(JSON.parse(stdout)).toMatchObject({ sessions: [{ clientId: "prizm", ended: false }] });
});

it("logout --all and list: a database that another program holds hides no file", { timeout: 60_000 }, async () => {
  const desk = await setDesk();
  const neighbour = await desk.neighbour();
  await neighbour.write(...(await desk.tokensOf()));
  expect((await runCommand(desk, "login")).code).toBe(0);
  writeFileSync(join(desk.directory, "patience.json"), JSON.stringify({ storageTimeoutSeconds: 1 }));
  const patient = [...SHARED, "--config", "patience.json"];
  const over = await neighbour.hold(15);
  const listed = await runCommand(desk, "list", "--json", ...patient);
  const ended = await runCommand(desk, "logout", "--all", "--json", ...patient);
  await over();
  expect([listed.code, ended.code]).toEqual([6, 6]);
  expect(JSON.parse(listed.stdout)).toMatchObject({ sessions: [{ storage: "file", clientId: CLIENT }] });
  expect(JSON.parse(ended.stdout)).toMatchObject({
    sessions: [{ storage: "file", ended: true, revocation: "done", errors: [] }],
    errors: [{ code: "storage", exitCode: 6 }],
  });
  expect(await neighbour.read()).not.toBeNull();
  const { code, stderr } = await runCommand(desk, "logout", "--all", ...patient);
  expect([code, stderr]).toEqual([0, expect.stringContaining("1 session ended.")]);
});
