/** Nothing that began before a sign-out gives a token, opens a login or brings the session back. */
import { expect, test } from "vitest";
import type { OidcClient } from "../../src/node/index.js";
import { editRecord, fragileStore } from "../hostile/world/records.js";
import type { Hook } from "../support/fake-provider.js";
import { startWorld, type World } from "../hostile/world.js";

const never = { interaction: "never" } as const;
const signedOut = { code: "login_required", reason: "signed_out" };

async function signedIn(world: World) {
  const client = world.client();
  await client.getAccessToken();
  const reasons: string[] = [];
  client.on("session", ({ reason }) => reasons.push(reason));
  return { client, reasons, opened: world.opened() };
}

/** Signs out while the next token request is on the wire. */
function signOutMeanwhile(world: World, client: OidcClient, status = 200) {
  world.provider.once("token", async (exchange) => {
    const answer = status === 200 ? await exchange.next() : { status, json: {} };
    await client.signOut();
    return answer;
  });
}

test.each([200, 503])("SE-10 a sign-out while a background call refreshes, which is answered %s", async (status) => {
  const world = await startWorld();
  const { client, reasons, opened } = await signedIn(world);
  signOutMeanwhile(world, client, status);
  expect(await world.failure(client.getAccessToken({ forceRefresh: true }))).toMatchObject(signedOut);
  expect(await world.failure(client.getAccessToken())).toMatchObject(signedOut);
  expect(await world.failure(client.getAccessToken({ interaction: "allowed" }))).toMatchObject(signedOut);
  expect(world.opened()).toBe(opened);
  expect(world.stored()).toEqual({});
  await client.signIn();
  await client.getAccessToken();
  await expect.poll(() => reasons).toEqual(["signed_out", "signed_in"]);
});

test("SE-10 the same with a refresh that the provider refuses: no login is opened", async () => {
  const world = await startWorld();
  const { client, opened } = await signedIn(world);
  world.provider.once("token", async (exchange) => {
    await client.signOut();
    return exchange.error("invalid_grant");
  });
  expect(await world.failure(client.getAccessToken({ forceRefresh: true }))).toMatchObject(signedOut);
  expect(world.opened()).toBe(opened);
});

test("SE-10 a sign-out while a person is asked, and while the code is exchanged", async () => {
  const world = await startWorld();
  const { client } = await signedIn(world);
  signOutMeanwhile(world, client);
  expect(await world.failure(client.signIn())).toMatchObject(signedOut);
  await expect.poll(() => world.stored()).toEqual({});
  const waiting = world.client({ openBrowser: () => void waiting.signOut() });
  expect(await world.failure(waiting.signIn())).toMatchObject(signedOut);
  expect(world.stored()).toEqual({});
});

test("SE-10 a sign-out in any of the first steps of a login: nothing is signed in afterwards", async () => {
  const world = await startWorld();
  const { client } = await signedIn(world);
  for (let turns = 0; turns < 40; turns += 2) {
    const call = world.failure(client.signIn());
    for (let turn = 0; turn < turns; turn += 1) await (turn % 10 === 9 ? new Promise(setImmediate) : undefined);
    await client.signOut({ local: true });
    expect(await call).toMatchObject(signedOut);
    expect(await world.failure(client.getAccessToken())).toMatchObject(signedOut);
    expect(world.stored()).toEqual({});
  }
});

test("SE-10 signIn() in the turn of a sign-out begins a login of its own, and its session stays", async () => {
  const world = await startWorld();
  const { client } = await signedIn(world);
  const before = world.failure(client.signIn());
  const ending = client.signOut({ local: true });
  const after = client.signIn();
  expect(await before).toMatchObject(signedOut);
  await ending;
  await after;
  const token = await client.getAccessToken(never);
  expect(await world.client(never).getAccessToken()).toBe(token);
});

test("SE-10 signIn() in the turn of a sign-out that ends another login does not share its end", async () => {
  const world = await startWorld();
  const calls: Promise<unknown>[] = [];
  let opened = 0;
  const client = world.client({
    openBrowser: (url) => {
      opened += 1;
      if (opened > 1) return void world.provider.authorize(url);
      calls.push(client.signOut({ local: true }), client.signIn());
    },
  });
  expect(await world.failure(client.signIn())).toMatchObject(signedOut);
  await Promise.all(calls);
  expect(opened).toBe(2);
  await client.getAccessToken(never);
});

test("SE-10 a call while the record is being deleted does not find it", async () => {
  const world = await startWorld();
  const { store } = fragileStore();
  let remove = () => {};
  const deletable = new Promise<void>((resolve) => (remove = resolve));
  const storage = {
    ...store,
    delete: async (key: string) => {
      await deletable;
      await store.delete(key);
    },
  };
  const client = world.client({ storage });
  await client.getAccessToken();
  const reasons: string[] = [];
  client.on("session", ({ reason }) => reasons.push(reason));
  const ending = client.signOut({ local: true });
  const calls = [client.getAccessToken(), client.getAccessToken(never), client.getAccessToken({ forceRefresh: true })];
  const failures = calls.map((call) => world.failure(call));
  const login = client.signIn();
  await new Promise((resolve) => setTimeout(resolve, 50));
  remove();
  await ending;
  await login;
  for (const failure of failures) expect(await failure).toMatchObject(signedOut);
  await client.getAccessToken({ ...never, minValiditySeconds: 60 });
  await expect.poll(() => reasons).toEqual(["signed_out", "signed_in"]);
});

test("SE-10 destroyTokens() ends running calls, and a later call signs in again, but not after a sign-out", async () => {
  const world = await startWorld();
  const { client } = await signedIn(world);
  world.provider.once("token", async (exchange) => {
    const answer = await exchange.next();
    await client.destroyTokens();
    return answer;
  });
  expect(await world.failure(client.getAccessToken({ forceRefresh: true }))).toMatchObject(signedOut);
  await client.getAccessToken();
  await client.signOut();
  await client.destroyTokens();
  expect(await world.failure(client.getAccessToken())).toMatchObject(signedOut);
});

test("SE-10 a front-channel logout is a sign-out: a background call opens no login", async () => {
  const world = await startWorld({ editIdToken: (claims) => ({ ...claims, sid: "s1" }) });
  const { client, opened } = await signedIn(world);
  const request = new URLSearchParams({ iss: world.provider.issuer, sid: "s1" });
  expect(await client.handleFrontchannelLogout(`https://app.example/?${request}`)).toBe(true);
  expect(await world.failure(client.getAccessToken())).toMatchObject(signedOut);
  expect(world.opened()).toBe(opened);
});

test.each<[string, Hook]>([
  ["503", () => ({ status: 503, json: {} })],
  ["a broken connection", (exchange) => exchange.reset()],
  ["temporarily_unavailable", (exchange) => exchange.error("temporarily_unavailable")],
])(
  "SE-11 a refresh that gets %s after a sign-out: the token that would still serve is not given",
  async (_title, hook) => {
    const world = await startWorld();
    await world.signIn();
    // An hour is left of four.
    editRecord(world, ({ accessTokens }) => {
      const [token] = Object.values(accessTokens as Record<string, Record<string, number>>);
      Object.assign(token as object, { obtainedAt: Date.now() - 10_800_000, expiresAt: Date.now() + 3_600_000 });
    });
    const client = world.client(never);
    await client.getAccessToken();
    world.provider.once("token", async (exchange) => {
      await client.signOut();
      return await hook(exchange);
    });
    expect(await world.failure(client.getAccessToken({ minValiditySeconds: 7200 }))).toMatchObject(signedOut);
  },
);

test("tokens that come after a sign-out are revoked: nobody will have them", async () => {
  const world = await startWorld();
  const client = world.client();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const asked = world.provider.ledger.waitFor("token");
  world.provider.once("token", async (exchange) => {
    const answer = await exchange.next();
    await held;
    return answer;
  });
  const call = world.failure(client.getAccessToken());
  await asked;
  await client.signOut({ local: true });
  expect(await call).toMatchObject(signedOut);
  release();
  await expect.poll(() => world.provider.sessionAlive()).toBe(false);
  await client.close();
  expect(world.stored()).toEqual({});
});
