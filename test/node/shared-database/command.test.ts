/** One login for the command and the Python tools: `--storage shared-database`, `list`, `whoami`, `status`, `logout --all`. */
import { beforeAll, expect, it } from "vitest";
import { ensureBuilt } from "../../packaging/built-package.js";
import { secretsIn } from "../../support/secrets-in.js";
import { runCommand, SHARED } from "./command.js";
import { useDesk } from "./desk.js";

const setDesk = useDesk();
const LONG = { timeout: 60_000 };
beforeAll(ensureBuilt, 60_000);

it("token gives what a neighbour has signed in for, without a login", LONG, async () => {
  const desk = await setDesk();
  const neighbour = await desk.neighbour();
  const row = await desk.tokensOf();
  await neighbour.write(...row);
  const logins = desk.provider.ledger.count("authorize");
  const { code, stdout, stderr } = await runCommand(desk, "token", ...SHARED);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${row[1]}\n`, stderr: "" });
  expect(desk.provider.ledger.count("authorize")).toBe(logins);
});

it("a neighbour has what login has begun, without a login, and neither loses what the other renews", LONG, async () => {
  const desk = await setDesk({ reuseGraceSeconds: 0 });
  expect((await runCommand(desk, "login", ...SHARED)).code).toBe(0);
  const neighbour = await desk.neighbour();
  const { stdout } = await runCommand(desk, "token", ...SHARED);
  expect(`${(await neighbour.token()).token}\n`).toBe(stdout);
  const renewed = await runCommand(desk, "token", "--force-refresh", ...SHARED);
  await neighbour.empty();
  const theirs = await (await desk.neighbour()).token();
  expect(theirs.token).toMatch(/^ey/);
  expect([renewed.stdout, `${theirs.token}\n`]).not.toContain(stdout);
  expect((await runCommand(desk, "token", ...SHARED)).stdout).toBe(`${theirs.token}\n`);
  expect(desk.provider.sessionAlive()).toBe(true);
});

it("list, whoami --json and status tell what the row's tokens say, and no token", LONG, async () => {
  const desk = await setDesk({ editAccessToken: (claims) => void (claims["edition"] = "pro") });
  const neighbour = await desk.neighbour();
  await neighbour.write(...(await desk.tokensOf()));
  const facts = {
    issuer: desk.provider.issuer,
    clientId: "prizm",
    subject: "alice",
    audiences: ["hub_connector_api"],
    renewable: true,
    accessTokenClaims: expect.objectContaining({ edition: "pro", aud: "hub_connector_api" }) as object,
    expiresAt: expect.stringMatching(/^\d{4}-/) as string,
  };
  const whoami = await runCommand(desk, "whoami", "--json", ...SHARED);
  expect(JSON.parse(whoami.stdout)).toMatchObject({ ...facts, scopes: expect.arrayContaining(["hub_connector_api"]) });
  const list = await runCommand(desk, "list", "--json", "--shared-database", desk.database);
  const stored = { ...facts, storage: "shared-database", file: null, problem: null };
  expect(JSON.parse(list.stdout)).toMatchObject({ sharedDatabase: desk.database, sessions: [stored] });
  const text = await runCommand(desk, "list", ...SHARED);
  expect(text.stdout).toMatch(/^alice\nissuer [^]*stored    in the shared database\n$/);
  expect((await runCommand(desk, "list")).stderr).toMatch(/^No session is stored in /);
  const status = await runCommand(desk, "status", ...SHARED);
  expect(status.stdout).toMatch(
    new RegExp(`^sharedDatabase +${desk.database} +\\(variable CEGAL_KEYSTONE_AUTH_DB\\)$`, "m"),
  );
  expect(status.stdout).not.toMatch(/^storageDirectory/m);
  const all = [whoami, list, text, status].map(({ stdout, stderr }) => stdout + stderr).join("");
  expect(secretsIn(all, desk.provider.secrets())).toEqual([]);
});

it("logout --all covers the database where it is named, and leaves a row that it cannot read", LONG, async () => {
  const desk = await setDesk();
  const neighbour = await desk.neighbour();
  await neighbour.write(...(await desk.tokensOf()));
  expect((await runCommand(desk, "logout", "--all")).code).toBe(0);
  expect(await neighbour.read()).not.toBeNull();
  const ended = await runCommand(desk, "logout", "--all", "--json", ...SHARED);
  expect(ended.code).toBe(0);
  expect(JSON.parse(ended.stdout)).toMatchObject({ sessions: [{ clientId: "prizm", revocation: "done", errors: [] }] });
  expect([await neighbour.read(), desk.provider.sessionAlive()]).toEqual([null, false]);
  await neighbour.write("odd", "odd", "odd");
  const left = await runCommand(desk, "logout", "--all", ...SHARED);
  expect(left.code).toBe(6);
  expect(left.stderr).toContain(
    "The row of the client prizm was left as it is. Its tokens do not tell whose session it is.",
  );
  expect(await neighbour.read()).toEqual(["odd", "odd", "odd"]);
});
