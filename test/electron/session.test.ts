/** `session` in a window: the main process's, told together with the events, whenever the window comes. */
import { expect, test } from "vitest";
import type { OidcClient, SessionEvent, SessionState } from "../../src/electron/renderer.js";
import { eventually } from "./eventually.js";
import type { FakeFrame } from "./fake-electron.js";
import { ORIGIN, useWorld } from "./world.js";

const world = useWorld();

/** What a window is told, each with the state that it sees at that time. */
function listenTo(client: OidcClient) {
  const told: { reason: SessionEvent["reason"]; session: SessionState }[] = [];
  client.on("session", ({ reason }) => void told.push({ reason, session: client.session }));
  return told;
}
const reasons = (told: ReturnType<typeof listenTo>) => told.map(({ reason, session }) => [reason, session.status]);

test("a window that only listens is told of the stored session, as the main process sees it", async () => {
  await world.client.getAccessToken();
  world.serve();
  const client = world.page().client();
  expect(client.session).toEqual({ status: "unknown" });
  const told = listenTo(client);
  await eventually(() => reasons(told)).toEqual([["restored", "signed_in"]]);
  const { claims, ...session } = world.client.session;
  const { nonce, ...shown } = claims as { nonce?: string };
  expect(nonce).toBeTypeOf("string");
  expect(client.session).toEqual({ ...session, claims: shown });
  expect(client.session).toBe(client.session);
  expect(Object.isFrozen(client.session) && Object.isFrozen(client.session.claims)).toBe(true);
});

test("a window is told once what the first look has found, whether it comes before that or after", async () => {
  world.serve();
  const early = world.page();
  const first = listenTo(early.client());
  await eventually(() => reasons(first)).toEqual([["restored", "signed_out"]]);
  const told = listenTo(early.client());
  await eventually(() => reasons(told)).toEqual([["restored", "signed_out"]]);
  await world.client.signIn();
  await eventually(() => reasons(told)).toEqual([
    ["restored", "signed_out"],
    ["signed_in", "signed_in"],
  ]);
  expect(reasons(first)).toEqual(reasons(told));
});

test("object and event change together: sign-in, refresh, another user, sign-out", async () => {
  await world.client.getAccessToken();
  world.serve({ allowInteraction: true });
  const client = world.page().client();
  const told = listenTo(client);
  await client.signIn();
  const { subject } = client.session;
  await client.getAccessToken({ forceRefresh: true });
  world.provider.settings.subject = "bob";
  await client.signIn();
  await client.signOut();
  await eventually(() => reasons(told)).toEqual([
    ["restored", "signed_in"],
    ["signed_in", "signed_in"],
    ["refreshed", "signed_in"],
    ["user_changed", "signed_in"],
    ["signed_out", "signed_out"],
  ]);
  expect(told.map(({ session }) => session.subject)).toEqual([subject, subject, subject, "bob", undefined]);
  expect(told[2]?.session.expiresAt).toBeInstanceOf(Date);
});

test("when a call comes back, the session is known and has changed, also where its event is slower than the answer", async () => {
  await world.client.getAccessToken();
  world.serve({ allowInteraction: true });
  const page = world.page();
  const late: (() => void)[] = [];
  const send = page.send.bind(page);
  page.send = (...event) => {
    late.push(() => send(...event));
    // After the answers of this turn.
    setTimeout(() => late.shift()?.(), 50);
  };
  const client = page.client();
  await client.getAccessToken();
  expect(client.session.status).toBe("signed_in");
  await client.signOut({ local: true });
  expect(client.session.status).toBe("signed_out");
  await client.signIn();
  expect(client.session.status).toBe("signed_in");
  await world.client.signOut({ local: true });
  await expect(client.getAccessToken({ interaction: "never" })).rejects.toMatchObject({ code: "login_required" });
  expect(client.session.status).toBe("signed_out");
});

test("an event that is lost holds one call up, and not for long", async () => {
  await world.client.getAccessToken();
  world.serve();
  const page = world.page();
  page.send = () => {};
  const client = page.client();
  expect(await client.getAccessToken()).toBe(await world.client.getAccessToken());
  const began = performance.now();
  for (let call = 0; call < 20; call += 1) await client.getIdTokenClaims();
  expect(performance.now() - began).toBeLessThan(10_000);
});

test("EL-07 a window that was there before serveTokens, and only listens, gets its events once it is served", async () => {
  await world.client.getAccessToken();
  const told = listenTo(world.page().client());
  const mute = listenTo(world.page("app://other/").client());
  await eventually(() => world.electron.calls("subscribe")).toBeGreaterThan(2);
  expect(told).toEqual([]);
  world.serve();
  await eventually(() => reasons(told)).toEqual([["restored", "signed_in"]]);
  await world.client.signOut({ local: true });
  await eventually(() => reasons(told).at(-1)).toEqual(["signed_out", "signed_out"]);
  // Who is refused does not ask again.
  const asked = world.electron.calls("subscribe");
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(world.electron.calls("subscribe")).toBe(asked);
  expect(mute).toEqual([]);
});

test("EL-07 a window keeps its session while nobody serves it, and is told what the next service has", async () => {
  await world.client.getAccessToken();
  const served = world.serve();
  const client = world.page().client();
  const told = listenTo(client);
  await eventually(() => reasons(told)).toEqual([["restored", "signed_in"]]);
  const before = client.session;
  served.close();
  expect(client.session).toBe(before);
  world.serve({}, world.makeClient({ clientId: "other" }));
  await eventually(() => reasons(told)).toEqual([
    ["restored", "signed_in"],
    ["restored", "signed_out"],
  ]);
});

test("a client that is closed asks for nothing any more", async () => {
  const client = world.page().client();
  await eventually(() => world.electron.calls("subscribe")).toBe(1);
  await client.close();
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(world.electron.calls("subscribe")).toBe(1);
});

/** Loads a page whose messages overtake the event of its navigation, which `deliver` brings. */
function loadAhead({ window }: FakeFrame, keepFrame: boolean) {
  const late: (() => void)[] = [];
  const emit = window.emit.bind(window);
  window.emit = (...event: Parameters<typeof emit>) => late.push(() => void emit(...event)) > 0;
  const page = window.navigate(`${ORIGIN}/next.html`, { keepFrame }).preload();
  window.emit = emit;
  const deliver = () => {
    for (const each of late) each();
  };
  return { page, deliver };
}

test.each([
  { says: "in the same frame", keepFrame: true },
  { says: "in another frame", keepFrame: false },
])("EL-01 a page that is faster than its navigation's event is served and told, $says", async ({ keepFrame }) => {
  await world.client.getAccessToken();
  world.serve();
  const first = world.page();
  await first.client().ready;
  const { page, deliver } = loadAhead(first, keepFrame);
  const client = page.client();
  const told = listenTo(client);
  const release = world.holdNextToken();
  const token = client.getAccessToken({ forceRefresh: true });
  await world.provider.ledger.waitFor("token", 2);
  deliver();
  release();
  expect(await token).toBeTypeOf("string");
  await world.client.signOut({ local: true });
  await eventually(() => reasons(told).at(-1)).toEqual(["signed_out", "signed_out"]);
});

test("EL-01 the navigation after that one ends the page as any other", async () => {
  await world.client.getAccessToken();
  world.serve();
  const first = world.page();
  await first.client().ready;
  const { page, deliver } = loadAhead(first, true);
  const client = page.client();
  await client.ready;
  deliver();
  const release = world.holdNextToken();
  client.getAccessToken({ forceRefresh: true }).catch(() => {});
  await world.provider.ledger.waitFor("token", 2);
  page.window.navigate(`${ORIGIN}/without-a-client.html`, { keepFrame: true });
  const aborted = () => world.electron.crossed.filter(({ value }) => JSON.stringify(value).includes('"aborted"'));
  await eventually(aborted).not.toEqual([]);
  release();
});
