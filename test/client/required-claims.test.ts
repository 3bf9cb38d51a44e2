/** `requiredClaims`: a licence as a claim. The token is renewed for it, nobody is asked to sign in, and the session waits. */
import { expect, test } from "vitest";
import { startWorld } from "../hostile/world.js";
import { lacks, licensed, never, passes, unlicensed } from "./unlicensed.js";

test("100 calls whose claim is missing: one request, no login, the session is kept, and the error names what is missing", async () => {
  const { world, provider } = await unlicensed();
  const opened = world.opened();
  const client = world.client(licensed);
  for (let call = 0; call < 50; call += 1) expect(await world.failure(client.getAccessToken())).toMatchObject(lacks);
  const together = Array.from({ length: 50 }, () => world.failure(client.getTokenSet()));
  for (const error of await Promise.all(together)) expect(error).toMatchObject(lacks);
  expect(provider.ledger.count("token")).toBe(1);
  expect(world.opened()).toBe(opened);
  const { message } = await world.failure(client.getUserInfo());
  for (const part of ['"edition"', '"pro"', "requiredClaims", "Ask", "at most every 30 s", "session is kept"])
    expect(message).toContain(part);
  expect(client.session).toMatchObject({ status: "signed_in", subject: "alice" });
  expect(await client.getIdTokenClaims()).toMatchObject({ sub: "alice" });
});

test("100 calls at once from an empty memory: one request", async () => {
  const { world, provider } = await unlicensed();
  const client = world.client(licensed);
  const calls = Array.from({ length: 100 }, () => world.failure(client.getAccessToken()));
  for (const error of await Promise.all(calls)) expect(error).toMatchObject(lacks);
  expect(provider.ledger.count("token")).toBe(1);
});

test("several clients at once: what one has renewed the others look at, and send nothing", async () => {
  const { world, provider } = await unlicensed();
  const clients = Array.from({ length: 4 }, () => world.client(licensed));
  for (const error of await Promise.all(clients.map((one) => world.failure(one.getAccessToken()))))
    expect(error).toMatchObject(lacks);
  expect(provider.ledger.count("token")).toBe(1);
});

test("a neighbour's renewal counts: who has seen it sends nothing", async () => {
  const { world, provider } = await unlicensed();
  const [one, other] = [world.client(licensed), world.client(licensed)];
  await world.failure(one.getAccessToken());
  const end = passes(31);
  await world.failure(one.getAccessToken());
  await world.failure(other.getAccessToken());
  end();
  expect(provider.ledger.count("token")).toBe(3);
  const later = passes(62);
  await world.failure(one.getAccessToken());
  expect(await world.failure(other.getAccessToken())).toMatchObject(lacks);
  later();
  expect(provider.ledger.count("token")).toBe(4);
});

test("a licence that was granted since is found by the first call, and the token is given from memory then", async () => {
  const { world, provider, grant } = await unlicensed();
  const client = world.client(licensed);
  grant();
  const token = await client.getAccessToken();
  expect(await client.getAccessToken()).toBe(token);
  expect(provider.ledger.count("token")).toBe(1);
});

test("one that is granted later is found 30 s after the last look, and not before; forceRefresh looks at once", async () => {
  const { world, provider, grant } = await unlicensed();
  const [client, other] = [world.client(licensed), world.client(licensed)];
  await Promise.all([client, other].map((one) => world.failure(one.getAccessToken())));
  grant();
  const before = passes(29);
  expect(await world.failure(client.getAccessToken())).toMatchObject(lacks);
  before();
  expect(provider.ledger.count("token")).toBe(1);
  const after = passes(31);
  const token = await client.getAccessToken(never);
  after();
  expect(provider.ledger.count("token")).toBe(2);
  // The other finds it in the store.
  expect(await other.getAccessToken()).toBe(token);
  provider.settings.editAccessToken = undefined;
  expect(await world.failure(client.getAccessToken({ forceRefresh: true }))).toMatchObject(lacks);
  grant();
  expect(await client.getAccessToken({ forceRefresh: true })).toBeTypeOf("string");
});

test("a login that brings no licence is stored and told, by getAccessToken() and by signIn(); neither asks again by itself", async () => {
  const world = await startWorld();
  const client = world.client(licensed);
  expect(await world.failure(client.getAccessToken())).toMatchObject(lacks);
  expect(world.opened()).toBe(1);
  expect(client.session.status).toBe("signed_in");
  expect(await world.failure(client.signIn())).toMatchObject(lacks);
  expect(world.opened()).toBe(2);
  for (let call = 0; call < 3; call += 1) expect(await world.failure(client.getAccessToken())).toMatchObject(lacks);
  expect(world.opened()).toBe(2);
  // Another program that asks for no claim has the session.
  expect(await world.client(never).getAccessToken()).toBeTypeOf("string");
});

test("signIn() as somebody who has the licence resolves", async () => {
  const { world, grant } = await unlicensed();
  const client = world.client(licensed);
  await world.failure(client.getAccessToken());
  grant();
  await client.signIn();
  expect(await client.getAccessToken(never)).toBeTypeOf("string");
});

test("without a refresh token nothing is sent while the token has time left", async () => {
  const world = await startWorld({ refreshTokens: "never" });
  await world.signIn();
  const [client, opened] = [world.client(licensed), world.opened()];
  for (let call = 0; call < 3; call += 1) expect(await world.failure(client.getAccessToken())).toMatchObject(lacks);
  expect(world.provider.ledger.count()).toBe(0);
  expect(world.opened()).toBe(opened);
});

test("tokens that end at once, no refresh token, no licence: one login, not one a call", async () => {
  const world = await startWorld({ refreshTokens: "never", accessTokenLifetimeSeconds: 0 });
  const client = world.client(licensed);
  for (let call = 0; call < 5; call += 1) expect(await world.failure(client.getAccessToken())).toMatchObject(lacks);
  expect(world.opened()).toBe(1);
});

test("an access token that cannot be read lacks the claim, and the error says why", async () => {
  const world = await startWorld({ accessTokenFormat: "opaque" });
  await world.signIn({ audiences: [] });
  const error = await world.failure(world.client({ ...licensed, audiences: [] }).getAccessToken());
  expect(error).toMatchObject(lacks);
  expect(error.message).toContain("cannot be read");
  expect(error.message).toContain("no JWT");
});

test("the session is one for programs that ask for claims and those that do not", async () => {
  const { world, provider, grant } = await unlicensed();
  grant();
  const token = await world.client(licensed).getAccessToken();
  expect(
    await world
      .client({ ...never, requiredClaims: { app: "other" } })
      .getTokenSet()
      .catch((e: unknown) => e),
  ).toMatchObject({
    claim: "app",
  });
  expect(provider.ledger.count("token")).toBe(2);
  expect(await world.client(never).getAccessToken()).not.toBe(token);
});

test("a program that signs in as itself renews once, too", async () => {
  const world = await startWorld();
  const asProgram = { clientId: "service", clientSecret: world.provider.settings.clientSecrets.service as string };
  const client = world.client({
    ...licensed,
    ...asProgram,
    flow: "client_credentials",
    extraScopes: ["hub_connector_api"],
  });
  for (let call = 0; call < 10; call += 1) expect(await world.failure(client.getAccessToken())).toMatchObject(lacks);
  expect(world.provider.ledger.count("token")).toBeLessThanOrEqual(2);
});

test("a session without a refresh token: no request, and the error, the finding and the page say what helps", async () => {
  const { world, provider } = await unlicensed({ refreshTokens: "never" });
  const client = world.client({ ...licensed, ...never });
  const error = await world.failure(client.getAccessToken({ forceRefresh: true }));
  expect(error.message).toContain("There is no refresh token: another access token comes with the next sign-in.");
  expect(error.message).not.toContain("at most every");
  expect(provider.ledger.count("token")).toBe(0);
  const finding = (await client.diagnose()).find(({ check }) => check === "session");
  expect(finding?.advice).toContain("Then sign in again: there is no refresh token");
});
