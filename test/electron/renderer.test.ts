/** A window gets its token: renderer, preload script and main process over a fake Electron, real files and sockets. */
import { afterEach, expect, test, vi } from "vitest";
import { type IdTokenClaims, LoginRequiredError, type SessionEvent } from "../../src/electron/renderer.js";
import { eventually } from "./eventually.js";
import { useWorld } from "./world.js";

const world = useWorld();
afterEach(() => void vi.useRealTimers());

const stopTheClock = () => void vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });

test("a window gets the main process's token, then serves it from its memory without a message", async () => {
  const token = await world.client.getAccessToken();
  world.serve();
  const client = world.page().client();
  expect(await client.getAccessToken()).toBe(token);
  const before = world.electron.crossed.length;
  stopTheClock();
  await client.getTokenSet({ minValiditySeconds: 1 });
  for (let i = 0; i < 100; i += 1) expect(await client.getAccessToken()).toBe(token);
  expect(client.getAccessToken()).toBe(client.getAccessToken());
  expect(world.electron.crossed.length - before).toBeLessThanOrEqual(2);
});

test("a window that goes on using its token learns of a sign-out in another program, by one message a second at most", async () => {
  const token = await world.client.getAccessToken();
  world.serve();
  const client = world.page().client({ interaction: "never" });
  const ended = new Promise<SessionEvent>((resolve) => {
    client.on("session", (event) => event.reason === "restored" || resolve(event));
  });
  stopTheClock();
  expect(await client.getAccessToken()).toBe(token);
  await world.makeClient().destroyTokens();
  const asked = world.electron.calls("getTokenSet");
  vi.setSystemTime(Date.now() + 1001);
  for (let i = 0; i < 100; i += 1) expect(await client.getAccessToken()).toBe(token);
  expect(world.electron.calls("getTokenSet")).toBe(asked + 1);
  expect(await ended).toEqual({ reason: "signed_out" });
  await expect(client.getAccessToken()).rejects.toMatchObject({ reason: "signed_out" });
});

test("DX-17 a method that was taken off a window's client goes on working", async () => {
  const token = await world.client.getAccessToken();
  world.serve();
  const { getAccessToken, getIdTokenClaims } = world.page().client();
  expect(await getAccessToken()).toBe(token);
  expect(await getIdTokenClaims()).toMatchObject({ sub: expect.any(String) });
});

test("the token set has all but the raw ID Token, whose claims are there", async () => {
  await world.client.getAccessToken();
  world.serve();
  const client = world.page().client();
  const { idToken: _raw, idTokenClaims: claims, ...rest } = await world.client.getTokenSet();
  const { nonce: _nonce, ...shown } = claims as IdTokenClaims;
  expect(await client.getTokenSet()).toEqual({ ...rest, idTokenClaims: shown });
  expect(await client.getIdTokenClaims()).toEqual(shown);
});

test("1,000 concurrent calls in a window are one message and one refresh", async () => {
  const old = await world.client.getAccessToken();
  await world.client.destroyAccessToken();
  world.serve();
  const client = world.page().client();
  const tokens = await Promise.all(Array.from({ length: 1000 }, () => client.getAccessToken()));
  expect(new Set(tokens).size).toBe(1);
  expect(tokens[0]).not.toBe(old);
  expect(world.electron.calls("getTokenSet")).toBe(1);
  expect(world.provider.ledger.count("token", "refresh_token")).toBe(1);
});

test("200 calls that all differ, in two windows, are one refresh too", async () => {
  await world.client.getAccessToken();
  await world.client.destroyAccessToken();
  world.serve();
  const clients = [world.page().client(), world.page().client()];
  const calls = Array.from({ length: 200 }, (_, i) =>
    clients[i % 2]?.getAccessToken({ minValiditySeconds: i / 1000, rejectedToken: `other-${i}` }),
  );
  expect(new Set(await Promise.all(calls)).size).toBe(1);
  expect(world.provider.ledger.count("token", "refresh_token")).toBe(1);
});

test("a refused token, a forced renewal and a destroyed access token each bring another token", async () => {
  await world.client.getAccessToken();
  world.serve();
  const client = world.page().client();
  const first = await client.getAccessToken();
  const second = await client.getAccessToken({ rejectedToken: first });
  expect(second).not.toBe(first);
  const third = await client.getAccessToken({ forceRefresh: true });
  expect(third).not.toBe(second);
  await client.destroyAccessToken();
  expect(await client.getAccessToken()).not.toBe(third);
  expect(world.provider.ledger.count("token", "refresh_token")).toBe(3);
});

test("an access token that one window has destroyed is served by no other window", async () => {
  await world.client.getAccessToken();
  world.serve();
  const [one, two] = [world.page().client(), world.page().client()];
  const old = await two.getAccessToken();
  await one.destroyAccessToken();
  expect(await two.getAccessToken()).not.toBe(old);
});

test("a session event reaches each window, and a sign-out in the main process empties their memory at once", async () => {
  await world.client.getAccessToken();
  world.serve();
  const client = world.page().client();
  const reasons: string[] = [];
  client.on("session", ({ reason }: SessionEvent) => void reasons.push(reason));
  await client.getAccessToken();
  await client.getAccessToken({ forceRefresh: true });
  await world.client.signOut({ local: true });
  await expect(client.getAccessToken({ interaction: "never" })).rejects.toMatchObject({
    name: "LoginRequiredError",
    code: "login_required",
    reason: "signed_out",
    sessionKept: false,
  });
  expect(reasons).toEqual(["restored", "refreshed", "signed_out"]);
  expect(await client.getIdTokenClaims()).toBeUndefined();
});

test("an answer that was under way when somebody signed out does not bring the old token back", async () => {
  await world.client.getAccessToken();
  world.serve();
  const page = world.page();
  const client = page.client({ interaction: "never" });
  let release = () => {};
  page.held = new Promise((resolve) => {
    release = resolve;
  });
  const call = client.getAccessToken();
  const outcome = call.catch((error: unknown) => error);
  // The answer with the token has been sent, and not arrived, when the sign-out is told.
  await eventually(() =>
    world.electron.crossed.some(({ value }) => JSON.stringify(value).includes("accessToken")),
  ).toBe(true);
  await world.client.signOut({ local: true });
  page.held = undefined;
  release();
  expect(await outcome).toBeInstanceOf(LoginRequiredError);
  await expect(client.getAccessToken()).rejects.toBeInstanceOf(LoginRequiredError);
});

test("after another user has signed in, no window serves the token of the one before", async () => {
  await world.client.getAccessToken();
  world.serve();
  const page = world.page();
  const client = page.client();
  const changed = new Promise<SessionEvent>((resolve) => {
    client.on("session", (event) => event.reason === "restored" || resolve(event));
  });
  const before = await client.getAccessToken();
  world.provider.settings.subject = "bob";
  await world.client.signIn();
  expect(await changed).toEqual({ reason: "user_changed" });
  expect(await client.getAccessToken()).not.toBe(before);
  expect((await client.getIdTokenClaims())?.sub).toBe("bob");
});

test("signing out in a window ends the session for all, revokes, and says what became of it", async () => {
  await world.client.getAccessToken();
  world.serve();
  const [one, two] = [world.page().client({ interaction: "never" }), world.page().client({ interaction: "never" })];
  await two.getAccessToken();
  expect(await one.signOut()).toEqual({ revocation: "done", providerSession: "skipped", errors: [] });
  await expect(two.getAccessToken()).rejects.toMatchObject({ reason: "signed_out" });
  await expect(world.client.getAccessToken({ interaction: "never" })).rejects.toMatchObject({ reason: "signed_out" });
  expect(world.provider.sessionAlive()).toBe(false);
});

test("two clients are served side by side on channels of their own", async () => {
  const other = world.makeClient({ clientId: "other" });
  const [one, two] = [await world.client.getAccessToken(), await other.getAccessToken()];
  world.serve();
  world.serve({ channel: "other" }, other);
  const page = world.page();
  expect(await page.client().getAccessToken()).toBe(one);
  expect(await page.client({ channel: "other" }).getAccessToken()).toBe(two);
  expect(() => world.serve({ channel: "other" }, other)).toThrow(/served already/);
});
