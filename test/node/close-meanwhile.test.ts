/** Calls that run when `close()` comes, and calls that come in the same moment. */
import { expect, test } from "vitest";
import type { OidcClient } from "../../src/node/index.js";
import { startWorld } from "../hostile/world.js";

const calls: [string, (client: OidcClient) => Promise<unknown>][] = [
  ["getAccessToken", (client) => client.getAccessToken()],
  ["getAccessToken with a forced renewal", (client) => client.getAccessToken({ forceRefresh: true })],
  ["getTokenSet", (client) => client.getTokenSet({ forceRefresh: true })],
  ["getIdTokenClaims", (client) => client.getIdTokenClaims()],
  ["signIn", (client) => client.signIn()],
  ["handleFrontchannelLogout", (client) => client.handleFrontchannelLogout("https://app.example/?iss=x&sid=y")],
  ["destroyAccessToken", (client) => client.destroyAccessToken()],
  ["close", (client) => client.close()],
];

test.each(calls)(
  "%s and close() in one tick: its result or AbortedError, and the session stays",
  async (_title, call) => {
    const world = await startWorld();
    await world.signIn();
    const client = world.client();
    const before = call(client).catch((error: unknown) => error);
    const closing = client.close();
    const after = call(client).catch((error: unknown) => error);
    await closing;
    for (const outcome of [await before, await after]) {
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: "aborted", sessionKept: true });
    }
    await world.client({ interaction: "never" }).getAccessToken({ forceRefresh: true });
  },
);

test.each(calls.slice(0, -1))("%s after close() began is AbortedError, and asks nobody", async (_title, call) => {
  const world = await startWorld();
  await world.signIn();
  const client = world.client();
  const closing = client.close();
  const failure = world.failure(call(client));
  await closing;
  expect(await failure).toMatchObject({ code: "aborted", sessionKept: true });
  expect(world.provider.requests).toEqual([]);
});

test.each<[string, (client: OidcClient) => Promise<unknown>]>([
  ["signOut", (client) => client.signOut()],
  ["destroyTokens", (client) => client.destroyTokens()],
])("%s that runs when close() comes ends the session all the same", async (_title, call) => {
  const world = await startWorld();
  await world.signIn();
  const client = world.client();
  const ending = call(client);
  await client.close();
  await ending;
  expect(world.stored()).toEqual({});
});

test("SE-26 close() waits for the requests of a sign-out, as long as a request may take", async () => {
  const world = await startWorld();
  await world.signIn();
  world.provider.on("revocation", (exchange) => exchange.hang());
  const client = world.client({ requestTimeoutSeconds: 0.5 });
  const ending = client.signOut();
  await world.provider.ledger.waitFor("revocation");
  await client.close();
  expect(await ending).toMatchObject({ revocation: "failed", errors: [{ code: "timeout", sessionKept: false }] });
  expect(world.stored()).toEqual({});
});

test("ready resolves after close(), and asks nobody", async () => {
  const world = await startWorld();
  const client = world.client();
  await client.close();
  await client.ready;
  expect(world.provider.requests).toEqual([]);
});

test.each([[null], ["now"], [{ signal: null }], [{ signal: {} }]])(
  "signOut(%j) is ConfigurationError, and the session stays",
  async (options) => {
    const world = await startWorld();
    await world.signIn();
    const client = world.client();
    const call = client.signOut(options as unknown as { local: true });
    expect(await world.failure(call)).toMatchObject({ code: "configuration", sessionKept: true });
    await client.getAccessToken({ interaction: "never" });
  },
);
