/** Eight programs of ours and two neighbours on one database, whose token has ended. */
import { beforeAll, expect, it } from "vitest";
import { compileForChildren } from "../../support/compile.js";
import { type Desk, useDesk } from "./desk.js";
import type { Neighbour } from "./neighbour.js";
import { type Answer, startProgram } from "./one-token.js";

const setDesk = useDesk();
const OURS = 8;
beforeAll(compileForChildren, 180_000);

/** A program of ours that is loaded and waits. */
async function startOurs(desk: Desk): Promise<() => Promise<Answer>> {
  const ask = await startProgram(desk.options({ interaction: "never" }));
  return () => (ask as NonNullable<typeof ask>)();
}

/** A desk whose row has ended for all, as each of them has read it at its start. */
async function setEndedDesk(options: Parameters<typeof setDesk>[0], programs = OURS) {
  const desk = await setDesk(options);
  const seed = await desk.neighbour();
  const [idToken, , refreshToken] = await desk.tokensOf();
  const claims = { iss: desk.provider.issuer, sub: "alice", iat: 0, exp: 1, aud: "hub_connector_api" };
  await seed.write(
    idToken,
    await desk.provider.signJwt({ ...claims, scope: "openid hub_connector_api" }),
    refreshToken,
  );
  const neighbours = [await desk.neighbour(), await desk.neighbour()];
  const ours = await Promise.all(Array.from({ length: programs }, () => startOurs(desk)));
  return { desk, neighbours, ours };
}

const tokensOf = (answers: readonly Answer[]) => new Set(answers.map(({ token, failed }) => token ?? failed));
const all = (ours: readonly (() => Promise<Answer>)[]) => Promise.all(ours.map((ask) => ask()));
const askNeighbours = (neighbours: readonly Neighbour[]) => Promise.all(neighbours.map((each) => each.token()));

it("MP-01 With a provider that grants a grace period all ten have a token, and ours send one refresh token at the most", {
  timeout: 60_000,
}, async () => {
  const { desk, neighbours, ours } = await setEndedDesk({ reuseGraceSeconds: 10 });
  const before = desk.provider.ledger.count("token", "refresh_token");
  const [answers, theirs] = await Promise.all([all(ours), askNeighbours(neighbours)]);
  for (const { token } of [...answers, ...theirs]) expect(token).toMatch(/^ey/);
  expect(desk.provider.ledger.count("token", "refresh_token") - before).toBeLessThanOrEqual(3);
  expect(desk.provider.sessionAlive()).toBe(true);
});

it("MP-01 Without reuse, what a neighbour has renewed a moment before is what all of ours get: no request of ours ends the session", {
  timeout: 60_000,
}, async () => {
  const { desk, neighbours, ours } = await setEndedDesk({ reuseGraceSeconds: 0 });
  const before = desk.provider.ledger.count("token", "refresh_token");
  const [first, second] = neighbours as [Neighbour, Neighbour];
  const { token } = await first.token();
  expect(tokensOf(await all(ours))).toEqual(new Set([token]));
  expect(await second.token()).toEqual({ token });
  expect(desk.provider.ledger.count("token", "refresh_token") - before).toBe(1);
});

it("MP-01 Without reuse, what ours renew serves the neighbours that ask afterwards", { timeout: 60_000 }, async () => {
  const { desk, neighbours, ours } = await setEndedDesk({ reuseGraceSeconds: 0 });
  const before = desk.provider.ledger.count("token", "refresh_token");
  const tokens = tokensOf(await all(ours));
  expect(tokens.size).toBe(1);
  expect(tokensOf((await askNeighbours(neighbours)) as Answer[])).toEqual(tokens);
  expect(desk.provider.ledger.count("token", "refresh_token") - before).toBe(1);
  expect(desk.provider.sessionAlive()).toBe(true);
});

it("A renewal of ours that a neighbour's comes before, while the metadata are on their way, sends no refresh token", async () => {
  const { desk, neighbours } = await setEndedDesk({ reuseGraceSeconds: 0 }, 0);
  const before = desk.provider.ledger.count("token", "refresh_token");
  let renewed: string | undefined;
  desk.provider.once("discovery", async () => {
    renewed = (await (neighbours[0] as Neighbour).token()).token;
  });
  expect(await desk.client({ interaction: "never" }).getAccessToken()).toBe(renewed);
  expect(desk.provider.ledger.count("token", "refresh_token") - before).toBe(1);
});

it("A refresh token that is refused since a neighbour has just used it ends nothing: what the neighbour stores a moment later is taken", async () => {
  const { desk, neighbours } = await setEndedDesk({ reuseGraceSeconds: 0, strictReuseDetection: false }, 0);
  const neighbour = neighbours[0] as Neighbour;
  const row = await neighbour.read();
  const claims = { iss: desk.provider.issuer, sub: "alice", iat: 1, exp: 4_000_000_000, aud: "hub_connector_api" };
  const theirs = await desk.provider.signJwt({ ...claims, scope: "openid hub_connector_api" });
  desk.provider.once("token", async (exchange) => {
    setTimeout(() => void neighbour.write(row?.[0] ?? null, theirs, "the neighbour's"), 200);
    return exchange.error("invalid_grant");
  });
  const client = desk.client({ interaction: "never" });
  const events: string[] = [];
  client.on("session", ({ reason }) => events.push(reason));
  expect(await client.getAccessToken()).toBe(theirs);
  expect(events).not.toContain("ended");
  expect((await neighbour.read())?.[2]).toBe("the neighbour's");
});
