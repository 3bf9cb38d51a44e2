/** A refresh whose new ID Token could not be validated: the new refresh token is kept, and no access token is given. */
import { expect, test } from "vitest";
import { startWorld } from "../hostile/world.js";

const never = { interaction: "never" } as const;

test.each([
  ["expired", "token_validation"],
  ["signed with keys that cannot be had", "network"],
])("PV-05 PV-06 an ID Token that is %s: memory gives no older access token either", async (what, code) => {
  const world = await startWorld();
  const first = await world.signIn();
  const client = world.client(never);
  await client.getAccessToken();
  world.provider.once("token", async (exchange) => {
    if (what === "expired") {
      world.provider.settings.editIdToken = (claims) => ({ ...claims, exp: Number(claims.iat) - 3600 });
    } else {
      await world.provider.rotateKeys();
      world.provider.on("jwks", () => ({ status: 503, json: {} }));
    }
    return await exchange.next();
  });
  const failing = world.failure(client.getAccessToken({ rejectedToken: first }));
  // What it stores is the new refresh token.
  world.meddled();
  expect(await failing).toMatchObject({ code, sessionKept: true });
  const failingAgain = world.failure(client.getAccessToken());
  world.meddled();
  expect(await failingAgain).toMatchObject({ sessionKept: true });
  world.provider.settings.editIdToken = undefined;
  world.provider.reset();
  const later = world.client(never);
  expect(await later.getAccessToken()).not.toBe(first);
  expect(world.provider.sessionAlive()).toBe(true);
});

test.each([
  ["has no access token", { access_token: "" }],
  ["has an unknown token type", { token_type: "mac" }],
])(
  "an answer that %s: its ID Token is not to blame, and the older access token is given on",
  async (_title, spoilt) => {
    const world = await startWorld();
    const first = await world.signIn();
    const client = world.client(never);
    world.provider.once("token", async (exchange) => {
      const answer = await exchange.next();
      return { ...answer, json: { ...answer.json, ...spoilt } };
    });
    const failing = world.failure(client.getAccessToken({ rejectedToken: first }));
    world.meddled();
    expect(await failing).toMatchObject({ code: "response", sessionKept: true });
    expect(await client.getAccessToken()).toBe(first);
    expect(await world.client(never).getAccessToken({ rejectedToken: first })).not.toBe(first);
  },
);
