/** What a window says of a login goes to the provider: checked in the window, and again in the main process. */
import { expect, test } from "vitest";
import type { SignInOptions } from "../../src/electron/renderer.js";
import { message, refusal, send } from "./raw-messages.js";
import { useWorld } from "./world.js";

const world = useWorld();

/** Serves a client that notes the addresses which it opens. */
function serveNoting(): URL[] {
  const opened: URL[] = [];
  const openBrowser = (url: string) => {
    opened.push(new URL(url));
    world.provider.authorize(url).catch(() => {});
  };
  world.serve({}, world.makeClient({ openBrowser, authorizationParams: { ui_locales: "de" } }));
  return opened;
}

test("prompt, login hint, acr values, the age of the login and further parameters reach the provider", async () => {
  const opened = serveNoting();
  const page = world.page();
  page.userActivation = true;
  await page.client().signIn({
    prompt: "login",
    loginHint: "alice@example",
    acrValues: "urn:strong",
    maxAgeSeconds: 0,
    authorizationParams: { ui_locales: "nb", kc_idp_hint: "corp" },
  });
  const sent = Object.fromEntries(opened[0]?.searchParams ?? []);
  expect(sent).toMatchObject({
    prompt: "login",
    login_hint: "alice@example",
    acr_values: "urn:strong",
    max_age: "0",
    ui_locales: "nb",
    kc_idp_hint: "corp",
  });
});

const BAD: readonly (readonly [string, SignInOptions])[] = [
  ["prompt", { prompt: 1 as never }],
  ["maxAgeSeconds", { maxAgeSeconds: -1 }],
  ["maxAgeSeconds", { maxAgeSeconds: 1.5 }],
  ["authorizationParams", { authorizationParams: { redirect_uri: "https://evil.example" } }],
  ["authorizationParams", { authorizationParams: { State: "x" } }],
  ["authorizationParams", { authorizationParams: { audience: "another-token" } }],
  ["loginMode", { loginMode: "popup" } as never],
  ["returnTo", { returnTo: "/x" } as never],
  ["interaction", { interaction: "allowed" } as never],
];

test("what cannot be used is refused in the window, and nothing crosses", async () => {
  const opened = serveNoting();
  const page = world.page();
  page.userActivation = true;
  for (const [option, options] of BAD) {
    await expect(page.client().signIn(options), option).rejects.toMatchObject({ code: "configuration", option });
  }
  expect(world.electron.calls("signIn")).toBe(0);
  expect(opened).toEqual([]);
});

const long = "x".repeat(2001);
const JUNK: readonly Record<string, unknown>[] = [
  { prompt: ["login"] },
  { loginHint: long },
  { acrValues: {} },
  { maxAgeSeconds: "0" },
  { maxAgeSeconds: Number.NaN },
  { authorizationParams: "prompt=login" },
  { authorizationParams: [] },
  { authorizationParams: { ui_locales: long } },
  { authorizationParams: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`p${i}`, "x"])) },
  { returnTo: "/" },
  // Of the right shape, and refused by the client itself.
  { authorizationParams: { client_id: "another" } },
  { authorizationParams: { resource: "urn:another" } },
];

test("a window that was taken over sends no other login than the client's: junk is refused, and no browser opens", async () => {
  const opened = serveNoting();
  const page = world.page();
  for (const [at, options] of JUNK.entries()) {
    const answer = await send(page, message({ id: at + 1, method: "signIn", options }));
    expect(answer, JSON.stringify(options).slice(0, 80)).toMatchObject(refusal);
  }
  expect(opened).toEqual([]);
});

test("options do not stand in for a user's action", async () => {
  const opened = serveNoting();
  const call = world.page().client().signIn({ prompt: "none" });
  await expect(call).rejects.toMatchObject({ code: "login_required" });
  expect(opened).toEqual([]);
});
