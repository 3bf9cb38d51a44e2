/** A database that another user owns, or that takes no write. */
import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, expect, it, type TestContext } from "vitest";
import { compileForChildren } from "../../support/compile.js";
import { STRANGER } from "../another-user.js";
import { type Desk, useDesk } from "./desk.js";
import { startProgram } from "./one-token.js";

const setDesk = useDesk();
beforeAll(compileForChildren, 180_000);

/** A row of alice in a database of that user, and a program of a stranger, who owns the directory of the rest. */
async function setRow(context: TestContext, owner: number): Promise<Desk> {
  if (process.getuid?.() !== 0) context.skip("only root can act as another user");
  const desk = await setDesk();
  chmodSync(desk.directory, 0o755);
  await (await desk.neighbour()).write(...(await desk.tokensOf()));
  const tokens = join(desk.directory, "tokens");
  mkdirSync(tokens);
  chownSync(tokens, STRANGER, STRANGER);
  for (const path of [desk.database, dirname(desk.database)]) chownSync(path, owner, owner);
  return desk;
}

async function askAsStranger(desk: Desk, context: TestContext, call = {}) {
  const ask = await startProgram(desk.options({ interaction: "never" }), STRANGER);
  return await (ask ?? context.skip("another user cannot read this repository"))(call);
}

it("LK-10 A database of another user is not used, and the error says whose it is", async (context) => {
  const desk = await setRow(context, 0);
  chmodSync(desk.database, 0o644);
  const { failed } = await askAsStranger(desk, context);
  expect(failed).toContain(`belongs to another user (uid 0, not ${STRANGER})`);
});

it("LK-11 Where the database takes no write its token is given, and no refresh token that serves once is sent", async (context) => {
  const desk = await setRow(context, STRANGER);
  const before = desk.provider.ledger.count("token", "refresh_token");
  const row = await (await desk.neighbour()).read();
  chmodSync(desk.database, 0o444);
  chmodSync(dirname(desk.database), 0o555);
  expect(await askAsStranger(desk, context)).toEqual({ token: row?.[1] });
  const { failed } = await askAsStranger(desk, context, { forceRefresh: true });
  expect(failed).toMatch(/was not refreshed: its refresh token serves once, and the store takes no write \(EACCES\)/);
  expect(desk.provider.ledger.count("token", "refresh_token")).toBe(before);
});
