/** A provider that refreshes nothing without a person. */
import { expect, test } from "vitest";
import { startWorld } from "../hostile/world.js";

const never = { interaction: "never" } as const;

test.each(["interaction_required", "login_required", "consent_required", "account_selection_required"])(
  "SE-20 a refresh that is answered %s: LoginRequiredError, the session is kept, and signIn() helps",
  async (told) => {
    const world = await startWorld();
    await world.signIn();
    const client = world.client();
    world.provider.once("token", (exchange) => exchange.error(told));
    const error = await world.failure(client.getAccessToken({ ...never, forceRefresh: true }));
    expect(error).toMatchObject({ code: "login_required", reason: "provider_requires_interaction", sessionKept: true });
    expect(error.message).toContain(told);
    world.provider.ledger.clear();
    await client.signIn();
    await client.getAccessToken(never);
  },
);

test("SE-20 where a login is allowed it follows at once", async () => {
  const world = await startWorld();
  const token = await world.signIn();
  const opened = world.opened();
  world.provider.once("token", (exchange) => exchange.error("interaction_required"));
  expect(await world.client().getAccessToken({ forceRefresh: true })).not.toBe(token);
  expect(world.opened()).toBe(opened + 1);
});

test("SE-20 invalid_grant is no sign-out, and a sign-out no invalid_grant", async () => {
  const world = await startWorld();
  await world.signIn();
  const client = world.client(never);
  world.provider.once("token", (exchange) => exchange.error("invalid_grant"));
  for (const call of [{ forceRefresh: true }, {}]) {
    expect(await world.failure(client.getAccessToken(call))).toMatchObject({ reason: "refresh_rejected" });
  }
  await client.signOut();
  expect(await world.failure(client.getAccessToken())).toMatchObject({ reason: "signed_out" });
});
