/** What `signIn()` may ask the provider for, beyond the client's options. */
import { expect, test } from "vitest";
import { startWorld } from "../hostile/world.js";

test("prompt, login hint, acr, max age and parameters that choose no token take the place of the client's", async () => {
  const world = await startWorld();
  const client = world.client({ authorizationParams: { prompt: "consent", ui_locales: "nb", max_age: "7" } });
  await client.signIn({
    prompt: "login",
    loginHint: "alice@example.com",
    acrValues: "mfa",
    maxAgeSeconds: 600,
    authorizationParams: { kc_idp_hint: "google" },
  });
  const { query } = await world.provider.ledger.waitFor("authorize");
  const names = ["prompt", "login_hint", "acr_values", "max_age", "kc_idp_hint", "ui_locales"];
  expect(names.map((name) => query.get(name))).toEqual(["login", "alice@example.com", "mfa", "600", "google", "nb"]);
  world.provider.ledger.clear();
  await client.signIn();
  const plain = (await world.provider.ledger.waitFor("authorize")).query;
  expect(names.map((name) => plain.get(name))).toEqual(["consent", null, null, "7", null, "nb"]);
});

test("maxAgeSeconds: a sign-in at the provider that is older is refused (OpenID Connect Core 1.0 §3.1.2.1)", async () => {
  const world = await startWorld();
  world.provider.settings.editIdToken = (claims) => {
    claims.auth_time = (claims.auth_time as number) - 3600;
  };
  const client = world.client();
  expect(await world.failure(client.signIn({ maxAgeSeconds: 60 }))).toMatchObject({
    code: "token_validation",
    claim: "auth_time",
  });
  await client.signIn({ maxAgeSeconds: 7200 });
});

test.each<[Record<string, unknown>, string]>([
  [{ authorizationParams: { audience: "https://api" } }, "authorizationParams"],
  [{ authorizationParams: { resource: "https://api" } }, "authorizationParams"],
  [{ authorizationParams: { State: "x" } }, "authorizationParams"],
  [{ maxAgeSeconds: -1 }, "maxAgeSeconds"],
  [{ maxAgeSeconds: 1.5 }, "maxAgeSeconds"],
  [{ prompt: "" }, "prompt"],
  [{ promt: "login" }, "promt"],
  [{ loginMode: "popup" }, "loginMode"],
  [{ returnTo: "/x" }, "returnTo"],
])("signIn(%j) in Node is refused at once", async (options, option) => {
  const world = await startWorld();
  expect(await world.failure(world.client().signIn(options))).toMatchObject({ code: "configuration", option });
  expect(world.provider.ledger.count()).toBe(0);
});
