/** getUserInfo() in a window: the main process asks the provider, and decides who may be asked to sign in. */
import { expect, test } from "vitest";
import { LoginRequiredError, TokenValidationError } from "../../src/electron/renderer.js";
import { useWorld } from "./world.js";

const world = useWorld();

test("a window gets what the provider says of the person, and its errors by their classes", async () => {
  await world.client.getAccessToken();
  world.serve({ allowInteraction: false });
  const client = world.page().client();
  expect(await client.getUserInfo()).toEqual({ sub: "alice", name: "alice" });
  world.provider.on("userinfo", () => ({ status: 200, json: { sub: "bob" } }));
  const error: unknown = await client.getUserInfo().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TokenValidationError);
  expect(error).toMatchObject({ claim: "sub" });
});

test("without a user's action nobody is asked to sign in for it", async () => {
  world.serve();
  const error: unknown = await world
    .page()
    .client()
    .getUserInfo({ interaction: "allowed" })
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LoginRequiredError);
  expect(world.opened()).toBe(0);
});
