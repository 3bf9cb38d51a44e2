/** `import --from-shared-database` that comes to nothing: the row is the other tools' too, and stays as it was. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt } from "../../packaging/built-package.js";
import { FILES, runCommand } from "./command.js";
import { type Desk, useDesk } from "./desk.js";
import type { Neighbour, RowTexts } from "./neighbour.js";

const setDesk = useDesk();
beforeAll(ensureBuilt, 60_000);

async function signedIn(): Promise<{ desk: Desk; neighbour: Neighbour; row: RowTexts }> {
  const desk = await setDesk({ reuseGraceSeconds: 0 });
  const neighbour = await desk.neighbour();
  const row = await desk.tokensOf();
  await neighbour.write(...row);
  return { desk, neighbour, row };
}

const importRow = (desk: Desk, ...more: string[]) => runCommand(desk, "import", "--from-shared-database", ...more);
const sessions = (desk: Desk) =>
  readdirSync(join(desk.directory, FILES)).filter((name) => /^s-[0-9a-f]{64}\.json$/.test(name));

describe("import --from-shared-database", { timeout: 60_000 }, () => {
  it("leaves the row whose refresh token the provider refuses, and its access token serves the others: exit code 4", async () => {
    const { desk, neighbour, row } = await signedIn();
    desk.provider.killSession();
    const { code, stdout, stderr } = await importRow(desk, "--verbose");
    expect([code, stdout]).toEqual([4, ""]);
    expect(stderr).toContain(`The provider takes the refresh token in ${desk.database} not, or no more`);
    expect(stderr).toContain(`The session in ${desk.database} stays as it is`);
    expect(stderr).toMatch(/keystone-auth: POST \S+: status 400$/m);
    expect(stderr).not.toMatch(/deleted|ended: |taken out|session event/);
    expect(await neighbour.read()).toEqual(row);
    expect(await neighbour.token()).toEqual({ token: row[1] });
    expect((await runCommand(desk, "token", "--non-interactive", "--storage", "shared-database")).code).toBe(0);
    expect(sessions(desk)).toEqual([]);
  });

  it("leaves the row where the answer speaks of another person: exit code 7", async () => {
    const { desk, neighbour, row } = await signedIn();
    desk.provider.settings.editIdToken = (claims) => void (claims["sub"] = "mallory");
    const { code, stderr } = await importRow(desk);
    expect(code).toBe(7);
    expect(stderr).toContain(`Nothing was imported. The session in ${desk.database} stays as it is`);
    expect(stderr).not.toContain("The session here is gone");
    expect((await neighbour.read())?.slice(0, 2)).toEqual(row.slice(0, 2));
  });

  it("leaves the row where no answer comes, and says that its refresh token may be used up: exit code 5", async () => {
    const { desk, neighbour, row } = await signedIn();
    desk.provider.once("token", async (exchange) => {
      await exchange.next();
      return exchange.reset();
    });
    const { code, stderr } = await importRow(desk);
    expect(code).toBe(5);
    expect(stderr).toContain("Its refresh token may be used up all the same");
    expect(stderr).not.toContain("taken out");
    expect(await neighbour.read()).toEqual(row);
  });

  it("says nothing of a token that is taken out where none is: no database, no row, a provider in trouble", async () => {
    const desk = await setDesk({ reuseGraceSeconds: 0 });
    const spoken: string[] = [(await importRow(desk)).stderr];
    const neighbour = await desk.neighbour();
    spoken.push((await importRow(desk)).stderr);
    await neighbour.write(...(await desk.tokensOf()));
    desk.provider.on("token", async () => ({ status: 503 }));
    const failed = await importRow(desk, "--json");
    expect([failed.code, JSON.parse(failed.stderr)]).toMatchObject([
      5,
      { error: { code: "network", sessionKept: true } },
    ]);
    expect([...spoken, failed.stderr].join("")).not.toContain("taken out");
  });

  it("takes no row that a sign-out has ended and could not delete", async () => {
    const { desk, neighbour, row } = await signedIn();
    const shared = ["--storage", "shared-database"];
    expect((await runCommand(desk, "logout", "--local", ...shared)).code).toBe(0);
    await neighbour.write(...row);
    const { code, stderr } = await importRow(desk);
    expect([code, sessions(desk)]).toEqual([3, []]);
    expect(stderr).toContain("holds no session of the client prizm");
  });
});
