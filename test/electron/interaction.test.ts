/** Who may ask a person, and what becomes of the calls of pages that go away. */
import { expect, test } from "vitest";
import { eventually } from "./eventually.js";
import type { InteractionRequest } from "../../src/electron/main.js";
import { LoginRequiredError, type SessionEvent } from "../../src/electron/renderer.js";
import type { Crossed } from "./fake-electron.js";
import { ORIGIN, useWorld } from "./world.js";

const world = useWorld();

test("PI-14 a login by a window opens the system browser, never a window of the app", async () => {
  world.serve();
  const page = world.page();
  page.userActivation = true;
  const token = await page.client().getAccessToken();
  expect(world.opened()).toBe(1);
  expect(await world.client.getAccessToken({ interaction: "never" })).toBe(token);
  // What the window got to know of the login: nothing that it could have shown.
  expect(JSON.stringify(world.electron.crossed)).not.toContain("/authorize");
});

test("without a user's action a call gets LoginRequiredError that says what to do, and no browser opens", async () => {
  world.serve();
  const client = world.page().client();
  const calls = [
    () => client.getAccessToken(),
    () => client.getTokenSet({ interaction: "allowed" }),
    () => client.signIn(),
  ];
  for (const call of calls) {
    const error: unknown = await (call as () => Promise<unknown>)().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(LoginRequiredError);
    expect(error).toMatchObject({ reason: "no_session", message: expect.stringMatching(/click|allowInteraction/) });
  }
  expect(world.opened()).toBe(0);
});

test("a stored session needs no user's action, also when it must be renewed", async () => {
  await world.client.getAccessToken();
  world.serve({ allowInteraction: false });
  const client = world.page().client();
  expect(await client.getAccessToken({ forceRefresh: true })).toBe(await client.getAccessToken());
});

test("signIn from a click begins a session, of which each window gets the event", async () => {
  world.serve();
  const [page, other] = [world.page(), world.page()];
  page.userActivation = true;
  const event = new Promise<SessionEvent>((resolve) => {
    other.client().on("session", (told) => told.reason === "restored" || resolve(told));
  });
  const client = page.client();
  await client.signIn();
  expect(await event).toEqual({ reason: "signed_in" });
  expect(await client.getAccessToken({ interaction: "never" })).toBeTypeOf("string");
});

test('interaction: "never" and a window whose client never asks are asked for nobody, also in a click', async () => {
  const asked: InteractionRequest[] = [];
  world.serve({ allowInteraction: (request) => asked.push(request) > 0 });
  const page = world.page();
  page.userActivation = true;
  const [client, quiet] = [page.client(), page.client({ interaction: "never" })];
  await expect(client.getAccessToken({ interaction: "never" })).rejects.toMatchObject({ code: "login_required" });
  await expect(quiet.getAccessToken()).rejects.toMatchObject({ code: "login_required" });
  expect(asked).toEqual([]);
});

test("allowInteraction is asked with frame, method and the renderer's claim, and only true allows", async () => {
  const asked: InteractionRequest[] = [];
  const answers: (() => unknown)[] = [
    () => 1,
    () => "yes",
    () => Promise.reject(new Error("x")),
    () => Promise.resolve(true),
  ];
  world.serve({
    allowInteraction: (request) => {
      asked.push(request);
      return answers.shift()?.() as boolean;
    },
  });
  const page = world.page();
  const client = page.client();
  for (let i = 0; i < 3; i += 1) await expect(client.signIn()).rejects.toMatchObject({ code: "login_required" });
  await client.signIn();
  expect(asked).toHaveLength(4);
  expect(asked[0]).toMatchObject({ method: "signIn", userActivation: false });
  expect(asked[0]?.frame).toBe(page);
  expect(world.opened()).toBe(1);
});

test("the main process's own interaction option decides where the window says nothing", async () => {
  const main = world.makeClient({ interaction: "never" });
  world.serve({ allowInteraction: true }, main);
  await expect(world.page().client().getAccessToken()).rejects.toMatchObject({ reason: "no_session" });
  expect(world.opened()).toBe(0);
});

test("the provider's logout page needs leave too; the session here ends in any case", async () => {
  await world.client.getAccessToken();
  world.serve();
  const page = world.page();
  const before = world.opened();
  const result = await page.client().signOut({ providerSession: true });
  expect(result).toMatchObject({ revocation: "done", providerSession: "failed" });
  expect(result.errors[0]).toMatchObject({ name: "EnvironmentError", sessionKept: false });
  expect(world.opened()).toBe(before);
  expect(await world.client.getIdTokenClaims()).toBeUndefined();
  await world.client.signIn();
  page.userActivation = true;
  await page.client().signOut({ providerSession: true });
  expect(world.opened()).toBe(before + 2);
});

/** The answers of the main process to calls that were aborted. */
const aborted = () =>
  world.electron.crossed.filter(
    ({ to, value }: Crossed) => to === "renderer" && JSON.stringify(value).includes('"aborted"'),
  );

test.each(["navigates", "is closed", "crashes", "loads again in the same frame"])(
  "a page that %s has its calls aborted, and gets no event any more",
  async (what) => {
    let opened = () => {};
    const waiting = new Promise<void>((resolve) => {
      opened = resolve;
    });
    const main = world.makeClient({ storage: "memory", openBrowser: () => opened() });
    world.serve({ allowInteraction: true }, main);
    const page = world.page();
    page
      .client()
      .getAccessToken()
      .catch(() => {});
    await waiting;
    const { window } = page;
    if (what === "navigates") window.navigate(`${ORIGIN}/other.html`);
    if (what === "is closed") window.destroy();
    if (what === "crashes") {
      page.isGone = true;
      window.emit("render-process-gone");
    }
    if (what === "loads again in the same frame") {
      // Without any event: the new document's first message says enough.
      window.removeAllListeners();
      await window.navigate(`${ORIGIN}/index.html`, { keepFrame: true }).preload().client().ready;
    }
    await eventually(aborted).not.toEqual([]);
    const before = world.electron.crossed.filter(({ channel }) => channel.endsWith(":events")).length;
    if (what !== "loads again in the same frame") {
      await main.destroyTokens();
      expect(world.electron.crossed.filter(({ channel }) => channel.endsWith(":events"))).toHaveLength(before);
    }
  },
);

test("a page that has navigated to a stranger gets no event", async () => {
  await world.client.getAccessToken();
  world.serve();
  const page = world.page();
  await page.client().getAccessToken();
  // The frame stays the same, as between documents of one renderer process, and no event has come yet.
  Object.defineProperty(page, "origin", { get: () => "https://evil.example" });
  const events = () => world.electron.crossed.filter(({ channel }) => channel.endsWith(":events"));
  const before = events();
  await world.client.signOut({ local: true });
  await new Promise(setImmediate);
  expect(events()).toEqual(before);
});

test("close ends the calls under way as aborted, takes its listeners from the windows, and may be called twice", async () => {
  const main = world.makeClient({ storage: "memory", openBrowser: () => {} });
  const served = world.serve({ allowInteraction: true }, main);
  const page = world.page();
  const outcome = page
    .client()
    .getAccessToken()
    .catch((error: unknown) => error);
  await eventually(() => page.window.listenerCount("destroyed")).toBe(1);
  served.close();
  served.close();
  expect(await outcome).toMatchObject({ code: "aborted" });
  for (const event of ["did-frame-navigate", "destroyed", "render-process-gone"]) {
    expect(page.window.listenerCount(event)).toBe(0);
  }
  expect(world.electron.handlers.size).toBe(0);
});

test("a window's listeners are put on once, however many pages it shows", async () => {
  await world.client.getAccessToken();
  world.serve();
  const page = world.page();
  await page.client().getAccessToken();
  for (let i = 0; i < 20; i += 1) {
    await page.window.navigate(`${ORIGIN}/${i}.html`).preload().client().getAccessToken();
  }
  expect(page.window.listenerCount("did-frame-navigate")).toBe(1);
});
