/** `import --from-shared-database`: the session of a row becomes the command's own, and no refresh token is left with two owners. */
import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import type { Renewed } from "../../../src/cli/import/session-import.js";
import { SharedRow } from "../../../src/cli/import/shared-row.js";
import { readNodeOptions } from "../../../src/node/options.js";
import { ensureBuilt } from "../../packaging/built-package.js";
import { secretsIn } from "../../support/secrets-in.js";
import { FILES, runCommand } from "./command.js";
import { type Desk, useDesk } from "./desk.js";
import type { Neighbour, RowTexts } from "./neighbour.js";

const setDesk = useDesk();
const LONG = { timeout: 60_000 };
beforeAll(ensureBuilt, 60_000);

async function signedIn(options: Parameters<typeof setDesk>[0] = {}): Promise<{ desk: Desk; neighbour: Neighbour }> {
  const desk = await setDesk({ reuseGraceSeconds: 0, ...options });
  const neighbour = await desk.neighbour();
  await neighbour.write(...(await desk.tokensOf()));
  return { desk, neighbour };
}

const importRow = (desk: Desk, ...more: string[]) => runCommand(desk, "import", "--from-shared-database", ...more);
const sessions = (desk: Desk) =>
  readdirSync(join(desk.directory, FILES)).filter((name) => /^s-[0-9a-f]{64}\.json$/.test(name));

it(
  "takes a refresh token that serves once out of the row: the neighbours sign in anew, and end nothing",
  LONG,
  async () => {
    const { desk, neighbour } = await signedIn();
    const { code, stdout, stderr } = await importRow(desk, "--json");
    expect(code).toBe(0);
    const expiresAt = expect.stringMatching(/Z$/) as string;
    expect(JSON.parse(stdout)).toEqual({ imported: true, subject: "alice", expiresAt, renewable: true, taken: true });
    const notice = `The refresh token serves once and is taken out of ${desk.database}: the programs that share it sign in anew.`;
    expect(JSON.parse(stderr)).toEqual({ notice: expect.stringContaining(notice) as string });
    expect((await neighbour.read())?.[2]).toBeNull();
    // One that knows the row of before, and one that has just started.
    await neighbour.empty();
    expect(await (await desk.neighbour()).token()).toEqual({ login: true });
    const next = await runCommand(desk, "token", "--force-refresh", "--non-interactive");
    expect(next).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ey/) });
    expect(desk.provider.sessionAlive()).toBe(true);
    expect(secretsIn(stdout + stderr, desk.provider.secrets())).toEqual([]);
  },
);

it(
  "a client of ours that knows the refresh token from before sends it no more, also where a neighbour has written since",
  LONG,
  async () => {
    const { desk, neighbour } = await signedIn();
    const client = desk.client({ interaction: "never", storageDirectory: join(desk.directory, FILES) });
    await client.getAccessToken();
    expect((await importRow(desk)).code).toBe(0);
    await neighbour.empty();
    await expect(client.getAccessToken({ forceRefresh: true })).rejects.toMatchObject({ code: "login_required" });
    expect(desk.provider.sessionAlive()).toBe(true);
  },
);

it("leaves a refresh token that serves again in the row: both go on", LONG, async () => {
  const { desk, neighbour } = await signedIn({ rotateRefreshTokens: false });
  expect(JSON.parse((await importRow(desk, "--json")).stdout)).toMatchObject({ imported: true, taken: false });
  const { stderr } = await importRow(desk);
  expect(stderr).toContain(`is imported. It stays in ${desk.database}, too: its refresh token serves again.\n`);
  await neighbour.empty();
  expect((await neighbour.token()).token).toMatch(/^ey/);
  expect((await runCommand(desk, "token", "--force-refresh", "--non-interactive")).code).toBe(0);
});

it("loses nothing where the session cannot be stored: the row holds what the provider has granted", LONG, async () => {
  const { desk, neighbour } = await signedIn();
  const before = await neighbour.read();
  desk.provider.once("token", async (exchange) => {
    const answer = await exchange.next();
    chmodSync(join(desk.directory, FILES), 0o777);
    return answer;
  });
  const config = join(desk.directory, "patience.json");
  writeFileSync(config, JSON.stringify({ storageTimeoutSeconds: 2 }));
  const { code, stderr } = await importRow(desk, "--config", config);
  expect(code).toBe(6);
  expect(stderr).toContain(`It is in ${desk.database} for all who share that: nothing is lost.`);
  const row = await neighbour.read();
  expect([typeof row?.[2], row?.[2] === before?.[2]]).toEqual(["string", false]);
  await neighbour.empty();
  expect((await neighbour.token()).token).toMatch(/^ey/);
  expect(desk.provider.sessionAlive()).toBe(true);
});

it("takes what a neighbour has renewed in between, and not what that has used up", LONG, async () => {
  const { desk, neighbour } = await signedIn();
  const config = readNodeOptions({ ...desk.wanted, storageDirectory: join(desk.directory, FILES) }, {});
  const row = new SharedRow(config, desk.database);
  const kept: Renewed[] = [];
  await row.handOver(new AbortController().signal, async (renewed) => {
    kept.push(renewed);
    if (kept.length > 1) return;
    await neighbour.empty();
    await (await desk.neighbour()).token();
  });
  const [first, second] = kept.map(({ record }) => record.refreshToken);
  expect(kept).toHaveLength(2);
  expect(first).not.toBe(second);
  expect([row.isTaken, (await neighbour.read())?.[2]]).toEqual([true, null]);
  expect(desk.provider.sessionAlive(second)).toBe(true);
  expect(desk.provider.ledger.postsOfRefreshToken.get(second ?? "")).toBeUndefined();
});

it(
  "says that there is nothing to import: no row, one of another provider, one without a refresh token",
  LONG,
  async () => {
    const desk = await setDesk();
    const neighbour = await desk.neighbour();
    const [idToken, accessToken] = await desk.tokensOf();
    const rows: (RowTexts | null)[] = [null, [idToken, accessToken, null], ["odd", "odd", "odd"]];
    for (const row of rows) {
      if (row) await neighbour.write(...row);
      const { code, stderr } = await importRow(desk);
      expect(code).toBe(3);
      expect(stderr).toContain(`The shared database ${desk.database} holds no session of the client prizm at`);
      expect(sessions(desk)).toEqual([]);
    }
    expect((await importRow(desk, "--storage", "shared-database")).code).toBe(2);
  },
);
