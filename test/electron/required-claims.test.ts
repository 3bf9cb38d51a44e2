/** `requiredClaims` is an option of the main process: a window is told by the same error. */
import { expect, test } from "vitest";
import { TokenValidationError } from "../../src/electron/renderer.js";
import { useWorld } from "./world.js";

const world = useWorld();
const edition = { requiredClaims: { edition: "pro" } };

test("a window gets no token that lacks the claim, by whatever call, and asks nobody to sign in again", async () => {
  await world.client.getAccessToken();
  world.serve({ allowInteraction: true }, world.makeClient(edition));
  const window = world.page().client();
  const opened = world.opened();
  const refreshes = () => world.provider.ledger.count("token", "refresh_token");
  for (const call of [() => window.getAccessToken(), () => window.getTokenSet(), () => window.getUserInfo()]) {
    const error: unknown = await call().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TokenValidationError);
    expect(error).toMatchObject({ claim: "edition", sessionKept: true, retryable: false });
  }
  expect([world.opened(), refreshes()]).toEqual([opened, 1]);
  expect(await window.getIdTokenClaims()).toMatchObject({ sub: "alice" });
  const error: unknown = await window.signIn().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "token_validation", claim: "edition" });
  world.provider.settings.editAccessToken = (claims) => ({ ...claims, edition: "pro" });
  expect(await window.getAccessToken({ forceRefresh: true })).toBe(await window.getAccessToken());
});
