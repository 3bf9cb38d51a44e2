import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { recordFile, isMark } from "./world/records.js";
import { startWorld } from "./world.js";

const never = { interaction: "never" } as const;

test("another scope, audience, client or issuer is another session; order does not matter", async () => {
  const world = await startWorld({ audience: ["hub_connector_api", "b"] });
  await world.signIn({ extraScopes: ["offline_access", "b"] });
  await world.client({ ...never, extraScopes: ["b", "offline_access"] }).getAccessToken();
  for (const other of [{ extraScopes: ["offline_access"] }, { audiences: ["b"] }, { clientId: "other" }]) {
    const call = world.client({ ...never, extraScopes: ["offline_access", "b"], ...other }).getAccessToken();
    expect(await world.failure(call)).toMatchObject({ code: "login_required", reason: "no_session" });
  }
});

test("rejectedToken: the current token where it differs, else one renewal", async () => {
  const world = await startWorld();
  const first = await world.signIn();
  const client = world.client(never);
  const second = await client.getAccessToken({ rejectedToken: first });
  expect(second).not.toBe(first);
  expect(await client.getAccessToken({ rejectedToken: first })).toBe(second);
  expect(world.provider.ledger.count("token")).toBe(1);
});

test("rejectedToken of a caller who joins a renewal that others began is never given back", async () => {
  const world = await startWorld({ accessTokenLifetimeSeconds: 20 });
  const first = await world.signIn({ minValiditySeconds: 0 });
  const client = world.client({ ...never, minValiditySeconds: 0 });
  const [plain, rejected] = await Promise.all([
    client.getAccessToken({ forceRefresh: true }),
    client.getAccessToken({ rejectedToken: first }),
  ]);
  expect(plain).not.toBe(first);
  expect(rejected).not.toBe(first);
});

test("SE-17 a token that lives shorter than minValiditySeconds is given for half of its life", async () => {
  const world = await startWorld({ accessTokenLifetimeSeconds: 300 });
  await world.signIn();
  const client = world.client({ ...never, minValiditySeconds: 600 });
  for (let call = 0; call < 20; call += 1) await client.getAccessToken();
  expect(world.provider.ledger.count("token")).toBe(0);
});

test("destroyAccessToken: the next call refreshes; destroyTokens: nobody is signed in", async () => {
  const world = await startWorld();
  await world.signIn();
  const client = world.client(never);
  const before = await client.getAccessToken();
  await client.destroyAccessToken();
  expect(await client.getAccessToken()).not.toBe(before);
  await client.destroyTokens();
  expect(await world.failure(client.getAccessToken())).toMatchObject({ code: "login_required", reason: "signed_out" });
  expect(readdirSync(world.directory).filter((name) => name.includes("json") && !isMark(name))).toEqual([]);
});

test("noCache writes nothing; a second client signs in again", async () => {
  const world = await startWorld();
  const client = world.client({ noCache: true });
  const token = await client.getAccessToken();
  expect(await client.getAccessToken()).toBe(token);
  expect(() => readdirSync(world.directory)).toThrow("ENOENT");
  expect(await world.failure(world.client(never).getAccessToken())).toMatchObject({ reason: "no_session" });
});

test("getIdTokenClaims and getTokenSet speak of the session and never of the refresh token", async () => {
  const world = await startWorld();
  const client = world.client();
  expect(await client.getIdTokenClaims()).toBeUndefined();
  const set = await client.getTokenSet();
  expect(set.idTokenClaims).toMatchObject({ sub: "alice", iss: world.provider.issuer });
  expect(await client.getIdTokenClaims()).toMatchObject({ sub: "alice" });
  const refreshToken = (JSON.parse(Object.values(world.stored())[0] as string) as { refreshToken: string })
    .refreshToken;
  expect(JSON.stringify(set)).not.toContain(refreshToken);
  expect(set.expiresAt).toBeInstanceOf(Date);
});

test("events: restored, signed_in, refreshed, signed_out, user_changed, ended, each once", async () => {
  const world = await startWorld();
  const reasons: string[] = [];
  const client = world.client();
  client.on("session", ({ reason }) => reasons.push(reason));
  await client.getAccessToken();
  await client.getAccessToken({ forceRefresh: true });
  world.provider.settings.subject = "bob";
  await client.signIn();
  await client.signOut();
  await client.signIn();
  world.provider.killSession();
  await world.failure(client.getAccessToken({ forceRefresh: true, interaction: "never" }));
  await new Promise(setImmediate);
  expect(reasons).toEqual(["restored", "signed_in", "refreshed", "user_changed", "signed_out", "signed_in", "ended"]);
});

test("MT-12 a listener may call getAccessToken; one that throws or rejects changes nothing", async () => {
  const world = await startWorld();
  const client = world.client({
    logger: {
      info: () => {
        throw new Error("logger");
      },
      debug: (() => Promise.reject(new Error("logger"))) as unknown as () => void,
    },
  });
  const inside: Promise<string>[] = [];
  client.on("session", ({ reason }) => void (reason === "signed_in" && inside.push(client.getAccessToken())));
  client.on("session", () => {
    throw new Error("listener");
  });
  client.on("session", (() => Promise.reject(new Error("listener"))) as unknown as () => void);
  const token = await client.getAccessToken();
  await expect.poll(() => inside.length).toBe(1);
  expect(await inside[0]).toBe(token);
});

test("MP-10 another client's sign-out is noticed within a second; a late refresh does not bring the session back", async () => {
  const world = await startWorld();
  const [one, two] = [world.client(never), world.client()];
  await two.getAccessToken();
  await one.getAccessToken();
  let signedOut: Promise<unknown> = Promise.resolve();
  world.provider.once("token", async (exchange) => {
    const answer = await exchange.next();
    signedOut = two.signOut({ local: true });
    await signedOut;
    return answer;
  });
  expect(await world.failure(one.getAccessToken({ forceRefresh: true }))).toMatchObject({
    code: "login_required",
    reason: "signed_out",
  });
  expect(world.stored()).toEqual({});
});

test("MP-06 invalid_grant while the store holds a newer refresh token: it is adopted, and nobody is signed out", async () => {
  const world = await startWorld();
  await world.signIn();
  const [one, two] = [world.client(never), world.client(never)];
  const old = Object.entries(world.stored())[0] as [string, string];
  const fresh = await two.getAccessToken({ forceRefresh: true });
  const current = readFileSync(recordFile(world), "utf8");
  // What a process without a lock does: it has read the old record, and the newer one is written while it asks.
  writeFileSync(recordFile(world), old[1]);
  world.provider.once("token", () => {
    writeFileSync(recordFile(world), current);
    return { status: 400, json: { error: "invalid_grant" } };
  });
  world.provider.ledger.clear();
  expect(await one.getAccessToken({ forceRefresh: true })).toBe(fresh);
  expect(await one.getAccessToken()).toBe(fresh);
});

test("MP-12 two clients over one store that need a login at once: one browser, and both have the session", async () => {
  const world = await startWorld();
  const [one, two] = [world.client(), world.client()];
  const tokens = await Promise.all([one.getAccessToken(), two.getAccessToken()]);
  expect(new Set(tokens).size).toBe(1);
  expect(world.opened()).toBe(1);
  expect(Object.keys(world.stored())).toHaveLength(1);
});

test("MP-12 the second client signs in by itself where the first one's login fails", async () => {
  const world = await startWorld();
  let refused = 0;
  const openBrowser = async (url: string) => {
    const { callbackUrl } = await world.provider.authorize(url, { follow: false });
    const answer = new URL(callbackUrl as string);
    if (refused++ === 0) answer.searchParams.delete("code");
    await fetch(answer).catch(() => {});
  };
  const calls = [world.client({ openBrowser }).getAccessToken(), world.client({ openBrowser }).getAccessToken()];
  const ends = await Promise.allSettled(calls);
  expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(refused).toBe(2);
});
