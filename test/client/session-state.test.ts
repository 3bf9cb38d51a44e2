/** `client.session` and its events: what a program sees without asking. */
import { expect, test } from "vitest";
import { startWorld } from "../hostile/world.js";

const never = { interaction: "never" } as const;
const soon = () => new Promise((resolve) => setTimeout(resolve, 20));

test("reading it looks nowhere; the first listener does, and hears of nobody, too", async () => {
  const world = await startWorld();
  const client = world.client({ storage: "memory" });
  expect(client.session).toEqual({ status: "unknown" });
  const reasons: string[] = [];
  client.on("session", ({ reason }) => reasons.push(reason));
  await expect.poll(() => reasons).toEqual(["restored"]);
  expect(client.session).toEqual({ status: "signed_out" });
  expect(world.provider.ledger.count()).toBe(0);
});

test("it is one object until it changes, in the turn of the event", async () => {
  const world = await startWorld();
  await world.signIn();
  const client = world.client(never);
  const seen: [string, unknown][] = [];
  client.on("session", ({ reason }) => seen.push([reason, client.session]));
  await client.getAccessToken();
  const restored = client.session;
  expect(restored).toMatchObject({ status: "signed_in", subject: "alice", claims: { sub: "alice" } });
  expect(restored.expiresAt).toBeInstanceOf(Date);
  expect(restored.endsAt).toBeUndefined();
  expect(Object.isFrozen(restored)).toBe(true);
  await client.getAccessToken();
  await client.getIdTokenClaims();
  expect(client.session).toBe(restored);
  await client.getAccessToken({ forceRefresh: true });
  const refreshed = client.session;
  expect(refreshed).not.toBe(restored);
  await client.destroyTokens();
  await soon();
  expect(seen).toEqual([
    ["restored", restored],
    ["refreshed", refreshed],
    ["signed_out", { status: "signed_out" }],
  ]);
});

test("own news of a sign-out comes when it is through; until then no token is given", async () => {
  const world = await startWorld();
  await world.signIn();
  const client = world.client(never);
  await client.getAccessToken();
  const reasons: string[] = [];
  client.on("session", ({ reason }) => reasons.push(reason));
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const asked = world.provider.ledger.waitFor("revocation");
  world.provider.on("revocation", async () => await held);
  const out = client.signOut();
  await asked;
  expect(await world.failure(client.getAccessToken())).toMatchObject({ reason: "signed_out" });
  expect([reasons, client.session.status]).toEqual([[], "signed_in"]);
  release();
  await out;
  await soon();
  expect([reasons, client.session]).toEqual([["signed_out"], { status: "signed_out" }]);
});

test("a sign-in while a sign-out is under way is told at once, after the sign-out", async () => {
  const world = await startWorld();
  await world.signIn();
  const client = world.client();
  await client.getAccessToken();
  const reasons: string[] = [];
  client.on("session", ({ reason }) => reasons.push(reason));
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const asked = world.provider.ledger.waitFor("revocation");
  world.provider.on("revocation", async () => await held);
  const out = client.signOut();
  await asked;
  await client.signIn();
  await soon();
  expect([reasons, client.session.status]).toEqual([["signed_out", "signed_in"], "signed_in"]);
  release();
  await out;
  await soon();
  expect([reasons, client.session.status]).toEqual([["signed_out", "signed_in"], "signed_in"]);
});

test.each([
  ["refresh_token_expires_in", 3600, 3600],
  ["refresh_expires_in", "1800", 1800],
  ["refresh_expires_in", 0, undefined],
  ["refresh_token_expires_in", "soon", undefined],
])("endsAt: %s %s", async (name, value, seconds) => {
  const world = await startWorld();
  world.provider.on("token", async (exchange) => {
    const answer = await exchange.next();
    answer.json[name] = value;
    return answer;
  });
  const before = Date.now();
  const client = world.client();
  await client.getAccessToken();
  const { endsAt } = client.session;
  if (seconds === undefined) expect(endsAt).toBeUndefined();
  else expect(Math.abs((endsAt?.getTime() ?? 0) - before - seconds * 1000)).toBeLessThan(20_000);
  const again = world.client(never);
  await again.getAccessToken();
  expect(again.session.endsAt).toEqual(endsAt);
});

test("a token that has ended, with nothing to renew it: ended, once", async () => {
  const world = await startWorld({ refreshTokens: "never", accessTokenLifetimeSeconds: 1 });
  const client = world.client({ minValiditySeconds: 0 });
  const reasons: string[] = [];
  client.on("session", ({ reason }) => reasons.push(reason));
  await client.getAccessToken();
  await new Promise((resolve) => setTimeout(resolve, 1100));
  // Nothing needs a timer: it is noticed by the next call.
  expect(client.session.status).toBe("signed_in");
  for (let call = 0; call < 2; call += 1)
    expect(await world.failure(client.getAccessToken(never))).toMatchObject({ reason: "no_session" });
  await soon();
  expect(reasons).toEqual(["restored", "signed_in", "ended"]);
  expect(client.session).toEqual({ status: "signed_out" });
});

test("whenUserChanges in Node: follow gives the new person's tokens, reject none", async () => {
  const world = await startWorld();
  await world.signIn();
  const [follows, rejects] = [world.client(never), world.client({ ...never, whenUserChanges: "reject" })];
  const reasons: string[] = [];
  follows.on("session", ({ reason }) => reasons.push(reason));
  await Promise.all([follows.getAccessToken(), rejects.getAccessToken()]);
  world.provider.settings.subject = "bob";
  await world.client().signIn();
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect((await follows.getTokenSet()).idTokenClaims?.sub).toBe("bob");
  await soon();
  expect(reasons).toEqual(["restored", "user_changed"]);
  for (const call of [() => rejects.getAccessToken(), () => rejects.getIdTokenClaims(), () => rejects.getUserInfo()])
    expect(await world.failure(call())).toMatchObject({ code: "login_required", reason: "user_changed" });
  expect(rejects.session).toEqual({ status: "user_changed" });
  const result = await rejects.signOut();
  expect([result.revocation, Object.keys(world.stored()).length]).toEqual(["skipped", 1]);
});
