/** Which clients share a session. */
import { expect, test } from "vitest";
import { readNodeOptions } from "../../src/node/options.js";
import { sha256 } from "../../src/node/sha256.js";
import { sessionKey } from "../../src/session/record-format.js";
import { startWorld } from "../hostile/world.js";

const never = { interaction: "never" } as const;

const keyOf = (authorizationParams: Record<string, string> = {}, more = {}) =>
  sessionKey(
    readNodeOptions(
      { clientId: "app", issuer: "https://id.example", authorizationParams, ...more },
      {} as NodeJS.ProcessEnv,
    ),
    sha256,
  );

test("SE-15 PG-20 two clients that ask for another audience by a parameter have two sessions", async () => {
  const world = await startWorld();
  const common = { audiences: [], authorizationParams: { audience: "https://api-a" } };
  const token = await world.client(common).getAccessToken();
  const other = { ...common, ...never, authorizationParams: { audience: "https://api-b" } };
  expect(await world.failure(world.client(other).getAccessToken())).toMatchObject({ reason: "no_session" });
  expect(await world.client({ ...common, ...never }).getAccessToken()).toBe(token);
});

test.each(["audience", "acr_values", "tenant", "p", "request_token_type"])(
  "SE-15 the parameter %s makes another session",
  async (name) => {
    expect(new Set([await keyOf(), await keyOf({ [name]: "a" }), await keyOf({ [name]: "b" })]).size).toBe(3);
  },
);

test.each(["login_hint", "prompt", "ui_locales", "display", "id_token_hint", "claims_locales", "kc_idp_hint", "hd"])(
  "SE-15 the parameter %s makes no other session",
  async (name) => {
    expect(await keyOf({ [name]: "a", audience: "x" })).toBe(await keyOf({ audience: "x" }));
  },
);

test("SE-15 max_age makes no other session, the order of parameters neither, and no value passes for another", async () => {
  expect(await keyOf({ max_age: "5" })).toBe(await keyOf());
  expect(await keyOf({ a: "1", b: "2" })).toBe(await keyOf({ b: "2", a: "1" }));
  expect(await keyOf({ a: "1", b: "2" })).not.toBe(await keyOf({ a: "2", b: "1" }));
  expect(await keyOf({ a: "11:b1:2" })).not.toBe(await keyOf({ a: "1", b: "2" }));
  expect(await keyOf({ audience: "x" })).not.toBe(await keyOf({}, { audiences: ["x"] }));
});
